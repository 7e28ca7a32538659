#include "ui/circuit/node_edit_list.h"

#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/shared/snapshot_command.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr double kLargestEdit = 1e6; // activation units, or multiples

NodeEdit::Feature featureOf(const core::GraphNode& node)
{
    return {{node.layer, node.position, node.feature}, node.activation};
}

} // namespace

NodeEditList::NodeEditList(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_model(new NodeEditModel(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makeButtons());
    makeTable();
    column->addWidget(m_table, 1);
    column->addWidget(makeChosen());
    connect(document, &CircuitDocument::graphChanged, this, &NodeEditList::followGraph);
    connect(document, &CircuitDocument::chosenChanged, this, &NodeEditList::updateButtons);
    showChosen();
    updateButtons();
}

QWidget* NodeEditList::makeButtons()
{
    auto* box = new QWidget(this);
    const auto button = [&](const QString& text, const char* name, const QString& tip) {
        auto* made = new QPushButton(text, box);
        made->setObjectName(QLatin1String(name));
        made->setToolTip(tip);
        return made;
    };
    m_addNode = button(tr("Add no&de"), "addNode", {});
    m_addNode->setIcon(icon(Icon::Add));
    m_addGroup = new QToolButton(box);
    m_addGroup->setObjectName(QStringLiteral("addGroup"));
    m_addGroup->setText(tr("Add supernod&e"));
    m_addGroup->setIcon(icon(Icon::Group));
    m_addGroup->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_addGroup->setPopupMode(QToolButton::InstantPopup);
    m_groupMenu = new QMenu(m_addGroup);
    m_groupMenu->setObjectName(QStringLiteral("groupMenu"));
    m_addGroup->setMenu(m_groupMenu);
    m_remove = button(tr("Re&move"), "removeEdit", tr("Remove the chosen row (Delete)"));
    m_clear = button(tr("Clear"), "clearEdits", tr("Remove all rows; Ctrl+Z takes it back"));
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    for (QWidget* widget : {static_cast<QWidget*>(m_addNode), static_cast<QWidget*>(m_addGroup),
             static_cast<QWidget*>(m_remove), static_cast<QWidget*>(m_clear)})
        row->addWidget(widget);
    row->addStretch(1);
    connect(m_addNode, &QPushButton::clicked, this, [this] { addNode(m_document->chosen()); });
    connect(m_groupMenu, &QMenu::aboutToShow, this, &NodeEditList::fillGroupMenu);
    connect(m_remove, &QPushButton::clicked, this, &NodeEditList::removeChosen);
    connect(
        m_clear, &QPushButton::clicked, this, [this] { push(tr("removal of all changes"), {}); });
    return box;
}

void NodeEditList::makeTable()
{
    m_table = new QTableView(this);
    m_table->setObjectName(QStringLiteral("editTable"));
    m_table->setAccessibleName(tr("Nodes to change"));
    m_table->setToolTip(tr("These are changed together; Delete removes the chosen row"));
    setUpTable(m_table, m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setMinimumHeight(em(this) * 4);
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(NodeEditModel::What, QHeaderView::Stretch);
    header->resizeSection(NodeEditModel::Where, ex(this) * 17);
    header->resizeSection(NodeEditModel::Change, ex(this) * 13);
    auto* remove = new QAction(tr("Remove"), m_table);
    remove->setShortcut(QKeySequence::Delete);
    remove->setShortcutContext(Qt::WidgetShortcut);
    m_table->addAction(remove);
    addCopyAction(m_table);
    connect(remove, &QAction::triggered, this, &NodeEditList::removeChosen);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &NodeEditList::showChosen);
}

QWidget* NodeEditList::makeChosen()
{
    auto* box = new QWidget(this);
    m_mode = new QComboBox(box);
    m_mode->setObjectName(QStringLiteral("editMode"));
    m_mode->setAccessibleName(tr("Change of the chosen row"));
    m_mode->addItems({tr("ablate"), tr("scale"), tr("set to")});
    m_mode->setToolTip(tr("Ablate: activation 0. Scale: a multiple of the activation on this "
                          "prompt. Set to: an activation, in the feature's own units."));
    m_value = new QDoubleSpinBox(box);
    m_value->setObjectName(QStringLiteral("editValue"));
    m_value->setAccessibleName(tr("Value of the chosen row"));
    m_value->setRange(-kLargestEdit, kLargestEdit);
    m_value->setDecimals(2);
    m_value->setSingleStep(0.5);
    m_where = new QComboBox(box);
    m_where->setObjectName(QStringLiteral("editWhere"));
    m_where->setAccessibleName(tr("Positions of the chosen row"));
    m_where->addItems({tr("at its position"), tr("wherever it stands")});
    m_where->setToolTip(tr("Only where the node is, or at all positions where its feature is in "
                           "the graph"));
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_mode, 1);
    row->addWidget(m_value, 1);
    row->addWidget(m_where, 2);
    connect(m_mode, &QComboBox::currentIndexChanged, this, [this] { editChosen(-1); });
    connect(m_where, &QComboBox::currentIndexChanged, this, [this] { editChosen(-1); });
    connect(m_value, &QDoubleSpinBox::valueChanged, this, [this] { editChosen(chosen()); });
    return box;
}

void NodeEditList::followGraph(CircuitDocument::Change change)
{
    const CircuitDocument::Graph& graph = m_document->graph();
    const bool isSame = m_graph && m_graph->prompt == graph->prompt
        && m_graph->model == graph->model && m_graph->dictionaries == graph->dictionaries;
    m_graph = graph;
    if (!takeWaiting() && !isSame && !edits().empty())
        apply({}); // its features stand elsewhere, or nowhere
    if (change == CircuitDocument::Change::Another)
        m_waiting = {}; // a person went on to another graph
    updateButtons();
}

bool NodeEditList::takeWaiting()
{
    if (m_waiting.changes.empty() || !m_graph || m_graph->model != m_waitingModel
        || m_graph->prompt != m_waiting.prompt || m_graph->dictionaries != m_waiting.dictionaries)
        return false;
    apply(std::exchange(m_waiting, {}).changes);
    return true;
}

void NodeEditList::save(core::SavedSession& session) const
{
    if (!m_waiting.changes.empty())
        session.circuit.edits = m_waiting;
    else if (m_graph && m_graph->model == session.model.name && !edits().empty())
        session.circuit.edits = {m_graph->prompt, m_graph->dictionaries, edits()};
}

void NodeEditList::restore(const core::SavedSession& session)
{
    apply({});
    m_waiting = session.circuit.edits;
    m_waitingModel = session.model.name;
    takeWaiting();
}

void NodeEditList::addNode(int node)
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

void NodeEditList::addGroup(int group)
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

void NodeEditList::add(NodeEdit edit)
{
    std::vector<NodeEdit> edits = m_model->rows();
    const QString what = tr("change of %1").arg(toQString(edit.name));
    edits.push_back(std::move(edit));
    const int row = countOf(edits) - 1;
    push(what, std::move(edits));
    m_table->selectRow(row);
}

void NodeEditList::removeChosen()
{
    if (chosen() < 0)
        return;
    std::vector<NodeEdit> left = edits();
    left.erase(left.begin() + chosen());
    push(tr("removal of a change"), std::move(left));
}

void NodeEditList::push(const QString& what, std::vector<NodeEdit> after, int control)
{
    if (after == edits())
        return;
    const QPointer<NodeEditList> self(this); // the stack may outlive the page
    m_document->session()->undoStack()->push(new SnapshotCommand<std::vector<NodeEdit>>(
        what, edits(), std::move(after), control, [self](const std::vector<NodeEdit>& list) {
            if (!self)
                return;
            self->apply(list);
            Q_EMIT self->edited();
        }));
}

void NodeEditList::apply(const std::vector<NodeEdit>& edits)
{
    const int row = chosen();
    m_model->setRows(edits);
    if (!edits.empty())
        m_table->selectRow(std::clamp(row, 0, countOf(edits) - 1));
    showChosen();
    updateButtons();
    Q_EMIT changed();
}

void NodeEditList::fillGroupMenu()
{
    m_groupMenu->clear();
    for (int group = 0; m_graph && group < countOf(m_graph->supernodes); ++group) {
        const core::Supernode& each = m_graph->supernodes[static_cast<std::size_t>(group)];
        QAction* action = m_groupMenu->addAction(toQString(each.label));
        connect(action, &QAction::triggered, this, [this, group] { addGroup(group); });
    }
}

int NodeEditList::chosen() const
{
    const QModelIndex current = m_table->currentIndex();
    return current.isValid() ? current.row() : -1;
}

void NodeEditList::editChosen(int control)
{
    const int row = chosen();
    if (row < 0)
        return;
    std::vector<NodeEdit> edits = m_model->rows();
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
    push(what, std::move(edits), control);
}

void NodeEditList::showChosen()
{
    const int row = chosen();
    const bool hasRow = row >= 0 && row < m_model->rowCount();
    const QSignalBlocker blockMode(m_mode), blockValue(m_value), blockWhere(m_where);
    if (hasRow) {
        const NodeEdit& edit = m_model->rows()[static_cast<std::size_t>(row)];
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

void NodeEditList::updateButtons()
{
    const core::GraphNode* node = m_document->chosenNode();
    const bool isFeature = node && node->kind == core::NodeKind::Feature;
    m_addNode->setEnabled(isFeature);
    m_addNode->setToolTip(isFeature
            ? tr("Add the chosen node to the list of changes")
            : tr("Choose a feature node in the graph first; errors, tokens and outputs cannot be "
                 "changed"));
    const bool hasGroups = m_graph && !m_graph->supernodes.empty();
    m_addGroup->setEnabled(hasGroups);
    m_addGroup->setToolTip(hasGroups ? tr("Add all features of a supernode as one change")
                                     : tr("Group nodes into a supernode first (G in the graph)"));
    m_clear->setEnabled(!edits().empty());
}

} // namespace ui
