#pragma once

#include "core/api/feature_map.h"

#include <cstdint>
#include <vector>

#include <QImage>
#include <QPalette>
#include <QPointF>
#include <QRectF>

namespace ui {

/// What the points of the map are coloured by.
enum class MapColor : std::uint8_t { Layer, Density, Hits };

/// The points of a map in one row, ready to be drawn: ten bytes and a feature each.
class MapPoints {
public:
    MapPoints() = default;
    explicit MapPoints(const core::FeatureMap& map);

    std::size_t size() const { return m_x.size(); }
    core::FeatureRef featureAt(std::size_t point) const;
    std::int64_t indexOf(const core::FeatureRef& feature) const; ///< -1 when it is not there.
    QPointF placeOf(std::size_t point) const
    {
        return {static_cast<double>(m_x[point]), static_cast<double>(m_y[point])};
    }
    QRectF bounds() const { return m_bounds; } ///< Of all points; never without area.
    std::vector<int> layers() const { return m_layers; } ///< Ascending, each once.
    void setHits(const std::vector<core::FeatureRef>& hits);
    const std::vector<std::size_t>& hits() const { return m_hits; }
    /// 0 to 1 along the legend of that colouring; Hits: 1 for a hit.
    double shareOf(std::size_t point, MapColor by) const;
    /// The point nearest to a place that is at most so far from it; -1 for none.
    std::int64_t nearest(const QPointF& place, double within) const;
    std::vector<core::FeatureRef> inside(const QRectF& area) const;

    /// A picture of `area` with cells of `cell` pixels: the more points a cell has the more opaque
    /// it is, coloured by their mean. A million points take some ten milliseconds.
    QImage density(const QRectF& area, const QSize& size, int cell, MapColor by,
        const QPalette& palette) const;
    std::int64_t countIn(const QRectF& area) const;

private:
    std::vector<float> m_x, m_y;
    std::vector<std::uint8_t> m_shares[2]; ///< By layer and density, of 255.
    std::vector<std::string> m_names; ///< Of dictionaries.
    std::vector<std::size_t> m_first; ///< Of each dictionary's points, and one past the last.
    std::vector<std::int32_t> m_features;
    std::vector<int> m_layers;
    std::vector<std::size_t> m_hits;
    QRectF m_bounds{0, 0, 1, 1};
};

/// Densities from 1 in 100,000 to 1 in 10, logarithmic, as the map's legend shows them.
inline constexpr double kLowestMapDensity = 1e-5, kHighestMapDensity = 0.1;

/// A colour of the map's legend: layers from blue over green to orange, densities from pale to
/// strong.
QColor mapColor(MapColor by, double share, const QPalette& palette);

} // namespace ui
