#include "ui/circuit/circuit_scores.h"

#include "ui/circuit/check_distance_model.h"
#include "ui/circuit/error_share_model.h"
#include "ui/circuit/scatter_plot.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <utility>
#include <vector>

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kCheckedFeatures = 24, kMostChecked = 1000;

QString pointName(const core::PerturbationCheck::Point& point)
{
    const QString name = point.label.empty()
        ? CircuitScores::tr("feature %1").arg(point.feature.value)
        : toQString(point.label);
    return CircuitScores::tr("%1 (layer %2, position %3)")
        .arg(name, QString::number(point.layer.value), QString::number(point.position.value));
}

} // namespace

CircuitScores::CircuitScores(QWidget* parent)
    : QWidget(parent)
    , m_shares(new ErrorShareModel(this))
    , m_distances(new CheckDistanceModel(this))
{
    m_shareTable = new QTableView(this);
    m_shareTable->setObjectName(QStringLiteral("errorShares"));
    m_shareTable->setAccessibleName(tr("Influence of the errors by layer"));
    setUpTable(m_shareTable, m_shares);
    m_shareTable->setItemDelegateForColumn(1, new BarDelegate(m_shareTable));
    m_shareTable->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_shareTable->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_shareTable->setMinimumWidth(ex(this) * 19);
    addCopyAction(m_shareTable);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(makeFigures());
    splitter->addWidget(m_shareTable);
    splitter->addWidget(makeCheck());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setStretchFactor(2, 6);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({ex(this) * 36, ex(this) * 22, ex(this) * 76});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->addWidget(splitter);
    updateFigures();
    setCheckProblem({});
}

QWidget* CircuitScores::makeFigures()
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumWidth(ex(this) * 24);
    auto* box = new QWidget(scroll);
    m_figures = new QLabel(box);
    m_figures->setObjectName(QStringLiteral("scoreFigures"));
    m_figures->setWordWrap(true);
    m_figures->setTextFormat(Qt::PlainText);
    m_figures->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_figures->setToolTip(
        tr("Replacement: share of the influence that enters at tokens rather than errors, 0 to 1. "
           "Completeness: share of the nodes' inputs that is explained, 0 to 1. "
           "Attention patterns and norm scales are frozen."));
    m_notice = new Notice(box);
    m_notice->setObjectName(QStringLiteral("scoreNotice"));
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy the scores"), m_figures);
    m_figures->addAction(copy);
    m_figures->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(copy, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, gap(this), 0);
    column->setSpacing(gap(this));
    column->addWidget(m_figures);
    column->addWidget(m_notice);
    column->addStretch(1);
    scroll->setWidget(box);
    return scroll;
}

QWidget* CircuitScores::makeCheck()
{
    auto* box = new QWidget(this);
    m_run = new QPushButton(icon(Icon::Check), tr("Check against the &model"), box);
    m_run->setObjectName(QStringLiteral("checkGraph"));
    m_features = new QSpinBox(box);
    m_features->setObjectName(QStringLiteral("checkFeatures"));
    m_features->setAccessibleName(tr("Features to change"));
    m_features->setRange(1, kMostChecked);
    m_features->setValue(kCheckedFeatures);
    m_features->setSuffix(tr(" features"));
    m_features->setToolTip(tr("How many of the most influential features are ablated, one at a "
                              "time: a forward pass each"));
    m_progress = new JobProgress(tr("Progress of the check"), box);
    m_verdict = new QLabel(box);
    m_verdict->setObjectName(QStringLiteral("checkVerdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextFormat(Qt::PlainText);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    makeSubtle(m_verdict);
    m_verdict->setText(tr("Ablates the most influential features in the model, one at a time, and "
                          "compares what happens with what the graph says."));
    m_distanceTable = new QTableView(box);
    m_distanceTable->setObjectName(QStringLiteral("checkDistances"));
    m_distanceTable->setAccessibleName(tr("Predicted against observed change by distance"));
    setUpTable(m_distanceTable, m_distances);
    m_distanceTable->setItemDelegateForColumn(
        CheckDistanceModel::Cosine, new BarDelegate(m_distanceTable));
    m_distanceTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_distanceTable->setMinimumWidth(ex(this) * 24);
    addCopyAction(m_distanceTable);
    m_distanceTable->hide();
    m_scatter = new ScatterPlot(box);
    m_scatter->setObjectName(QStringLiteral("checkScatter"));
    m_scatter->setMinimumSize(ex(this) * 26, em(this) * 8);
    m_scatter->hide();
    auto* row = new QHBoxLayout;
    row->addWidget(m_run);
    row->addWidget(m_features);
    row->addWidget(m_progress, 1);
    row->addStretch(0);
    auto* left = new QVBoxLayout;
    left->setSpacing(gap(this));
    left->addLayout(row);
    left->addWidget(m_verdict);
    left->addWidget(m_distanceTable, 1);
    left->addStretch(0);
    auto* both = new QHBoxLayout(box);
    both->setContentsMargins(gap(this), 0, 0, 0);
    both->addLayout(left, 1);
    both->addWidget(m_scatter, 1);
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (m_isChecking)
            Q_EMIT stopRequested();
        else
            Q_EMIT checkRequested();
    });
    connect(m_scatter, &ScatterPlot::pointChosen, this, &CircuitScores::pointChosen);
    return box;
}

void CircuitScores::setGraph(std::shared_ptr<const core::AttributionGraph> graph, int prunedPins)
{
    m_graph = std::move(graph);
    m_prunedPins = prunedPins;
    m_shares->setShares(m_graph ? m_graph->errorShareByLayer : std::vector<float>());
    if (m_check && (!m_graph || m_graph->id != m_check->request.graph))
        showCheck(nullptr); // it speaks of another graph
    updateFigures();
}

void CircuitScores::setSubgraph(std::shared_ptr<const core::SubgraphScore> score)
{
    m_subgraph = std::move(score);
    updateFigures();
}

void CircuitScores::updateFigures()
{
    if (!m_graph) {
        m_figures->setText(tr("Trace a prompt: its graph's scores stand here."));
        return m_notice->clear();
    }
    const auto line
        = [](const QString& name, double replacement, double completeness, double errors) {
              return tr("%1: replacement %2, completeness %3, errors carry %4")
                  .arg(name, formatNumber(replacement), formatNumber(completeness),
                      formatPercent(errors));
          };
    QStringList lines{line(
        tr("Graph"), m_graph->replacementScore, m_graph->completenessScore, m_graph->errorShare)};
    if (m_subgraph && m_subgraph->pinnedFeatures > 0)
        lines << line(m_subgraph->pinnedFeatures == 1
                ? tr("The pinned feature alone")
                : tr("The %1 pinned features alone").arg(formatCount(m_subgraph->pinnedFeatures)),
            m_subgraph->replacement, m_subgraph->completeness, m_subgraph->errorShare);
    else
        lines << tr("Pin features (P) to see how well they explain the outputs alone.");
    if (!m_graph->method.empty())
        lines << toQString(m_graph->method);
    m_figures->setText(lines.join(QLatin1Char('\n')));
    QStringList warnings;
    if (m_graph->tracedFeatures < m_graph->activeFeatures)
        warnings << tr("%1 of %2 active features are traced; the others count as errors.")
                        .arg(formatCount(m_graph->tracedFeatures),
                            formatCount(m_graph->activeFeatures));
    if (m_prunedPins > 0)
        warnings << (m_prunedPins == 1 ? tr("1 pinned node is pruned away at these thresholds.")
                                       : tr("%1 pinned nodes are pruned away at these thresholds.")
                                             .arg(formatCount(m_prunedPins)));
    if (!m_graph->note.empty())
        warnings << toQString(m_graph->note);
    m_notice->say(Notice::Kind::Warning, warnings.join(QLatin1Char(' ')));
}

void CircuitScores::setCheckProblem(const QString& why)
{
    m_run->setEnabled(m_isChecking || why.isEmpty());
    m_run->setToolTip(why.isEmpty()
            ? tr("Ablate the most influential features one at a time and compare what happens "
                 "with what the graph says")
            : why);
}

void CircuitScores::setChecking(bool isChecking)
{
    m_isChecking = isChecking;
    m_run->setText(isChecking ? tr("Stop the check") : tr("Check against the &model"));
    m_run->setIcon(icon(isChecking ? Icon::Stop : Icon::Check));
    m_progress->setRunning(isChecking);
    m_features->setVisible(!isChecking);
    if (isChecking)
        m_run->setEnabled(true);
}

void CircuitScores::setProgress(const core::Progress& progress)
{
    m_progress->setProgress(progress);
}

void CircuitScores::showCheck(std::shared_ptr<const core::PerturbationCheck> check)
{
    m_check = std::move(check);
    m_distances->setCheck(m_check);
    m_distanceTable->setVisible(m_check != nullptr);
    m_scatter->setVisible(m_check != nullptr);
    if (!m_check)
        return m_verdict->clear();
    QStringList said{
        tr("%1 features ablated: the predicted change has a cosine of %2 with the observed one")
            .arg(formatCount(countOf(m_check->points)), formatNumber(m_check->meanCosine))};
    if (!m_check->note.empty())
        said << toQString(m_check->note);
    m_verdict->setText(said.join(QStringLiteral(" · ")));
    std::vector<ScatterPoint> points;
    for (const core::PerturbationCheck::Point& point : m_check->points)
        points.push_back({static_cast<double>(point.influence), static_cast<double>(point.effect),
            pointName(point)});
    m_scatter->setData(std::move(points), tr("influence"), tr("effect (KL, nats)"),
        tr("Spearman %1").arg(formatNumber(m_check->spearman)));
}

int CircuitScores::checkedFeatures() const
{
    return m_features->value();
}

QString CircuitScores::toText() const
{
    QStringList lines{m_figures->text()};
    if (!m_notice->text().isEmpty())
        lines << m_notice->text();
    lines << tableText(*m_shares);
    if (m_check)
        lines << m_verdict->text() << tr("Spearman %1").arg(formatNumber(m_check->spearman))
              << tableText(*m_distances) << m_scatter->toTable();
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
