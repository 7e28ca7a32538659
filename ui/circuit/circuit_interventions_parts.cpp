// What the list of interventions is made of.
#include "ui/circuit/circuit_interventions.h"

#include "ui/circuit/token_change_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <utility>
#include <vector>

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr double kLargestValue = 1e6; // activation units, or multiples
constexpr int kMostTokens = 500;

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

} // namespace ui
