#include "ui/circuit/circuit_node_panel.h"

#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/connection_model.h"
#include "ui/circuit/token_change_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <QAction>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr double kLargestValue = 1e6; // activation units
constexpr int kShownTokens = 5;
} // namespace

CircuitNodePanel::CircuitNodePanel(QWidget* parent)
    : QWidget(parent)
{
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(makeFacts());
    splitter->addWidget(makeConnections());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 5);
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    setNode(nullptr, -1);
    clearChange();
}

QWidget* CircuitNodePanel::makeFacts()
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* box = new QWidget(scroll);
    m_title = new QLabel(box);
    m_title->setObjectName(QStringLiteral("nodeTitle"));
    m_title->setWordWrap(true);
    m_title->setTextFormat(Qt::PlainText);
    makeHeading(m_title, 2);
    m_facts = new QLabel(box);
    m_facts->setObjectName(QStringLiteral("nodeFacts"));
    m_facts->setWordWrap(true);
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    makeSubtle(m_facts);
    m_labelText = new QLineEdit(box);
    m_labelText->setObjectName(QStringLiteral("nodeLabel"));
    m_labelText->setPlaceholderText(tr("Name this feature"));
    m_labelText->setAccessibleName(tr("Label of the feature"));
    m_labelText->setToolTip(tr("The feature's label, the same everywhere in the program. Enter "
                               "keeps it; Ctrl+Z takes it back."));
    m_pin = new QPushButton(icon(Icon::Pin), tr("&Pin"), box);
    m_pin->setObjectName(QStringLiteral("pinButton"));
    m_pin->setToolTip(tr("Pinned nodes are ringed and are saved as the subgraph (P in the graph)"));
    m_ablate = new QPushButton(tr("&Ablate"), box);
    m_ablate->setObjectName(QStringLiteral("ablateButton"));
    m_value = new QDoubleSpinBox(box);
    m_value->setObjectName(QStringLiteral("nodeValue"));
    m_value->setRange(-kLargestValue, kLargestValue);
    m_value->setDecimals(2);
    m_value->setAccessibleName(tr("New activation"));
    m_value->setToolTip(tr("The activation to set, in the feature's own units"));
    m_set = new QPushButton(tr("Set &value"), box);
    m_set->setObjectName(QStringLiteral("setButton"));
    auto* marks = new QHBoxLayout;
    marks->addWidget(m_labelText, 1);
    marks->addWidget(m_pin);
    auto* changes = new QHBoxLayout;
    changes->addWidget(m_ablate);
    changes->addWidget(m_value, 1);
    changes->addWidget(m_set);
    m_changeTitle = new QLabel(box);
    m_changeTitle->setObjectName(QStringLiteral("changeTitle"));
    m_changeTitle->setWordWrap(true);
    m_changeTitle->setTextFormat(Qt::PlainText);
    m_change = new TokenChangeModel(this);
    m_changeTable = new QTableView(box);
    m_changeTable->setObjectName(QStringLiteral("changeTable"));
    m_changeTable->setAccessibleName(tr("Next tokens before and after the change"));
    setUpTable(m_changeTable, m_change);
    m_changeTable->setItemDelegate(new BarDelegate(m_changeTable));
    m_changeTable->setItemDelegateForColumn(0, new QStyledItemDelegate(m_changeTable));
    m_changeTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, gap(this), 0);
    column->setSpacing(gap(this));
    column->addWidget(m_title);
    column->addWidget(m_facts);
    column->addLayout(marks);
    column->addLayout(changes);
    column->addWidget(m_changeTitle);
    column->addWidget(m_changeTable);
    column->addStretch(1);
    scroll->setWidget(box);
    connect(m_labelText, &QLineEdit::editingFinished, this, &CircuitNodePanel::commitLabel);
    connect(m_pin, &QPushButton::clicked, this, &CircuitNodePanel::pinRequested);
    connect(m_ablate, &QPushButton::clicked, this, [this] { Q_EMIT valueRequested(0.0); });
    connect(
        m_set, &QPushButton::clicked, this, [this] { Q_EMIT valueRequested(m_value->value()); });
    return scroll;
}

QWidget* CircuitNodePanel::makeConnections()
{
    auto* box = new QWidget(this);
    m_tableTitle = new QLabel(box);
    makeHeading(m_tableTitle, 2);
    m_connections = new ConnectionModel(this);
    m_table = new QTableView(box);
    m_table->setObjectName(QStringLiteral("connections"));
    m_table->setAccessibleName(tr("Connections of the chosen node"));
    m_table->setToolTip(tr("Double click or Enter goes to that node"));
    setUpTable(m_table, m_connections);
    m_table->setItemDelegateForColumn(ConnectionModel::Weight, new BarDelegate(m_table));
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(ConnectionModel::Node, QHeaderView::Stretch);
    header->resizeSection(ConnectionModel::Direction, ex(this) * 9);
    header->resizeSection(ConnectionModel::Weight, ex(this) * 10);
    header->resizeSection(ConnectionModel::Share, ex(this) * 10);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy rows"), m_table);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    m_table->addAction(copy);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(m_tableTitle);
    layout->addWidget(m_table, 1);
    connect(copy, &QAction::triggered, this, &CircuitNodePanel::copyConnections);
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (const int node = m_connections->nodeAt(index.row()); node >= 0)
            Q_EMIT nodeChosen(node);
    });
    return box;
}

void CircuitNodePanel::setNode(std::shared_ptr<const core::AttributionGraph> graph, int node)
{
    const auto featureOf = [](const core::AttributionGraph* g, int n) {
        return g && n >= 0 ? std::pair(g->nodes[static_cast<std::size_t>(n)].dictionary,
                   g->nodes[static_cast<std::size_t>(n)].feature)
                           : std::pair(std::string(), core::FeatureId());
    };
    const bool isSameFeature = featureOf(m_graph.get(), m_node) == featureOf(graph.get(), node);
    m_graph = std::move(graph);
    m_node = m_graph ? node : -1;
    if (!isSameFeature) {
        m_hasLabel = false;
        m_labelText->clear();
    }
    m_connections->setNode(m_graph, m_node);
    updateFacts();
}

void CircuitNodePanel::updateFacts()
{
    const bool hasNode = m_node >= 0;
    const core::GraphNode* node
        = hasNode ? &m_graph->nodes[static_cast<std::size_t>(m_node)] : nullptr;
    const bool isFeature = hasNode && node->kind == core::NodeKind::Feature;
    m_title->setText(hasNode ? nodeTitle(*node) : tr("No node chosen"));
    m_tableTitle->setText(hasNode
            ? tr("Connections: %1").arg(formatCount(m_connections->rowCount()))
            : tr("Connections"));
    QStringList facts;
    if (!hasNode) {
        facts << tr("Click a node in the graph, or walk with the arrow keys.");
    } else {
        const auto at = static_cast<std::size_t>(node->position.value);
        const QString token = node->position.isValid() && at < m_graph->promptTokens.size()
            ? visibleToken(m_graph->promptTokens[at])
            : QString();
        if (isFeature)
            facts << tr("feature %1 of %2")
                         .arg(QString::number(node->feature.value),
                             node->dictionary.empty() ? tr("layer %1").arg(node->layer.value)
                                                      : toQString(node->dictionary));
        facts << tr("layer %1")
                     .arg(node->kind == core::NodeKind::Token ? tr("embedding")
                             : node->kind == core::NodeKind::Logit
                             ? tr("output")
                             : QString::number(node->layer.value));
        facts << tr("position %1 (%2)").arg(QString::number(node->position.value), token);
        if (isFeature)
            facts << tr("activation %1").arg(formatNumber(static_cast<double>(node->activation)));
        if (node->kind == core::NodeKind::Logit)
            facts
                << tr("probability %1").arg(formatPercent(static_cast<double>(node->probability)));
        if (node->rawInfluence > 0)
            facts << tr("influence %1 on the outputs")
                         .arg(formatPercent(static_cast<double>(node->rawInfluence)));
        else if (node->influence >= 0)
            facts << tr("among the nodes that cover %1 of all influence")
                         .arg(formatPercent(static_cast<double>(node->influence)));
    }
    m_facts->setText(facts.join(QStringLiteral(" · ")));
    m_pin->setEnabled(hasNode);
    m_pin->setText(hasNode && node->isPinned ? tr("Un&pin") : tr("&Pin"));
    m_labelText->setVisible(isFeature);
    m_labelText->setReadOnly(!m_hasLabel);
    if (isFeature && !m_hasLabel)
        m_labelText->setText(toQString(node->label));
    for (QWidget* widget : {static_cast<QWidget*>(m_ablate), static_cast<QWidget*>(m_value),
             static_cast<QWidget*>(m_set)})
        widget->setVisible(isFeature);
    if (isFeature && !m_value->hasFocus())
        m_value->setValue(2.0 * static_cast<double>(node->activation));
}

void CircuitNodePanel::setRow(const core::FeatureRow& row)
{
    m_label = row.label;
    m_hasLabel = true;
    m_labelText->setReadOnly(false);
    if (!m_labelText->hasFocus() || !m_labelText->isModified())
        m_labelText->setText(labelText(row));
}

void CircuitNodePanel::commitLabel()
{
    if (!m_hasLabel || !m_labelText->isModified())
        return;
    m_labelText->setModified(false);
    core::Label after = m_label;
    after.text = m_labelText->text().trimmed().toStdString();
    after.source = core::LabelSource::Person;
    if (after.text == m_label.text)
        return;
    const core::Label before = std::exchange(m_label, after);
    Q_EMIT labelEdited(before, after);
}

void CircuitNodePanel::setChangeProblem(const QString& why)
{
    m_ablate->setEnabled(why.isEmpty());
    m_set->setEnabled(why.isEmpty());
    m_ablate->setToolTip(
        why.isEmpty() ? tr("Set the feature to 0 at this position and read the next token") : why);
    m_set->setToolTip(why.isEmpty()
            ? tr("Set the feature to this activation at this position and read the next token")
            : why);
}

void CircuitNodePanel::showChange(const core::InterveneResult& result, const QString& title)
{
    m_changeTitle->setText(title);
    m_change->setRuns({tr("Before"), tr("After")}, {result.before, result.after}, kShownTokens);
    m_changeTitle->show();
    m_changeTable->show();
    fitHeightToRows(m_changeTable, 2 * kShownTokens);
}

void CircuitNodePanel::clearChange()
{
    m_changeTitle->hide();
    m_changeTable->hide();
    m_change->setRuns({}, {});
}

void CircuitNodePanel::copyConnections()
{
    std::vector<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows.push_back(index.row());
    if (rows.empty()) {
        rows.resize(static_cast<std::size_t>(m_connections->rowCount()));
        std::iota(rows.begin(), rows.end(), 0);
    }
    std::sort(rows.begin(), rows.end());
    QGuiApplication::clipboard()->setText(m_connections->toTable(rows));
}

} // namespace ui
