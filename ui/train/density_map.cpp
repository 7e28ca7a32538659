#include "ui/train/density_map.h"

#include "ui/shared/chart_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace ui {

namespace {

constexpr int kDensityRows = core::kTrainingDensityBins;
constexpr double kMillionTokens = 1e6;

/// Firing rates of a row, the rarest 0.
QString rowText(int row)
{
    const auto rate = [](int edge) { return formatPercent(std::pow(10.0, -6.0 + edge / 2.0)); };
    if (row == 0)
        return DensityMap::tr("never, or below %1 of the tokens").arg(rate(0));
    //: two shares of tokens
    return DensityMap::tr("on %1 to %2 of the tokens").arg(rate(row - 1), rate(row));
}

} // namespace

DensityMap::DensityMap(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("How often features fire, over the tokens seen"));
}

void DensityMap::setCurve(const Curve* curve)
{
    m_rows.clear();
    m_tokens = 0.0;
    m_name.clear();
    m_meanRate = 0.0;
    if (curve) {
        if (!curve->rows.empty() && curve->rows.back().features > 0)
            m_meanRate = curve->rows.back().l0 / static_cast<double>(curve->rows.back().features);
        m_name = curve->name;
        m_tokens = tokensAtEnd({*curve});
        for (const core::TrainMetrics& row : curve->rows)
            if (row.measured
                && row.measured->densities.size() == static_cast<std::size_t>(kDensityRows))
                m_rows.push_back(row);
    }
    setAccessibleDescription(title() + QLatin1Char('\n') + note());
    update();
}

QString DensityMap::title() const
{
    if (m_name.isEmpty())
        return tr("Firing rates");
    //: a dictionary
    return m_rows.empty() ? tr("Firing rates of %1: not measured yet").arg(m_name)
                          : tr("Firing rates of %1, log scale").arg(m_name);
}

QString DensityMap::note() const
{
    QString note = tr("How many features fire how often: on about the last dead window of "
                      "training tokens. ");
    note += m_meanRate > 0.0
        ? tr("The mean rate is L0 over the number of features, here %1 of the tokens; a healthy "
             "dictionary has its bulk around and below that, within a factor of 100.")
              .arg(formatPercent(m_meanRate))
        : tr("A healthy dictionary has its bulk around and below L0 over the number of features, "
             "within a factor of 100.");
    return note
        + tr(" What gathers further below is dying; what fires on more than a tenth of the tokens "
             "is too general.");
}

double DensityMap::edge(std::size_t column) const
{
    // Half way between two measurements; the first column begins with the run.
    if (column == 0 || m_tokens <= 0.0)
        return 0.0;
    const auto tokens = [this](std::size_t i) { return static_cast<double>(m_rows[i].tokens); };
    if (column >= m_rows.size())
        return std::min(tokens(m_rows.size() - 1) / m_tokens, 1.0);
    return 0.5 * (tokens(column - 1) + tokens(column)) / m_tokens;
}

QRect DensityMap::plot(const QRect& box, const QFontMetrics& metrics) const
{
    const int left = metrics.horizontalAdvance(QStringLiteral("100 % ")) + metrics.height() / 2;
    return box.adjusted(left, 2 * metrics.height(), -metrics.height(), -metrics.height() * 3 / 2);
}

void DensityMap::paint(QPainter& painter, const QRect& box, const QPalette& colors) const
{
    painter.fillRect(box, colors.color(QPalette::Base));
    QFont small = font();
    if (small.pointSizeF() > 0)
        small.setPointSizeF(small.pointSizeF() * 0.85);
    const QFontMetrics metrics(small);
    const QRect area = plot(box, metrics);
    painter.setPen(colors.color(QPalette::Text));
    painter.setFont(font());
    painter.drawText(QRect(box.left(), box.top(), box.width(), 2 * metrics.height()),
        Qt::AlignCenter, painter.fontMetrics().elidedText(title(), Qt::ElideMiddle, box.width()));
    painter.setFont(small);
    if (!area.isValid())
        return;
    // Square roots: a few features in a row are still seen beside hundreds in another.
    double most = 1.0;
    for (const core::TrainMetrics& row : m_rows)
        for (const double features : row.measured->densities)
            most = std::max(most, features);
    const double high = static_cast<double>(area.height()) / kDensityRows;
    for (std::size_t column = 0; column < m_rows.size(); ++column) {
        const double from = area.left() + edge(column) * area.width(),
                     to = area.left() + edge(column + 1) * area.width();
        for (int row = 0; row < kDensityRows; ++row) {
            const double features
                = m_rows[column].measured->densities[static_cast<std::size_t>(row)];
            if (features > 0.0)
                painter.fillRect(
                    QRectF(from, area.bottom() + 1 - (row + 1) * high, to - from, high),
                    sequentialColor(std::sqrt(features / most), colors));
        }
    }
    painter.setPen(colors.color(QPalette::Mid));
    painter.drawRect(area.adjusted(0, 0, -1, -1));
    painter.setPen(colors.color(QPalette::Text));
    const auto mark = [&](int row, const QString& text) {
        const int y = area.bottom() + 1 - static_cast<int>(row * high);
        painter.drawText(QRect(box.left(), y - metrics.height() / 2,
                             area.left() - box.left() - metrics.height() / 3, metrics.height()),
            Qt::AlignRight | Qt::AlignVCenter, text);
    };
    mark(kDensityRows - 1, QStringLiteral("100 %"));
    mark(kDensityRows - 5, QStringLiteral("1 %"));
    mark(kDensityRows - 9, QStringLiteral("0.01 %"));
    mark(0, tr("never"));
    const QRect below(area.left(), area.bottom(), area.width(), metrics.height() * 3 / 2);
    painter.drawText(below, Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("0"));
    if (m_tokens > 0.0)
        painter.drawText(below, Qt::AlignRight | Qt::AlignVCenter,
            tr("%1 million tokens").arg(formatNumber(m_tokens / kMillionTokens)));
}

QString DensityMap::describeAt(const QPoint& point) const
{
    QFont small = font();
    if (small.pointSizeF() > 0)
        small.setPointSizeF(small.pointSizeF() * 0.85);
    const QRect area = plot(rect(), QFontMetrics(small));
    if (m_rows.empty() || !area.contains(point))
        return {};
    const double x = static_cast<double>(point.x() - area.left()) / area.width();
    if (x > edge(m_rows.size()))
        return {};
    std::size_t column = 0;
    while (column + 1 < m_rows.size() && x > edge(column + 1))
        ++column;
    const int row = std::clamp(
        (area.bottom() - point.y()) * kDensityRows / area.height(), 0, kDensityRows - 1);
    const double features = m_rows[column].measured->densities[static_cast<std::size_t>(row)];
    //: a curve, features, which rates, tokens
    return tr("%1: %2 features fire %3, measured at %4 tokens")
        .arg(m_name, formatCount(static_cast<std::int64_t>(features)), rowText(row),
            formatCount(m_rows[column].tokens));
}

QSize DensityMap::sizeHint() const
{
    return {ex(this) * 36, em(this) * 9};
}

QSize DensityMap::minimumSizeHint() const
{
    return {ex(this) * 20, em(this) * 8};
}

void DensityMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paint(painter, rect(), palette());
}

void DensityMap::mouseMoveEvent(QMouseEvent* event)
{
    const QString values = describeAt(event->pos());
    QToolTip::showText(event->globalPosition().toPoint(),
        wrappedTip(values.isEmpty() ? note() : values + QStringLiteral("\n\n") + note()), this);
}

} // namespace ui
