#include "ui/circuit/circuit_compare.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/comparison_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <utility>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

CircuitCompare::CircuitCompare(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_second(
          new QLineEdit(QStringLiteral("The capital of the state containing Oakland is"), this))
    , m_run(new QPushButton(this))
    , m_stack(new QStackedLayout)
{
    m_second->setCursorPosition(0);
    m_second->setObjectName(QStringLiteral("secondPrompt"));
    m_second->setAccessibleName(tr("Second prompt"));
    m_second->setPlaceholderText(tr("The prompt above with one thing changed"));
    m_second->setToolTip(tr("It is traced like the prompt above, with the same settings and "
                            "thresholds, and laid over its graph"));
    m_run->setObjectName(QStringLiteral("compareButton"));
    auto* row = new QHBoxLayout;
    auto* name = new QLabel(tr("Second prom&pt"), this);
    name->setBuddy(m_second);
    row->addWidget(name);
    row->addWidget(m_second, 1);
    row->addWidget(m_run);
    m_stack->addWidget(new EmptyState(tr("Where do two prompts differ inside?"),
        tr("Write a second prompt and Compare. Both graphs are laid over each other, token by "
           "token: what only one of them holds, and which features carry more in the one than in "
           "the other."),
        this));
    m_stack->addWidget(makeResult());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addLayout(m_stack, 1);
    connect(m_second, &QLineEdit::returnPressed, this, [this] {
        if (m_run->isEnabled() && !isRunning())
            compare(m_second->text());
    });
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (isRunning())
            m_document->session()->cancel(kTag<core::CompareGraphsRequest>);
        else
            compare(m_second->text());
    });
    connect(document, &CircuitDocument::statusChanged, this, &CircuitCompare::updateButtons);
    updateButtons();
}

QWidget* CircuitCompare::makeResult()
{
    auto* box = new QWidget(this);
    m_summary = new QLabel(box);
    m_summary->setObjectName(QStringLiteral("compareSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeSubtle(m_summary);
    m_canvas = new CircuitCanvas(box);
    m_canvas->setObjectName(QStringLiteral("compareCanvas"));
    m_canvas->setComparison(true);
    m_canvas->setAccessibleName(tr("Both attribution graphs, one over the other"));
    m_model = new ComparisonModel(this);
    m_table = new QTableView(box);
    m_table->setObjectName(QStringLiteral("differences"));
    m_table->setAccessibleName(tr("Where the graphs differ most"));
    setUpTable(m_table, m_model);
    m_table->setItemDelegateForColumn(ComparisonModel::Difference, new BarDelegate(m_table));
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(ComparisonModel::Node, QHeaderView::Stretch);
    header->resizeSection(ComparisonModel::Where, ex(this) * 11);
    for (const int column :
        {ComparisonModel::Difference, ComparisonModel::First, ComparisonModel::Second})
        header->resizeSection(column, ex(this) * 11);
    addCopyAction(m_table);
    auto* splitter = new QSplitter(Qt::Vertical, box);
    splitter->addWidget(m_canvas);
    splitter->addWidget(m_table);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({em(this) * 30, em(this) * 12});
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(splitter, 1);
    column->addWidget(m_summary);
    connect(m_canvas, &CircuitCanvas::nodeSelected, this, &CircuitCompare::chooseNode);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& current) {
            if (const int node = m_model->nodeAt(current.row()); node >= 0) {
                m_canvas->selectNode(node);
                chooseNode(node);
            }
        });
    return box;
}

bool CircuitCompare::isRunning() const
{
    return m_document->session()->isBusy(kTag<core::CompareGraphsRequest>);
}

void CircuitCompare::compare(const QString& second)
{
    Q_EMIT started();
    if (second != m_second->text()) {
        m_second->setText(second);
        m_second->setCursorPosition(0); // the beginning says which prompt it is
    }
    m_document->tell({});
    const QString first = m_document->prompt();
    if (second.trimmed().isEmpty() || first.trimmed().isEmpty())
        return m_document->tell(tr("Write both prompts first: the one above and the second."));
    if (m_document->graph() && m_document->graph()->prompt == first.toStdString())
        traceSecond();
    else
        m_document->trace(first, kTag<core::CompareGraphsRequest>, [this] { traceSecond(); });
}

void CircuitCompare::traceSecond()
{
    // One tag for all its steps: who stops one of them, or compares anew, stops them all.
    static constexpr QLatin1String kComparing = kTag<core::CompareGraphsRequest>;
    Session* session = m_document->session();
    session->ask(this, kComparing, m_document->traceRequest(m_second->text()),
        [this, session, first = m_document->graph()](const Shared<core::AttributionGraph>& second) {
            session->ask(this, kComparing, core::CompareGraphsRequest{first, second},
                [this](const Shared<core::GraphComparison>& made) { showComparison(made); });
        });
}

void CircuitCompare::updateButtons()
{
    const bool hasModel = m_document->session()->hasModel();
    m_run->setText(isRunning() ? tr("S&top") : tr("Co&mpare"));
    m_run->setIcon(icon(isRunning() ? Icon::Stop : Icon::Play));
    m_run->setEnabled(isRunning() || hasModel);
    m_run->setToolTip(hasModel
            ? tr("Trace the second prompt and lay both graphs over each other (Enter)")
            : tr("Open a model first."));
}

QRectF CircuitCompare::visibleScene() const
{
    return m_canvas->visibleScene();
}

void CircuitCompare::showComparison(const Shared<core::GraphComparison>& comparison)
{
    m_comparison = comparison;
    m_model->setComparison(m_comparison);
    m_canvas->setGraph(
        std::shared_ptr<const core::AttributionGraph>(m_comparison, &m_comparison->graph));
    m_stack->setCurrentIndex(1);
    const auto prompt
        = [](const std::string& text) { return QStringLiteral("“%1”").arg(toQString(text)); };
    QStringList said{tr("First: %1").arg(prompt(m_comparison->firstPrompt)),
        tr("second: %1").arg(prompt(m_comparison->secondPrompt)),
        tr("%1 nodes in both, %2 only in the first, %3 only in the second")
            .arg(formatCount(m_comparison->nodesInBoth), formatCount(m_comparison->nodesInFirst),
                formatCount(m_comparison->nodesInSecond)),
        tr("pruned at %1 of the nodes' and %2 of the edges' influence")
            .arg(formatPercent(m_comparison->graph.settings.nodeThreshold),
                formatPercent(m_comparison->graph.settings.edgeThreshold)),
        tr("an edge's weight is second minus first")};
    if (!m_comparison->graph.note.empty())
        said << toQString(m_comparison->graph.note);
    m_summary->setText(said.join(QStringLiteral(" · ")));
    Q_EMIT shown();
}

void CircuitCompare::chooseNode(int node)
{
    if (!m_comparison || node < 0)
        return;
    {
        const QSignalBlocker blocker(m_table->selectionModel());
        if (const int row = m_model->rowOf(node); row >= 0) {
            m_table->selectRow(row);
            m_table->scrollTo(m_model->index(row, 0));
        }
    }
    m_table->viewport()->update();
    const core::GraphNode& chosen = m_comparison->graph.nodes[static_cast<std::size_t>(node)];
    if (chosen.kind != core::NodeKind::Feature || chosen.dictionary.empty())
        return;
    m_document->selection()->setPosition(chosen.position);
    if (m_document->session()->dictionary(chosen.dictionary))
        m_document->selection()->setFeature({chosen.dictionary, chosen.feature});
}

} // namespace ui
