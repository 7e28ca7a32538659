#include "ui/features/map_points.h"

#include "ui/style/color_scale.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {

namespace {

constexpr int kShares = 256;

QColor between(const QColor& a, const QColor& b, double share)
{
    const auto channel = [&](int from, int to) {
        return static_cast<int>(std::lround(from + (to - from) * share));
    };
    return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

std::uint8_t asShare(double value)
{
    return static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(value, 0.0, 1.0)));
}

double densityShare(double density)
{
    if (density <= 0.0)
        return 0.0;
    return std::log10(density / kLowestMapDensity)
        / std::log10(kHighestMapDensity / kLowestMapDensity);
}

} // namespace

QColor mapColor(MapColor by, double share, const QPalette& palette)
{
    if (by == MapColor::Density)
        return sequentialColor(0.25 + 0.75 * share, palette);
    if (by == MapColor::Hits)
        return share > 0.5 ? palette.color(QPalette::Text) : semanticColors(palette).subtle;
    const QColor blue = seriesColor(0, palette), green = seriesColor(2, palette),
                 orange = seriesColor(1, palette);
    return share < 0.5 ? between(blue, green, share * 2) : between(green, orange, share * 2 - 1);
}

MapPoints::MapPoints(const core::FeatureMap& map)
{
    for (const core::MappedDictionary& dictionary : map.dictionaries)
        m_layers.push_back(dictionary.layer.value);
    std::sort(m_layers.begin(), m_layers.end());
    m_layers.erase(std::unique(m_layers.begin(), m_layers.end()), m_layers.end());
    for (const core::MappedDictionary& dictionary : map.dictionaries) {
        m_names.push_back(dictionary.name);
        m_first.push_back(m_x.size());
        m_x.insert(m_x.end(), dictionary.x.begin(), dictionary.x.end());
        m_y.insert(m_y.end(), dictionary.y.begin(), dictionary.y.end());
        m_features.insert(m_features.end(), dictionary.features.begin(), dictionary.features.end());
        const auto at = std::find(m_layers.begin(), m_layers.end(), dictionary.layer.value);
        const double share = m_layers.size() > 1
            ? static_cast<double>(at - m_layers.begin()) / static_cast<double>(m_layers.size() - 1)
            : 0.0;
        m_shares[0].insert(m_shares[0].end(), dictionary.x.size(), asShare(share));
        for (const float density : dictionary.density)
            m_shares[1].push_back(asShare(densityShare(static_cast<double>(density))));
    }
    m_first.push_back(m_x.size());
    if (m_x.empty())
        return;
    const auto [left, right] = std::minmax_element(m_x.begin(), m_x.end());
    const auto [top, bottom] = std::minmax_element(m_y.begin(), m_y.end());
    const double width = std::max(1e-6, static_cast<double>(*right - *left));
    const double height = std::max(1e-6, static_cast<double>(*bottom - *top));
    m_bounds = QRectF(static_cast<double>(*left), static_cast<double>(*top), width, height);
}

core::FeatureRef MapPoints::featureAt(std::size_t point) const
{
    const auto after = std::upper_bound(m_first.begin(), m_first.end(), point);
    const auto dictionary = static_cast<std::size_t>(after - m_first.begin()) - 1;
    return {m_names[dictionary], core::FeatureId(m_features[point])};
}

std::int64_t MapPoints::indexOf(const core::FeatureRef& feature) const
{
    for (std::size_t d = 0; d < m_names.size(); ++d) {
        if (m_names[d] != feature.dictionary)
            continue;
        const auto begin = m_features.begin() + static_cast<std::ptrdiff_t>(m_first[d]);
        const auto end = m_features.begin() + static_cast<std::ptrdiff_t>(m_first[d + 1]);
        const auto found = std::lower_bound(begin, end, feature.feature.value);
        if (found != end && *found == feature.feature.value)
            return found - m_features.begin();
    }
    return -1;
}

void MapPoints::setHits(const std::vector<core::FeatureRef>& hits)
{
    m_hits.clear();
    for (const core::FeatureRef& hit : hits)
        if (const std::int64_t point = indexOf(hit); point >= 0)
            m_hits.push_back(static_cast<std::size_t>(point));
}

double MapPoints::shareOf(std::size_t point, MapColor by) const
{
    if (by == MapColor::Hits)
        return std::find(m_hits.begin(), m_hits.end(), point) != m_hits.end() ? 1.0 : 0.0;
    return m_shares[by == MapColor::Density ? 1 : 0][point] / 255.0;
}

std::int64_t MapPoints::nearest(const QPointF& place, double within) const
{
    std::int64_t best = -1;
    const auto x = static_cast<float>(place.x()), y = static_cast<float>(place.y());
    auto least = static_cast<float>(within * within);
    for (std::size_t i = 0; i < m_x.size(); ++i) {
        const float dx = m_x[i] - x, dy = m_y[i] - y;
        const float square = dx * dx + dy * dy;
        if (square <= least) {
            least = square;
            best = static_cast<std::int64_t>(i);
        }
    }
    return best;
}

std::vector<core::FeatureRef> MapPoints::inside(const QRectF& area) const
{
    std::vector<core::FeatureRef> features;
    for (std::size_t i = 0; i < size(); ++i)
        if (area.contains(placeOf(i)))
            features.push_back(featureAt(i));
    return features;
}

std::int64_t MapPoints::countIn(const QRectF& area) const
{
    const auto left = static_cast<float>(area.left()), right = static_cast<float>(area.right());
    const auto top = static_cast<float>(area.top()), bottom = static_cast<float>(area.bottom());
    std::int64_t count = 0;
    for (std::size_t i = 0; i < m_x.size(); ++i)
        count += m_x[i] >= left && m_x[i] <= right && m_y[i] >= top && m_y[i] <= bottom;
    return count;
}

QImage MapPoints::density(
    const QRectF& area, const QSize& size, int cell, MapColor by, const QPalette& palette) const
{
    const int columns = std::max(1, (size.width() + cell - 1) / cell);
    const int rows = std::max(1, (size.height() + cell - 1) / cell);
    QImage picture(columns, rows, QImage::Format_ARGB32_Premultiplied);
    picture.fill(Qt::transparent);
    const auto cells = static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
    std::vector<std::uint32_t> counts(cells), sums(cells);
    const auto scaleX = static_cast<float>(size.width() / area.width() / cell);
    const auto scaleY = static_cast<float>(size.height() / area.height() / cell);
    const auto left = static_cast<float>(area.left()), top = static_cast<float>(area.top());
    const std::vector<std::uint8_t>& shares = m_shares[by == MapColor::Density ? 1 : 0];
    for (std::size_t i = 0; i < m_x.size(); ++i) {
        const float x = (m_x[i] - left) * scaleX, y = (m_y[i] - top) * scaleY;
        if (x < 0 || y < 0 || x >= static_cast<float>(columns) || y >= static_cast<float>(rows))
            continue;
        const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(columns)
            + static_cast<std::size_t>(x);
        ++counts[at];
        sums[at] += shares[i];
    }
    std::uint32_t most = 1;
    for (const std::uint32_t count : counts)
        most = std::max(most, count);
    std::array<QColor, kShares> colors;
    for (int i = 0; i < kShares; ++i)
        colors[static_cast<std::size_t>(i)]
            = mapColor(by, by == MapColor::Hits ? 0.0 : i / 255.0, palette);
    constexpr double kPalest = 0.6; // one point is seen on either background
    for (int row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(picture.scanLine(row));
        for (int column = 0; column < columns; ++column) {
            const std::size_t at = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns)
                + static_cast<std::size_t>(column);
            if (counts[at] == 0)
                continue;
            const double opacity = kPalest
                + (1.0 - kPalest) * std::log1p(static_cast<double>(counts[at] - 1))
                    / std::log1p(static_cast<double>(most));
            const QColor color = colors[sums[at] / counts[at]];
            line[column] = qPremultiply(qRgba(color.red(), color.green(), color.blue(),
                static_cast<int>(std::lround(255.0 * opacity))));
        }
    }
    return picture;
}

} // namespace ui
