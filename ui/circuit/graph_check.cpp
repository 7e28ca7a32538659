#include "ui/circuit/graph_check.h"

#include "ui/circuit/check_distance_model.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/scatter_plot.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <utility>
#include <vector>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kCheckedFeatures = 24, kMostChecked = 1000;

QString pointName(const core::PerturbationCheck::Point& point)
{
    const QString name = point.label.empty()
        ? GraphCheck::tr("feature %1").arg(point.at.feature.value)
        : toQString(point.label);
    return GraphCheck::tr("%1 (layer %2, position %3)")
        .arg(name, QString::number(point.at.layer.value), QString::number(point.at.position.value));
}

QString whatItDoes()
{
    return GraphCheck::tr("Ablates the most influential features in the model, one at a time, and "
                          "compares what happens with what the graph says.");
}

} // namespace

GraphCheck::GraphCheck(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_distances(new CheckDistanceModel(this))
{
    m_run = new QPushButton(icon(Icon::Check), tr("Check against the &model"), this);
    m_run->setObjectName(QStringLiteral("checkGraph"));
    m_features = new QSpinBox(this);
    m_features->setObjectName(QStringLiteral("checkFeatures"));
    m_features->setAccessibleName(tr("Features to change"));
    m_features->setRange(1, kMostChecked);
    m_features->setValue(kCheckedFeatures);
    m_features->setSuffix(tr(" features"));
    m_features->setToolTip(tr("How many of the most influential features are ablated, one at a "
                              "time: a forward pass each"));
    m_verdict = new QLabel(this);
    m_verdict->setObjectName(QStringLiteral("checkVerdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextFormat(Qt::PlainText);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    makeSubtle(m_verdict);
    m_verdict->setText(whatItDoes());
    m_distanceTable = new QTableView(this);
    m_distanceTable->setObjectName(QStringLiteral("checkDistances"));
    m_distanceTable->setAccessibleName(tr("Predicted against observed change by distance"));
    setUpTable(m_distanceTable, m_distances);
    m_distanceTable->setItemDelegateForColumn(
        CheckDistanceModel::Cosine, new BarDelegate(m_distanceTable));
    m_distanceTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_distanceTable->setMinimumWidth(ex(this) * 24);
    addCopyAction(m_distanceTable);
    m_distanceTable->hide();
    m_scatter = new ScatterPlot(this);
    m_scatter->setObjectName(QStringLiteral("checkScatter"));
    m_scatter->setMinimumSize(ex(this) * 26, em(this) * 8);
    m_scatter->hide();
    layOut();
    connect(m_run, &QPushButton::clicked, this, &GraphCheck::runOrStop);
    connect(m_scatter, &ScatterPlot::pointChosen, this, &GraphCheck::choosePoint);
    connect(document, &CircuitDocument::statusChanged, this, &GraphCheck::updateButtons);
    connect(document, &CircuitDocument::graphChanged, this, [this] {
        if (m_check && m_check->request.graph != m_document->matrix())
            showCheck(nullptr); // it speaks of another graph
    });
    updateButtons();
}

void GraphCheck::layOut()
{
    auto* progress = new JobProgress(tr("Progress of the check"), this);
    progress->follow(m_document->session(), kTag<core::CheckRequest>);
    auto* row = new QHBoxLayout;
    row->addWidget(m_run);
    row->addWidget(m_features);
    row->addWidget(progress, 1);
    row->addStretch(0);
    auto* left = new QVBoxLayout;
    left->setSpacing(gap(this));
    left->addLayout(row);
    left->addWidget(m_verdict);
    left->addWidget(m_distanceTable, 1);
    left->addStretch(0);
    auto* both = new QHBoxLayout(this);
    both->setContentsMargins(gap(this), 0, 0, 0);
    both->addLayout(left, 1);
    both->addWidget(m_scatter, 1);
}

void GraphCheck::runOrStop()
{
    Session* session = m_document->session();
    if (session->isBusy(kTag<core::CheckRequest>))
        session->cancel(kTag<core::CheckRequest>);
    else
        run();
}

void GraphCheck::run()
{
    if (!m_document->checkProblem().isEmpty())
        return;
    m_document->tell({});
    core::CheckRequest request;
    request.graph = m_document->matrix();
    request.features = m_features->value();
    m_document->session()->ask(this, request, [this](const Shared<core::PerturbationCheck>& check) {
        if (check->request.graph != m_document->matrix())
            return; // of a graph that is no longer shown
        showCheck(check);
        Q_EMIT shown();
    });
}

void GraphCheck::choosePoint(int point)
{
    if (!m_check || point < 0 || point >= countOf(m_check->points))
        return;
    const auto& chosen = m_check->points[static_cast<std::size_t>(point)];
    if (!m_document->chooseFeature(chosen.at.layer, chosen.at.position, chosen.at.feature))
        m_document->tell(tr("This feature is pruned away at these thresholds: raise the node "
                            "threshold to see it."));
}

void GraphCheck::updateButtons()
{
    const bool isChecking = m_document->session()->isBusy(kTag<core::CheckRequest>);
    const QString why = m_document->checkProblem();
    m_run->setText(isChecking ? tr("Stop the check") : tr("Check against the &model"));
    m_run->setIcon(icon(isChecking ? Icon::Stop : Icon::Check));
    m_run->setEnabled(isChecking || why.isEmpty());
    m_run->setToolTip(why.isEmpty()
            ? tr("Ablate the most influential features one at a time and compare what happens "
                 "with what the graph says")
            : why);
    m_features->setVisible(!isChecking);
}

void GraphCheck::showCheck(std::shared_ptr<const core::PerturbationCheck> check)
{
    m_check = std::move(check);
    m_distances->setRows(
        m_check ? m_check->byDistance : std::vector<core::PerturbationCheck::Distance>());
    m_distanceTable->setVisible(m_check != nullptr);
    m_scatter->setVisible(m_check != nullptr);
    if (!m_check)
        return m_verdict->setText(whatItDoes());
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

QString GraphCheck::toText() const
{
    if (!m_check)
        return {};
    return QStringList{m_verdict->text(), tr("Spearman %1").arg(formatNumber(m_check->spearman)),
        tableText(*m_distances), m_scatter->toTable()}
        .join(QLatin1Char('\n'));
}

} // namespace ui
