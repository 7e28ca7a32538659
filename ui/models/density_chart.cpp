#include "ui/models/density_chart.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace ui {

namespace {

constexpr int kLowestPower = -6, kBinsPerDecade = 2;

/// 10 to the lower edge of a bin after the first.
double lowerPower(int bin)
{
    return kLowestPower + static_cast<double>(bin - 1) / kBinsPerDecade;
}

QString powerText(double power)
{
    return formatNumber(std::pow(10.0, power), 2);
}

QString exponentText(int power)
{
    static const QString kDigits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    return power == 0 ? QStringLiteral("1") : QStringLiteral("10⁻") + kDigits.at(-power);
}

} // namespace

DensityChart::DensityChart(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setAccessibleName(tr("Features by density"));
}

void DensityChart::setHistogram(std::vector<double> counts)
{
    m_counts = std::move(counts);
    setAccessibleDescription(toTable());
    update();
}

QString DensityChart::describeBin(int bin) const
{
    if (bin < 0 || bin >= countOf(m_counts))
        return {};
    const QString features
        = formatCount(static_cast<std::int64_t>(m_counts[static_cast<std::size_t>(bin)]));
    return bin == 0
        ? tr("density below %1 (or never): %2 features").arg(powerText(kLowestPower), features)
        : tr("density %1 to %2: %3 features")
              .arg(powerText(lowerPower(bin)), powerText(lowerPower(bin + 1)), features);
}

QString DensityChart::toTable() const
{
    QString text = tr("density from\tto\tfeatures\n");
    for (int bin = 0; bin < countOf(m_counts); ++bin)
        text += QStringLiteral("%1\t%2\t%3\n")
                    .arg(bin == 0 ? 0.0 : std::pow(10.0, lowerPower(bin)), 0, 'g', 3)
                    .arg(std::pow(10.0, lowerPower(bin + 1)), 0, 'g', 3)
                    .arg(m_counts[static_cast<std::size_t>(bin)]);
    return text;
}

QSize DensityChart::sizeHint() const
{
    return {ex(this) * 42, em(this) * 7};
}

QSize DensityChart::minimumSizeHint() const
{
    return {ex(this) * 24, em(this) * 5};
}

QRect DensityChart::plot() const
{
    return rect().adjusted(ex(this), em(this) + gap(this), -ex(this), -em(this) - gap(this));
}

int DensityChart::binAt(const QPoint& at) const
{
    const QRect area = plot();
    if (m_counts.empty() || !area.contains(at))
        return -1;
    return std::min(
        countOf(m_counts) - 1, (at.x() - area.left()) * countOf(m_counts) / area.width());
}

void DensityChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    const QColor subtle = semanticColors(palette()).subtle;
    painter.setPen(subtle);
    const QRect area = plot();
    painter.drawText(QRect(area.left(), 0, area.width(), area.top()),
        Qt::AlignLeft | Qt::AlignVCenter,
        m_counts.empty() ? tr("Densities appear here") : tr("Features by density"));
    if (m_counts.empty() || area.height() <= 0)
        return;
    const double largest = *std::max_element(m_counts.begin(), m_counts.end());
    const double width = static_cast<double>(area.width()) / countOf(m_counts);
    for (int bin = 0; bin < countOf(m_counts); ++bin) {
        const double count = m_counts[static_cast<std::size_t>(bin)];
        // A bin with anything in it is seen, however tall the tallest is.
        const double height = largest > 0.0 && count > 0.0
            ? std::max(2.0, count / largest * static_cast<double>(area.height()))
            : 0.0;
        const QRectF bar(area.left() + bin * width + 1.0, area.bottom() + 1 - height,
            std::max(1.0, width - 2.0), height);
        painter.fillRect(bar, bin == 0 ? subtle : sequentialColor(0.7, palette()));
    }
    painter.setPen(subtle);
    painter.drawLine(area.bottomLeft() + QPoint(0, 1), area.bottomRight() + QPoint(0, 1));
    const QRect below(area.left(), area.bottom() + 2, area.width(), height() - area.bottom() - 2);
    const auto label = [&](int bin, const QString& text) {
        const int x = area.left() + static_cast<int>(bin * width);
        const int half = painter.fontMetrics().horizontalAdvance(text);
        QRect box(x - half, below.top(), 2 * half, below.height());
        box.moveLeft(std::clamp(box.left(), 0 - half / 2, this->width() - half - half / 2));
        painter.drawText(box, Qt::AlignHCenter | Qt::AlignTop, text);
    };
    for (int power = kLowestPower; power <= 0; power += 2)
        label(1 + (power - kLowestPower) * kBinsPerDecade, exponentText(power));
    painter.drawText(QRect(area.left(), 0, area.width(), area.top()),
        Qt::AlignRight | Qt::AlignVCenter,
        tr("tallest: %1").arg(formatCount(static_cast<std::int64_t>(largest))));
}

void DensityChart::mouseMoveEvent(QMouseEvent* event)
{
    QToolTip::showText(event->globalPosition().toPoint(), describeBin(binAt(event->pos())), this);
}

void DensityChart::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(
        tr("Copy as table"), this, [this] { QGuiApplication::clipboard()->setText(toTable()); });
    menu.exec(event->globalPos());
}

} // namespace ui
