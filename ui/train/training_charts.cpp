#include "ui/train/training_charts.h"

#include "ui/shared/sheet_file.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/train/curve_legend.h"
#include "ui/train/metric_chart.h"

#include <utility>

#include <QClipboard>
#include <QFileDialog>
#include <QGridLayout>
#include <QGuiApplication>
#include <QPainter>
#include <QResizeEvent>

namespace ui {

namespace {
constexpr int kRedrawMs = 100;
constexpr int kWideColumns = 3, kNarrowColumns = 2;
constexpr int kWideFrom = 100; // in widths of an average character
constexpr int kChartSheetWidth = 1200, kChartSheetHeight = 760;
} // namespace

TrainingCharts::TrainingCharts(QWidget* parent)
    : QWidget(parent)
    , m_legend(new CurveLegend(this))
{
    for (int i = 0; i < kMetrics; ++i) {
        auto* chart = new MetricChart(static_cast<Metric>(i), this);
        chart->setObjectName(QStringLiteral("chart_") + metricName(static_cast<Metric>(i)));
        m_charts[static_cast<std::size_t>(i)] = chart;
        connect(chart, &MetricChart::copyRequested, this, &TrainingCharts::copy);
        connect(chart, &MetricChart::saveRequested, this, &TrainingCharts::chooseAndSave);
    }
    m_legend->setObjectName(QStringLiteral("curveLegend"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(gap(this));
    layOut();
    m_pace.setSingleShot(true);
    m_pace.setInterval(kRedrawMs);
    connect(&m_pace, &QTimer::timeout, this, &TrainingCharts::redraw);
}

void TrainingCharts::layOut()
{
    const int columns = width() >= kWideFrom * ex(this) ? kWideColumns : kNarrowColumns;
    if (columns == m_columns)
        return;
    m_columns = columns;
    auto* grid = static_cast<QGridLayout*>(layout());
    for (MetricChart* chart : m_charts)
        grid->removeWidget(chart);
    grid->removeWidget(m_legend);
    for (int i = 0; i < kMetrics; ++i)
        grid->addWidget(m_charts[static_cast<std::size_t>(i)], i / columns, i % columns);
    const int rows = kMetrics / columns;
    for (int row = 0; row < kMetrics; ++row)
        grid->setRowStretch(row, row < rows ? 1 : 0);
    for (int column = 0; column < kWideColumns; ++column)
        grid->setColumnStretch(column, column < columns ? 1 : 0);
    grid->addWidget(m_legend, rows, 0, 1, columns);
}

void TrainingCharts::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layOut();
}

void TrainingCharts::setRun(const QString& name, const std::vector<core::TrainMetrics>& rows)
{
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
    redraw();
}

void TrainingCharts::redraw()
{
    m_pace.stop();
    m_shown = curvesOf(m_run, m_rows);
    m_shown.insert(m_shown.end(), m_overlays.begin(), m_overlays.end());
    QStringList names;
    for (const Curve& curve : m_shown)
        names << curve.name;
    m_legend->setNames(names);
    for (MetricChart* chart : m_charts)
        chart->setCurves(&m_shown);
    Q_EMIT filled(!m_shown.empty());
}

QString TrainingCharts::rowsAsText(QChar between) const
{
    QStringList head{QStringLiteral("run"), QStringLiteral("step"), QStringLiteral("tokens")};
    for (int i = 0; i < kMetrics; ++i)
        head << metricName(static_cast<Metric>(i));
    for (const char* more : {"mse", "sparsity", "aux", "tokens_per_second"})
        head << QLatin1String(more);
    QString text = head.join(between) + QLatin1Char('\n');
    for (const Curve& curve : m_shown)
        for (const core::TrainMetrics& row : curve.rows) {
            QStringList cells{between == QLatin1Char(',') ? csvField(curve.name) : curve.name,
                QString::number(row.step), QString::number(row.tokens)};
            for (int i = 0; i < kMetrics; ++i)
                cells << QString::number(metricValue(row, static_cast<Metric>(i)), 'g', 9);
            for (const double more : {row.mse, row.sparsity, row.aux, row.tokensPerSecond})
                cells << QString::number(more, 'g', 9);
            text += cells.join(between) + QLatin1Char('\n');
        }
    return text;
}

QString TrainingCharts::toCsv() const
{
    return rowsAsText(QLatin1Char(','));
}

QString TrainingCharts::toTable() const
{
    return rowsAsText(QLatin1Char('\t'));
}

void TrainingCharts::copy() const
{
    QGuiApplication::clipboard()->setText(toTable());
}

core::Result<void> TrainingCharts::save(const QString& path) const
{
    Sheet sheet;
    sheet.size = {
        kChartSheetWidth, kChartSheetHeight + m_legend->lay(nullptr, kChartSheetWidth, palette())};
    sheet.title = tr("Training %1").arg(m_run);
    sheet.note = tr("Over the tokens seen, in millions. FVU: share of the variance left "
                    "unexplained.");
    sheet.paint = [this, paper = lightPalette()](QPainter& painter) { // whatever the window's theme
        painter.fillRect(
            QRect(0, 0, kChartSheetWidth, kChartSheetHeight * 2), paper.color(QPalette::Base));
        const int rows = kMetrics / kWideColumns;
        const QSize cell(kChartSheetWidth / kWideColumns, kChartSheetHeight / rows);
        for (int i = 0; i < kMetrics; ++i) {
            // Of the sheet's own shape, whatever shape the window has.
            MetricChart chart(static_cast<Metric>(i));
            chart.setAttribute(Qt::WA_DontShowOnScreen);
            chart.setPalette(paper);
            chart.resize(cell);
            chart.show();
            chart.setCurves(&m_shown);
            chart.render(&painter,
                QRectF(
                    QPointF((i % kWideColumns) * cell.width(), (i / kWideColumns) * cell.height()),
                    QSizeF(cell)));
        }
        painter.translate(0, kChartSheetHeight);
        painter.setFont(m_legend->font());
        m_legend->lay(&painter, kChartSheetWidth, paper);
    };
    return saveSheet(sheet, toCsv(), path);
}

void TrainingCharts::chooseAndSave()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the curves"),
        (m_run.isEmpty() ? QStringLiteral("training") : m_run) + QStringLiteral(".png"),
        tr("Picture (*.png);;Drawing (*.svg);;Table (*.csv)"));
    if (path.isEmpty())
        return;
    if (const auto saved = save(path); !saved)
        Q_EMIT failed(toQString(saved.error().message));
}

} // namespace ui
