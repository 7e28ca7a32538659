#include "ui/pages/circuit_interventions.h"

#include "ui/commands/change_node_edits.h"
#include "ui/delegates/bar_delegate.h"
#include "ui/item_models/token_change_model.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/views/circuit_scene.h"
#include "ui/views/table_tools.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr double kLargestValue = 1e6; // activation units, or multiples
constexpr int kShownTokens = 5;
constexpr int kMostTokens = 500;

enum Attention { Frozen, Free, Both };

NodeEdit::Feature featureOf(const core::GraphNode& node)
{
    return {node.layer, node.position, node.feature, node.activation};
}

} // namespace

CircuitInterventions::CircuitInterventions(QUndoStack* undoStack, QWidget* parent)
    : QWidget(parent)
    , m_undoStack(undoStack)
    , m_model(new NodeEditModel(this))
{
    auto* left = new QWidget(this);
    auto* leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(gap(this));
    leftColumn->addWidget(makeList(), 1);
    leftColumn->addWidget(makeChosen());
    leftColumn->addWidget(makeOptions());
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(left);
    splitter->addWidget(makeResult());
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->addWidget(splitter);
    showChosen();
    updateButtons();
}

QWidget* CircuitInterventions::makeList()
{
    auto* box = new QWidget(this);
    m_table = new QTableView(box);
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
    auto* removeAction = new QAction(tr("Remove"), m_table);
    removeAction->setShortcut(QKeySequence::Delete);
    removeAction->setShortcutContext(Qt::WidgetShortcut);
    m_table->addAction(removeAction);
    addCopyAction(m_table);
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
    auto* row = new QHBoxLayout;
    for (QWidget* widget : {static_cast<QWidget*>(m_addNode), static_cast<QWidget*>(m_addGroup),
             static_cast<QWidget*>(m_remove), static_cast<QWidget*>(m_clear)})
        row->addWidget(widget);
    row->addStretch(1);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addWidget(m_table, 1);
    const auto remove = [this] {
        if (chosen() < 0)
            return;
        std::vector<NodeEdit> edits = m_model->edits();
        edits.erase(edits.begin() + chosen());
        push(tr("removal of a change"), std::move(edits));
    };
    connect(m_addNode, &QPushButton::clicked, this, [this] { addNode(m_node); });
    connect(m_groupMenu, &QMenu::aboutToShow, this, &CircuitInterventions::fillGroupMenu);
    connect(m_remove, &QPushButton::clicked, this, remove);
    connect(removeAction, &QAction::triggered, this, remove);
    connect(
        m_clear, &QPushButton::clicked, this, [this] { push(tr("removal of all changes"), {}); });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &CircuitInterventions::showChosen);
    return box;
}

QWidget* CircuitInterventions::makeChosen()
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
    m_value->setRange(-kLargestValue, kLargestValue);
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

QWidget* CircuitInterventions::makeOptions()
{
    auto* box = new QWidget(this);
    m_attention = new QComboBox(box);
    m_attention->setObjectName(QStringLiteral("attentionMode"));
    m_attention->setAccessibleName(tr("Attention"));
    m_attention->addItems({tr("attention frozen"), tr("attention free"), tr("frozen and free")});
    m_attention->setToolTip(tr("Frozen: attention patterns stay those of the unchanged prompt, as "
                               "in the graph. Free: they follow the change."));
    const auto layer = [&](const char* name, const QString& what, const QString& tip) {
        auto* spin = new QSpinBox(box);
        spin->setObjectName(QLatin1String(name));
        spin->setAccessibleName(what);
        spin->setToolTip(tip);
        spin->setRange(-1, -1);
        spin->setSpecialValueText(tr("none"));
        return spin;
    };
    const QString held = tr("In these layers the outputs of the dictionaries are held while the "
                            "change passes, so that only direct effects remain; none holds none");
    m_first = layer("holdFirst", tr("First layer held"), held);
    m_last = layer("holdLast", tr("Last layer held"), held);
    m_generate = new QSpinBox(box);
    m_generate->setObjectName(QStringLiteral("generateTokens"));
    m_generate->setAccessibleName(tr("Tokens to write"));
    m_generate->setRange(0, kMostTokens);
    m_generate->setSuffix(tr(" tokens"));
    m_generate->setToolTip(tr("How many tokens to write after the change, 0 for none. A change at "
                              "the last position goes on while they are written."));
    m_run = new QPushButton(icon(Icon::Play), tr("&Run"), box);
    m_run->setObjectName(QStringLiteral("runEdits"));
    auto* hold = new QLabel(tr("&Hold"), box);
    hold->setBuddy(m_first);
    hold->setToolTip(held);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_attention, 1);
    row->addWidget(hold);
    row->addWidget(m_first);
    row->addWidget(new QLabel(QStringLiteral("–"), box));
    row->addWidget(m_last);
    row->addWidget(m_generate);
    row->addWidget(m_run);
    connect(m_first, &QSpinBox::valueChanged, this, [this](int first) {
        if (first < 0 || m_last->value() < first) // both or neither
            m_last->setValue(first);
    });
    connect(m_last, &QSpinBox::valueChanged, this, [this](int last) {
        if (last < m_first->value() || m_first->value() < 0)
            m_first->setValue(last);
    });
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (m_isRunning)
            Q_EMIT stopRequested();
        else
            Q_EMIT runRequested();
    });
    return box;
}

QWidget* CircuitInterventions::makeResult()
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* box = new QWidget(scroll);
    m_summary = new QLabel(box);
    m_summary->setObjectName(QStringLiteral("editSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setText(tr("Add nodes, say what becomes of them, and Run: the next tokens before "
                          "and after stand here."));
    m_copy = new QPushButton(icon(Icon::Copy), {}, box);
    m_copy->setObjectName(QStringLiteral("copyEdits"));
    m_copy->setToolTip(tr("Copy the changes and what came of them as text"));
    m_copy->setAccessibleName(m_copy->toolTip());
    m_tokens = new TokenChangeModel(this);
    m_tokenTable = new QTableView(box);
    m_tokenTable->setObjectName(QStringLiteral("editTokens"));
    m_tokenTable->setAccessibleName(tr("Next tokens before and after the changes"));
    setUpTable(m_tokenTable, m_tokens);
    m_tokenTable->setItemDelegate(new BarDelegate(m_tokenTable));
    m_tokenTable->setItemDelegateForColumn(0, new QStyledItemDelegate(m_tokenTable));
    m_tokenTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    addCopyAction(m_tokenTable);
    m_tokenTable->hide();
    m_texts = new QLabel(box);
    m_texts->setObjectName(QStringLiteral("editTexts"));
    m_texts->setWordWrap(true);
    m_texts->setTextFormat(Qt::PlainText);
    m_texts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_texts->hide();
    auto* top = new QHBoxLayout;
    top->addWidget(m_summary, 1);
    top->addWidget(m_copy, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(gap(this), 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(top);
    column->addWidget(m_tokenTable);
    column->addWidget(m_texts);
    column->addStretch(1);
    scroll->setWidget(box);
    connect(m_copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    return scroll;
}

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
    const QString frozen = tr("After, frozen"), free = tr("After, free");
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
