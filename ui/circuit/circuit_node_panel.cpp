#include "ui/circuit/circuit_node_panel.h"

#include "core/api/feature_rows.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/connection_model.h"
#include "ui/circuit/token_change_table.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/set_label.h"
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
constexpr double kLargestActivation = 1e6;
constexpr QLatin1String kRowTag("node-row");
} // namespace

CircuitNodePanel::CircuitNodePanel(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
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
    connect(document, &CircuitDocument::graphChanged, this, [this](CircuitDocument::Change change) {
        if (change == CircuitDocument::Change::Another)
            clearChange();
        showNode();
    });
    connect(document, &CircuitDocument::chosenChanged, this, [this] {
        clearChange();
        showNode();
        askForRow();
    });
    connect(
        document, &CircuitDocument::statusChanged, this, &CircuitNodePanel::updateChangeButtons);
    connect(document->session(), &Session::featureChanged, this, &CircuitNodePanel::showRow);
    clearChange();
    showNode();
    updateChangeButtons();
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
    m_value->setRange(-kLargestActivation, kLargestActivation);
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
    m_change
        = new TokenChangeTable("changeTable", tr("Next tokens before and after the change"), box);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, gap(this), 0);
    column->setSpacing(gap(this));
    column->addWidget(m_title);
    column->addWidget(m_facts);
    column->addLayout(marks);
    column->addLayout(changes);
    column->addWidget(m_changeTitle);
    column->addWidget(m_change);
    column->addStretch(1);
    scroll->setWidget(box);
    connect(m_labelText, &QLineEdit::editingFinished, this, &CircuitNodePanel::commitLabel);
    connect(m_pin, &QPushButton::clicked, this,
        [this] { m_document->togglePin(m_document->chosen()); });
    connect(m_ablate, &QPushButton::clicked, this, [this] { change(0.0); });
    connect(m_set, &QPushButton::clicked, this, [this] { change(m_value->value()); });
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
            m_document->choose(node);
    });
    return box;
}

void CircuitNodePanel::showNode()
{
    const core::GraphNode* node = m_document->chosenNode();
    const bool isRows = node && m_row && m_row->feature.feature == node->feature
        && m_row->feature.dictionary == node->dictionary;
    if (!isRows) {
        m_row.reset();
        m_labelText->clear();
    }
    m_connections->setNode(m_document->graph(), m_document->chosen());
    m_title->setText(node ? nodeTitle(*node) : tr("No node chosen"));
    m_tableTitle->setText(node ? tr("Connections: %1").arg(formatCount(m_connections->rowCount()))
                               : tr("Connections"));
    m_facts->setText(
        node ? facts() : tr("Click a node in the graph, or walk with the arrow keys."));
    m_pin->setEnabled(node != nullptr);
    m_pin->setText(node && node->isPinned ? tr("Un&pin") : tr("&Pin"));
    showFeature();
}

void CircuitNodePanel::showFeature()
{
    const core::GraphNode* node = m_document->chosenNode();
    const bool isFeature = node && node->kind == core::NodeKind::Feature;
    m_labelText->setReadOnly(!m_row);
    if (isFeature && !m_row)
        m_labelText->setText(toQString(node->label));
    for (QWidget* widget : {static_cast<QWidget*>(m_labelText), static_cast<QWidget*>(m_ablate),
             static_cast<QWidget*>(m_value), static_cast<QWidget*>(m_set)})
        widget->setVisible(isFeature);
    if (isFeature && !m_value->hasFocus())
        m_value->setValue(2.0 * static_cast<double>(node->activation));
}

QString CircuitNodePanel::facts() const
{
    const core::GraphNode& node = *m_document->chosenNode();
    const auto& tokens = m_document->graph()->promptTokens;
    const bool isFeature = node.kind == core::NodeKind::Feature;
    const auto at = static_cast<std::size_t>(node.position.value);
    const QString token
        = node.position.isValid() && at < tokens.size() ? visibleToken(tokens[at]) : QString();
    QStringList facts;
    if (isFeature)
        facts << tr("feature %1 of %2")
                     .arg(QString::number(node.feature.value),
                         node.dictionary.empty() ? tr("layer %1").arg(node.layer.value)
                                                 : toQString(node.dictionary));
    facts << tr("layer %1")
                 .arg(node.kind == core::NodeKind::Token      ? tr("embedding")
                         : node.kind == core::NodeKind::Logit ? tr("output")
                                                              : QString::number(node.layer.value));
    facts << tr("position %1 (%2)").arg(QString::number(node.position.value), token);
    if (isFeature)
        facts << tr("activation %1").arg(formatNumber(static_cast<double>(node.activation)));
    if (node.kind == core::NodeKind::Logit)
        facts << tr("probability %1").arg(formatPercent(static_cast<double>(node.probability)));
    if (node.rawInfluence > 0)
        facts << tr("influence %1 on the outputs")
                     .arg(formatPercent(static_cast<double>(node.rawInfluence)));
    else if (node.influence >= 0)
        facts << tr("among the nodes that cover %1 of all influence")
                     .arg(formatPercent(static_cast<double>(node.influence)));
    return facts.join(QStringLiteral(" · "));
}

void CircuitNodePanel::askForRow()
{
    const core::GraphNode* node = m_document->chosenNode();
    Session* session = m_document->session();
    if (!node || node->kind != core::NodeKind::Feature || !session->dictionary(node->dictionary))
        return;
    session->ask(this, kRowTag, core::FeatureRowsRequest{{{node->dictionary, node->feature}}},
        [this](const Shared<std::vector<core::FeatureRow>>& rows) {
            if (!rows->empty())
                showRow(rows->front());
        });
}

void CircuitNodePanel::showRow(const core::FeatureRow& row)
{
    const core::GraphNode* node = m_document->chosenNode();
    if (!node || node->kind != core::NodeKind::Feature || node->feature != row.feature.feature
        || node->dictionary != row.feature.dictionary)
        return; // of a node that was left
    m_row = row;
    m_labelText->setReadOnly(false);
    if (!m_labelText->hasFocus() || !m_labelText->isModified())
        m_labelText->setText(labelText(row));
}

void CircuitNodePanel::commitLabel()
{
    if (!m_row || !m_labelText->isModified())
        return;
    m_labelText->setModified(false);
    core::Label after = m_row->label;
    after.text = m_labelText->text().trimmed().toStdString();
    after.source = core::LabelSource::Person;
    if (after.text == m_row->label.text)
        return;
    const core::Label before = std::exchange(m_row->label, after);
    Session* session = m_document->session();
    session->undoStack()->push(
        new SetLabelCommand(session, m_row->feature, before, after, ++m_labelEdits));
}

void CircuitNodePanel::change(double value)
{
    const core::GraphNode* node = m_document->chosenNode();
    if (!node || node->kind != core::NodeKind::Feature || !m_document->changeProblem().isEmpty())
        return;
    m_document->tell({});
    core::InterveneRequest request;
    request.prompt = m_document->graph()->prompt;
    request.settings.push_back({node->layer, node->position, node->feature, value});
    request.dictionaries = m_document->graph()->dictionaries;
    const QString name = nodeTitle(*node), layer = QString::number(node->layer.value),
                  position = QString::number(node->position.value);
    const QString title = value == 0.0
        ? tr("Next token with %1 ablated at layer %2, position %3:").arg(name, layer, position)
        : tr("Next token with %1 set to %2 at layer %3, position %4:")
              .arg(name, formatNumber(value), layer, position);
    m_document->session()->ask(this, kNodeChangeTag, std::move(request),
        [this, title](const Shared<core::InterveneResult>& result) {
            m_changeTitle->setText(title);
            m_changeTitle->show();
            m_change->showRuns({tr("Before"), tr("After")}, {result->before, result->after});
        });
}

void CircuitNodePanel::clearChange()
{
    m_changeTitle->hide();
    m_change->clear();
}

void CircuitNodePanel::updateChangeButtons()
{
    const QString why = m_document->changeProblem();
    m_ablate->setEnabled(why.isEmpty());
    m_set->setEnabled(why.isEmpty());
    m_ablate->setToolTip(
        why.isEmpty() ? tr("Set the feature to 0 at this position and read the next token") : why);
    m_set->setToolTip(why.isEmpty()
            ? tr("Set the feature to this activation at this position and read the next token")
            : why);
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
