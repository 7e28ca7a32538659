#include "ui/train/training_charts.h"

#include "ui/shared/notice.h"
#include "ui/shared/sheet_file.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/train/curve_legend.h"
#include "ui/train/density_map.h"
#include "ui/train/feature_peek_view.h"
#include "ui/train/front_chart.h"
#include "ui/train/metric_chart.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <QAbstractItemView>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPainter>
#include <QResizeEvent>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kRedrawMs = 100;
constexpr int kWideColumns = 3, kNarrowColumns = 2;
constexpr int kWideFrom = 100; // in widths of an average character
constexpr int kLeastLines = 9; // of text, the height of a chart
constexpr int kLeastNameLength = 12, kMostNameLength = 26; // of a dictionary in the picker
constexpr int kSavedShownMs = 15'000;
/// Of seriesColor. The training at hand takes them from the first on; its last is much like its
/// first, so it comes last here too.
constexpr std::array<int, 6> kEarlierColors{4, 3, 2, 1, 5, 0};
constexpr int kChartSheetWidth = 1200, kChartSheetRow = 380;
} // namespace

TrainingCharts::TrainingCharts(QWidget* parent)
    : QWidget(parent)
    , m_groups(new QTabBar(this))
    , m_which(new QComboBox(this))
    , m_pages(new QStackedWidget(this))
    , m_gridPage(new QWidget)
    , m_grid(new QGridLayout(m_gridPage))
    , m_density(new DensityMap(m_gridPage))
    , m_peek(new FeaturePeekView(m_pages))
    , m_legend(new CurveLegend(this))
    , m_saved(new Notice(this))
{
    for (int i = 0; i < kMetrics; ++i) {
        auto* chart = new MetricChart(static_cast<Metric>(i), m_gridPage);
        chart->setObjectName(QStringLiteral("chart_") + metricName(static_cast<Metric>(i)));
        m_charts[static_cast<std::size_t>(i)] = chart;
        connect(chart, &MetricChart::copyRequested, this, &TrainingCharts::copy);
        connect(chart, &MetricChart::saveRequested, this, [this, metric = chart->metric()] {
            chooseAndSaveAs(
                tr("Save the chart “%1”").arg(metricTitle(metric)), metricName(metric), metric);
        });
    }
    m_density->setObjectName(QStringLiteral("trainDensity"));
    m_peek->setObjectName(QStringLiteral("trainPeek"));
    m_legend->setObjectName(QStringLiteral("curveLegend"));
    m_saved->setObjectName(QStringLiteral("trainSaved"));
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setSpacing(gap(this));
    // In a small window with large text the charts scroll before they are too flat to be read.
    auto* scroll = new QScrollArea(m_pages);
    scroll->setWidget(m_gridPage);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    m_pages->addWidget(scroll);
    m_pages->addWidget(makeFront());
    m_pages->addWidget(m_peek);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makeHead());
    column->addWidget(m_pages, 1);
    column->addWidget(m_legend);
    column->addWidget(m_saved);
    m_pace.setSingleShot(true);
    m_pace.setInterval(kRedrawMs);
    connect(&m_pace, &QTimer::timeout, this, &TrainingCharts::redraw);
    layOut();
}

QWidget* TrainingCharts::makeHead()
{
    auto* head = new QWidget(this);
    m_groups->setObjectName(QStringLiteral("trainViews"));
    m_groups->setAccessibleName(tr("What is shown of the training"));
    m_groups->setDrawBase(false);
    m_groups->setExpanding(false);
    m_groups->setUsesScrollButtons(true);
    for (int i = 0; i < kChartGroups; ++i) {
        m_groups->addTab(groupTitle(static_cast<ChartGroup>(i)));
        m_groups->setTabToolTip(i, groupNote(static_cast<ChartGroup>(i)));
    }
    m_which->setObjectName(QStringLiteral("trainWhich"));
    m_which->setAccessibleName(tr("Dictionary"));
    m_which->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_which->setMinimumContentsLength(kLeastNameLength);
    m_which->view()->setTextElideMode(Qt::ElideLeft); // names begin alike
    m_which->hide();
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_groups, 1);
    row->addWidget(m_which);
    connect(m_groups, &QTabBar::currentChanged, this, [this] {
        layOut();
        redrawGroup();
    });
    connect(m_which, &QComboBox::currentIndexChanged, this, [this] {
        m_wanted = m_which->currentText();
        redrawGroup();
    });
    return head;
}

QWidget* TrainingCharts::makeFront()
{
    auto* page = new QWidget(m_pages);
    m_fronts = {new FrontChart(FrontChart::Against::Fvu, page),
        new FrontChart(FrontChart::Against::CeScore, page)};
    m_fronts[0]->setObjectName(QStringLiteral("frontFvu"));
    m_fronts[1]->setObjectName(QStringLiteral("frontCe"));
    m_frontText = new QLabel(page);
    m_frontText->setObjectName(QStringLiteral("frontText"));
    m_frontText->setTextInteractionFlags(Qt::TextSelectableByMouse);
    wrapLines(m_frontText);
    auto* charts = new QHBoxLayout;
    charts->setSpacing(gap(this));
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    for (FrontChart* front : m_fronts) {
        charts->addWidget(front, 1);
        connect(front, &FrontChart::chosen, this, &TrainingCharts::chooseCurve);
    }
    column->addLayout(charts, 1);
    column->addWidget(m_frontText);
    return page;
}

ChartGroup TrainingCharts::group() const
{
    return static_cast<ChartGroup>(m_groups->currentIndex());
}

void TrainingCharts::showGroup(ChartGroup group)
{
    m_groups->setCurrentIndex(static_cast<int>(group));
}

void TrainingCharts::layOut()
{
    const ChartGroup group = this->group();
    if (group == ChartGroup::Front || group == ChartGroup::Peek) {
        m_pages->setCurrentIndex(group == ChartGroup::Front ? 1 : 2);
        return;
    }
    m_pages->setCurrentIndex(0);
    const int columns = width() >= kWideFrom * ex(this) ? kWideColumns : kNarrowColumns;
    std::vector<QWidget*> shown;
    if (group == ChartGroup::Features)
        shown.push_back(m_density);
    for (const Metric metric : metricsOf(group))
        if (!isMissing(metric))
            shown.push_back(m_charts[static_cast<std::size_t>(metric)]);
    if (columns == m_columns && shown == m_laidOut)
        return;
    m_columns = columns;
    m_laidOut = shown;
    for (MetricChart* chart : m_charts) {
        m_grid->removeWidget(chart);
        chart->hide();
    }
    m_grid->removeWidget(m_density);
    m_density->setVisible(group == ChartGroup::Features);
    const int count = static_cast<int>(shown.size());
    // Four and fewer are read better in two columns.
    const int across = count <= 4 ? kNarrowColumns : columns;
    const int rows = (count + across - 1) / across;
    for (int i = 0; i < count; ++i) {
        m_grid->addWidget(shown[static_cast<std::size_t>(i)], i / across, i % across);
        shown[static_cast<std::size_t>(i)]->setMinimumHeight(kLeastLines * em(this));
        shown[static_cast<std::size_t>(i)]->show();
    }
    for (int row = 0; row < kMetrics; ++row)
        m_grid->setRowStretch(row, row < rows ? 1 : 0);
    for (int column = 0; column < kWideColumns; ++column)
        m_grid->setColumnStretch(column, column < across ? 1 : 0);
}

void TrainingCharts::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layOut();
}

void TrainingCharts::setRun(const QString& name, const std::vector<core::TrainMetrics>& rows)
{
    if (m_run != name)
        m_wanted.clear(); // a new training shows its own dictionary, whatever was looked at before
    m_run = name;
    m_rows = rows;
    redraw();
}

void TrainingCharts::addRows(const std::vector<core::TrainMetrics>& rows)
{
    m_rows.insert(m_rows.end(), rows.begin(), rows.end());
    if (!m_pace.isActive())
        m_pace.start();
}

void TrainingCharts::setOverlays(std::vector<Curve> curves)
{
    m_overlays = std::move(curves);
    // Who stays ticked keeps its place and so its colour; who comes takes the first that is free.
    std::map<QString, int> places;
    std::set<int> taken;
    for (const Curve& curve : m_overlays)
        if (const auto before = m_places.find(curve.name); before != m_places.end()) {
            places.insert(*before);
            taken.insert(before->second);
        }
    for (Curve& curve : m_overlays) {
        if (!places.contains(curve.name)) {
            int place = 0;
            while (taken.contains(place))
                ++place;
            places[curve.name] = place;
            taken.insert(place);
        }
        curve.color
            = kEarlierColors[static_cast<std::size_t>(places[curve.name]) % kEarlierColors.size()];
        curve.isEarlier = true;
    }
    m_places = std::move(places);
    redraw();
}

void TrainingCharts::redraw()
{
    m_pace.stop();
    m_shown = curvesOf(m_run, m_rows);
    m_shown.insert(m_shown.end(), m_overlays.begin(), m_overlays.end());
    m_legend->setCurves(m_shown);
    listCurves();
    redrawGroup();
    Q_EMIT filled(!m_shown.empty());
}

void TrainingCharts::listCurves()
{
    QStringList names;
    for (const Curve& curve : m_shown)
        names << curve.name;
    QStringList listed;
    for (int i = 0; i < m_which->count(); ++i)
        listed << m_which->itemText(i);
    m_which->setVisible(names.size() > 1);
    const QSignalBlocker quiet(m_which);
    if (listed != names) {
        m_which->clear();
        int longest = kLeastNameLength;
        for (const QString& name : names) {
            m_which->addItem(name);
            m_which->setItemData(m_which->count() - 1, name, Qt::ToolTipRole);
            longest = std::max(longest, countOf(name));
        }
        m_which->setMinimumContentsLength(std::min(longest, kMostNameLength));
        m_which->view()->setMinimumWidth(m_which->view()->sizeHintForColumn(0) + 2 * em(this));
    }
    m_which->setCurrentIndex(m_wanted.isEmpty() ? 0 : std::max(0, m_which->findText(m_wanted)));
}

const Curve* TrainingCharts::chosenCurve() const
{
    const auto at = static_cast<std::size_t>(std::max(m_which->currentIndex(), 0));
    return at < m_shown.size() ? &m_shown[at] : nullptr;
}

void TrainingCharts::chooseCurve(const QString& name)
{
    m_wanted = name;
    m_which->setCurrentIndex(m_which->findText(name));
    redrawGroup();
}

bool TrainingCharts::isMissing(Metric metric) const
{
    if (metric != Metric::Lambda && metric != Metric::Threshold)
        return false;
    bool isMeasuredYet = false;
    for (const Curve& curve : m_shown) {
        if (!rowsWith(curve.rows, metric).empty())
            return false;
        isMeasuredYet = isMeasuredYet || lastMeasured(curve);
    }
    return isMeasuredYet;
}

void TrainingCharts::redrawGroup()
{
    layOut(); // what an architecture has none of takes no room
    const Curve* const chosen = chosenCurve();
    //: a dictionary
    m_which->setToolTip(tr("%1: the dictionary whose firing rates and features are shown, and "
                           "whose point is ringed on the front")
                            .arg(m_which->currentText()));
    switch (group()) {
    case ChartGroup::Front:
        for (FrontChart* front : m_fronts) {
            front->setCurves(m_shown);
            front->setChosen(chosen ? chosen->name : QString());
        }
        m_frontText->setText(chosen ? frontText(*chosen) : QString());
        break;
    case ChartGroup::Peek:
        m_peek->setCurve(chosen);
        break;
    case ChartGroup::Features:
        m_density->setCurve(chosen);
        [[fallthrough]];
    default:
        for (const Metric metric : metricsOf(group()))
            m_charts[static_cast<std::size_t>(metric)]->setCurves(&m_shown);
    }
}

QString TrainingCharts::rowsAsText(QChar between, std::optional<Metric> only) const
{
    constexpr int kFirst = static_cast<int>(Metric::TokensPerSecond); // parts of the loss between
    QStringList head{QStringLiteral("run"), QStringLiteral("step"), QStringLiteral("tokens")};
    if (only) {
        head << metricName(*only);
    } else {
        for (int i = 0; i < kFirst; ++i)
            head << metricName(static_cast<Metric>(i));
        for (const char* more : {"mse", "sparsity", "aux"})
            head << QLatin1String(more);
        for (int i = kFirst; i < kMetrics; ++i)
            head << metricName(static_cast<Metric>(i));
    }
    const auto cell = [](const core::TrainMetrics& row, int metric) {
        const double value = metricValue(row, static_cast<Metric>(metric));
        return std::isfinite(value) ? QString::number(value, 'g', 9) : QString();
    };
    QString text = head.join(between) + QLatin1Char('\n');
    for (const Curve& curve : m_shown)
        for (const core::TrainMetrics& row : curve.rows) {
            QStringList cells{between == QLatin1Char(',') ? csvField(curve.name) : curve.name,
                QString::number(row.step), QString::number(row.tokens)};
            if (only) {
                cells << cell(row, static_cast<int>(*only));
                if (cells.back().isEmpty())
                    continue; // not measured at this step
            } else {
                for (int i = 0; i < kFirst; ++i)
                    cells << cell(row, i);
                for (const double more : {row.mse, row.sparsity, row.aux})
                    cells << QString::number(more, 'g', 9);
                for (int i = kFirst; i < kMetrics; ++i)
                    cells << cell(row, i);
            }
            text += cells.join(between) + QLatin1Char('\n');
        }
    return text;
}

QString TrainingCharts::toCsv() const
{
    return rowsAsText(QLatin1Char(','), {});
}

QString TrainingCharts::toTable() const
{
    return rowsAsText(QLatin1Char('\t'), {});
}

void TrainingCharts::copy() const
{
    QGuiApplication::clipboard()->setText(toTable());
}

core::Result<void> TrainingCharts::save(const QString& path, std::optional<Metric> only) const
{
    std::vector<Metric> metrics; // that there is anything of
    for (int i = 0; i < kMetrics; ++i)
        if ((!only || *only == static_cast<Metric>(i))
            && std::any_of(m_shown.begin(), m_shown.end(), [&](const Curve& curve) {
                   return !curvePoints(curve.rows, static_cast<Metric>(i), 1).isEmpty();
               }))
            metrics.push_back(static_cast<Metric>(i));
    const Curve* const dense
        = !only && chosenCurve() && lastMeasured(*chosenCurve()) ? chosenCurve() : nullptr;
    const int cells = static_cast<int>(metrics.size()) + (dense ? 1 : 0);
    const int columns = only ? 1 : kWideColumns, row = only ? 2 * kChartSheetRow : kChartSheetRow;
    const int height = std::max(1, (cells + columns - 1) / columns) * row;
    Sheet sheet;
    sheet.size = {kChartSheetWidth, height + m_legend->lay(nullptr, kChartSheetWidth, palette())};
    sheet.title = only ? tr("Training %1: %2").arg(m_run, metricTitle(*only))
                       : tr("Training %1").arg(m_run);
    sheet.note = tr("Over the tokens seen, in millions. FVU: share of the variance left "
                    "unexplained.");
    sheet.paint = [&, paper = lightPalette()](QPainter& painter) { // whatever the window's theme
        painter.fillRect(QRect(QPoint(), sheet.size), paper.color(QPalette::Base));
        const QSize cell(kChartSheetWidth / columns, row);
        const auto at = [&](int i) {
            return QPoint((i % columns) * cell.width(), (i / columns) * cell.height());
        };
        for (int i = 0; i < static_cast<int>(metrics.size()); ++i) {
            // Of the sheet's own shape, whatever shape the window has.
            MetricChart chart(metrics[static_cast<std::size_t>(i)]);
            chart.setAttribute(Qt::WA_DontShowOnScreen);
            chart.setPalette(paper);
            chart.resize(cell);
            chart.show();
            chart.setCurves(&m_shown);
            chart.render(&painter, QRectF(QPointF(at(i)), QSizeF(cell)));
        }
        if (dense) {
            DensityMap map;
            map.setCurve(dense);
            map.paint(painter, QRect(at(cells - 1), cell), paper);
        }
        painter.translate(0, height);
        painter.setFont(m_legend->font());
        m_legend->lay(&painter, kChartSheetWidth, paper);
    };
    return saveSheet(sheet, rowsAsText(QLatin1Char(','), only), path);
}

void TrainingCharts::chooseAndSave()
{
    chooseAndSaveAs(tr("Save the curves"), {}, {});
}

void TrainingCharts::chooseAndSaveAs(
    const QString& title, const QString& name, std::optional<Metric> only)
{
    QString file = m_run.isEmpty() ? QStringLiteral("training") : m_run;
    if (!name.isEmpty())
        file += QLatin1Char('-') + name;
    const QString path = QFileDialog::getSaveFileName(this, title, file + QStringLiteral(".png"),
        tr("Picture (*.png);;Drawing (*.svg);;Table (*.csv)"));
    if (path.isEmpty())
        return;
    if (const auto saved = save(path, only); !saved) {
        Q_EMIT failed(toQString(saved.error().message));
        return;
    }
    m_saved->say(Notice::Kind::Good, tr("Saved as %1").arg(path));
    QTimer::singleShot(kSavedShownMs, m_saved, [this, path] {
        if (m_saved->text().endsWith(path)) // no newer one
            m_saved->clear();
    });
}

} // namespace ui
