#include "ui/prompt/value_strip.h"

#include "ui/style/color_scale.h"

#include <algorithm>
#include <cmath>

#include <QImage>
#include <QPainter>

namespace ui {

double largestMagnitude(const std::vector<float>& values)
{
    double largest = 0.0;
    for (const float value : values)
        largest = std::max(largest, std::fabs(static_cast<double>(value)));
    return largest;
}

void paintValueStrip(QPainter& painter, const QRect& rect, const std::vector<float>& values,
    double scale, Qt::Orientation orientation, const QPalette& palette)
{
    const int pixels = orientation == Qt::Vertical ? rect.height() : rect.width();
    if (values.empty() || pixels <= 0)
        return;
    const int count = std::min(pixels, static_cast<int>(values.size()));
    QImage image(
        orientation == Qt::Vertical ? QSize(1, count) : QSize(count, 1), QImage::Format_RGB32);
    for (int i = 0; i < count; ++i) {
        const std::size_t first
            = values.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(count);
        const std::size_t last
            = values.size() * static_cast<std::size_t>(i + 1) / static_cast<std::size_t>(count);
        float extreme = values[first];
        for (std::size_t k = first; k < last; ++k) {
            if (std::fabs(values[k]) > std::fabs(extreme))
                extreme = values[k];
        }
        const double share = scale > 0.0 ? static_cast<double>(extreme) / scale : 0.0;
        image.setPixelColor(orientation == Qt::Vertical ? QPoint(0, i) : QPoint(i, 0),
            divergingColor(share, palette));
    }
    painter.drawImage(rect, image);
    painter.setPen(palette.color(QPalette::Mid));
    painter.drawRect(rect.adjusted(0, 0, -1, -1));
}

} // namespace ui
