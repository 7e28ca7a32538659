// What it does; what it is made of stands in circuit_interventions_parts.cpp.
#include "ui/circuit/circuit_interventions.h"

#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/change_node_edits.h"
#include "ui/circuit/token_change_model.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QUndoStack>

namespace ui {

namespace {

constexpr int kShownTokens = 5;

enum Attention { Frozen, Free, Both };

NodeEdit::Feature featureOf(const core::GraphNode& node)
{
    return {node.layer, node.position, node.feature, node.activation};
}

} // namespace

void CircuitInterventions::setGraph(std::shared_ptr<const core::AttributionGraph> graph)
{
    const bool isSame = m_graph && graph && m_graph->prompt == graph->prompt
        && m_graph->model == graph->model && m_graph->dictionaries == graph->dictionaries;
    m_graph = std::move(graph);
    m_node = -1;
    if (!isSame && !m_model->edits().empty())
        apply({}); // its features stand elsewhere, or nowhere
    const int layers = m_graph ? m_graph->nLayers : 0;
    m_first->setRange(-1, layers - 1);
    m_last->setRange(-1, layers - 1);
    updateButtons();
}

void CircuitInterventions::setNode(int node)
{
    m_node = node;
    updateButtons();
}

void CircuitInterventions::addNode(int node)
{
    if (!m_graph || node < 0)
        return;
    const core::GraphNode& chosen = m_graph->nodes[static_cast<std::size_t>(node)];
    if (chosen.kind != core::NodeKind::Feature)
        return;
    NodeEdit edit;
    edit.name = nodeTitle(chosen).toStdString();
    edit.features.push_back(featureOf(chosen));
    add(std::move(edit));
}

void CircuitInterventions::addGroup(int group)
{
    if (!m_graph || group < 0 || group >= countOf(m_graph->supernodes))
        return;
    const core::Supernode& chosen = m_graph->supernodes[static_cast<std::size_t>(group)];
    NodeEdit edit;
    edit.name = chosen.label;
    for (const std::int32_t node : chosen.nodes)
        if (const core::GraphNode& member = m_graph->nodes[static_cast<std::size_t>(node)];
            member.kind == core::NodeKind::Feature)
            edit.features.push_back(featureOf(member));
    if (!edit.features.empty())
        add(std::move(edit));
}

void CircuitInterventions::add(NodeEdit edit)
{
    std::vector<NodeEdit> edits = m_model->edits();
    const QString what = tr("change of %1").arg(toQString(edit.name));
    edits.push_back(std::move(edit));
    const int row = countOf(edits) - 1;
    push(what, std::move(edits));
    m_table->selectRow(row);
}

void CircuitInterventions::push(const QString& what, std::vector<NodeEdit> edits, int field)
{
    if (edits == m_model->edits())
        return;
    const QPointer<CircuitInterventions> self(this); // the stack may outlive the page
    m_undoStack->push(new ChangeNodeEditsCommand(
        what, m_model->edits(), std::move(edits), field, [self](const auto& list) {
            if (self)
                self->apply(list);
        }));
}

void CircuitInterventions::apply(const std::vector<NodeEdit>& edits)
{
    const int row = chosen();
    m_model->setEdits(edits);
    if (!edits.empty())
        m_table->selectRow(std::clamp(row, 0, countOf(edits) - 1));
    showChosen();
    updateButtons();
}

void CircuitInterventions::fillGroupMenu()
{
    m_groupMenu->clear();
    for (int group = 0; m_graph && group < countOf(m_graph->supernodes); ++group) {
        const core::Supernode& each = m_graph->supernodes[static_cast<std::size_t>(group)];
        QAction* action = m_groupMenu->addAction(toQString(each.label));
        connect(action, &QAction::triggered, this, [this, group] { addGroup(group); });
    }
}

int CircuitInterventions::chosen() const
{
    const QModelIndex current = m_table->currentIndex();
    return current.isValid() ? current.row() : -1;
}

void CircuitInterventions::editChosen(int field)
{
    const int row = chosen();
    if (row < 0)
        return;
    std::vector<NodeEdit> edits = m_model->edits();
    NodeEdit& edit = edits[static_cast<std::size_t>(row)];
    const auto mode = static_cast<NodeEdit::Mode>(m_mode->currentIndex());
    if (mode != edit.mode) { // a value that does something, to begin with
        const double activation = static_cast<double>(edit.features.front().activation);
        edit.value = mode == NodeEdit::Mode::Ablate ? 0.0
            : mode == NodeEdit::Mode::Scale         ? 2.0
                                                    : 2.0 * activation;
    } else {
        edit.value = m_value->value();
    }
    edit.mode = mode;
    edit.isEverywhere = m_where->currentIndex() == 1;
    const QString what = tr("change of %1").arg(toQString(edit.name));
    push(what, std::move(edits), field);
}

void CircuitInterventions::showChosen()
{
    const int row = chosen();
    const bool hasRow = row >= 0 && row < m_model->rowCount();
    const QSignalBlocker blockMode(m_mode), blockValue(m_value), blockWhere(m_where);
    if (hasRow) {
        const NodeEdit& edit = m_model->edits()[static_cast<std::size_t>(row)];
        m_mode->setCurrentIndex(static_cast<int>(edit.mode));
        m_value->setPrefix(edit.mode == NodeEdit::Mode::Scale ? tr("× ") : QString());
        if (m_value->value() != edit.value)
            m_value->setValue(edit.value);
        m_where->setCurrentIndex(edit.isEverywhere ? 1 : 0);
        m_value->setEnabled(edit.mode != NodeEdit::Mode::Ablate);
        m_value->setToolTip(edit.mode == NodeEdit::Mode::Scale
                ? tr("Multiple of the activation on this prompt; negative turns it around")
                : tr("The activation to set, in the feature's own units"));
    } else {
        m_value->setEnabled(false);
    }
    m_mode->setEnabled(hasRow);
    m_where->setEnabled(hasRow);
    m_remove->setEnabled(hasRow);
}

void CircuitInterventions::setProblem(const QString& why)
{
    m_problem = why;
    updateButtons();
}

void CircuitInterventions::setRunning(bool isRunning)
{
    m_isRunning = isRunning;
    updateButtons();
}

void CircuitInterventions::updateButtons()
{
    const bool isFeature = m_graph && m_node >= 0
        && m_graph->nodes[static_cast<std::size_t>(m_node)].kind == core::NodeKind::Feature;
    m_addNode->setEnabled(isFeature);
    m_addNode->setToolTip(isFeature
            ? tr("Add the chosen node to the list of changes")
            : tr("Choose a feature node in the graph first; errors, tokens and outputs cannot be "
                 "changed"));
    const bool hasGroups = m_graph && !m_graph->supernodes.empty();
    m_addGroup->setEnabled(hasGroups);
    m_addGroup->setToolTip(hasGroups ? tr("Add all features of a supernode as one change")
                                     : tr("Group nodes into a supernode first (G in the graph)"));
    const bool hasEdits = !m_model->edits().empty();
    m_clear->setEnabled(hasEdits);
    m_run->setText(m_isRunning ? tr("S&top") : tr("&Run"));
    m_run->setIcon(icon(m_isRunning ? Icon::Stop : Icon::Play));
    m_run->setEnabled(m_isRunning || (hasEdits && m_problem.isEmpty()));
    m_run->setToolTip(!m_problem.isEmpty() ? m_problem
            : hasEdits ? tr("Run the prompt with all changes of the list at once")
                       : tr("Add a node to the list first"));
    m_copy->setEnabled(hasEdits || m_hasResult);
}

core::InterveneRequest CircuitInterventions::request() const
{
    core::InterveneRequest request;
    if (!m_graph)
        return request;
    request.prompt = m_graph->prompt;
    request.dictionaries = m_graph->dictionaries;
    request.settings = settingsOf(m_model->edits(), *m_graph);
    request.freezeAttention = m_attention->currentIndex() != Free;
    request.comparesAttention = m_attention->currentIndex() == Both;
    request.constrainFirst = m_first->value();
    request.constrainLast = m_last->value();
    request.generate = m_generate->value();
    return request;
}

void CircuitInterventions::showResult(const core::InterveneResult& result)
{
    m_result = result;
    m_hasResult = true;
    m_ran = m_model->edits();
    QStringList names{tr("Before")};
    std::vector<std::vector<core::NextToken>> runs{result.before, result.after};
    const QString frozen = tr("Frozen"), free = tr("Free");
    if (result.request.comparesAttention) {
        names << (result.request.freezeAttention ? frozen : free)
              << (result.request.freezeAttention ? free : frozen);
        runs.push_back(result.afterOther);
    } else {
        names << tr("After");
    }
    QStringList done;
    for (const NodeEdit& edit : m_ran)
        done << editText(edit);
    m_summary->setText(done.join(QStringLiteral("; ")));
    m_tokens->setRuns(names, runs, kShownTokens);
    m_tokenTable->show();
    fitHeightToRows(m_tokenTable, 3 * kShownTokens);
    QStringList texts;
    if (result.request.generate > 0) {
        texts << QStringLiteral("%1: %2").arg(names.value(0), toQString(result.textBefore))
              << QStringLiteral("%1: %2").arg(names.value(1), toQString(result.textAfter));
        if (result.request.comparesAttention)
            texts << QStringLiteral("%1: %2").arg(names.value(2), toQString(result.textAfterOther));
    }
    m_texts->setText(texts.join(QLatin1Char('\n')));
    m_texts->setVisible(!texts.isEmpty());
    updateButtons();
}

QString CircuitInterventions::toText() const
{
    QStringList lines;
    if (m_graph)
        lines << toQString(m_graph->prompt);
    for (const NodeEdit& edit : m_hasResult ? m_ran : m_model->edits())
        lines << editText(edit);
    if (!m_hasResult)
        return lines.join(QLatin1Char('\n'));
    const core::InterveneRequest& request = m_result.request;
    lines << (request.comparesAttention ? tr("Attention frozen and free")
            : request.freezeAttention   ? tr("Attention frozen")
                                        : tr("Attention free"));
    if (request.constrainFirst >= 0)
        lines << tr("Layers %1 to %2 held").arg(request.constrainFirst).arg(request.constrainLast);
    lines << m_tokens->toTable();
    if (!m_texts->text().isEmpty())
        lines << m_texts->text();
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
