#include "ui/views/circuit_labels.h"

#include "ui/style/text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <QFontMetricsF>

namespace ui {

namespace {

constexpr double kLabelWidth = 104.0; // scene units; longer texts wrap, then end in "…"
constexpr double kBucket = 64.0; // scene units

/// Rectangles that are taken, by vertical bucket, so that thousands stay quick.
class Places {
public:
    explicit Places(QRectF bounds)
        : m_bounds(bounds)
        , m_buckets(static_cast<std::size_t>(bounds.height() / kBucket) + 2)
    {
    }

    void take(const QRectF& place)
    {
        for (std::size_t b = bucket(place.top()); b <= bucket(place.bottom()); ++b)
            m_buckets[b].push_back(place);
    }

    bool isFree(const QRectF& place) const
    {
        if (!m_bounds.contains(place))
            return false;
        for (std::size_t b = bucket(place.top()); b <= bucket(place.bottom()); ++b)
            for (const QRectF& other : m_buckets[b])
                if (other.intersects(place))
                    return false;
        return true;
    }

private:
    std::size_t bucket(double y) const
    {
        const double index = (y - m_bounds.top()) / kBucket;
        return static_cast<std::size_t>(
            std::clamp(index, 0.0, static_cast<double>(m_buckets.size() - 1)));
    }

    QRectF m_bounds;
    std::vector<std::vector<QRectF>> m_buckets;
};

/// The text in at most two lines that fit `width`.
QStringList wrapped(const QString& text, const QFontMetricsF& metrics, double width)
{
    if (metrics.horizontalAdvance(text) <= width)
        return {text};
    QString first;
    QString whole = text;
    whole.replace(QLatin1String(" %"), QStringLiteral("\u00a0%")); // a number keeps its unit
    const QStringList words = whole.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    int used = 0;
    for (; used < words.size(); ++used) {
        const QString longer
            = first.isEmpty() ? words[used] : first + QLatin1Char(' ') + words[used];
        if (used > 0 && metrics.horizontalAdvance(longer) > width)
            break;
        first = longer;
    }
    QStringList lines{metrics.elidedText(first, Qt::ElideRight, width)};
    if (used < words.size())
        lines << metrics.elidedText(words.mid(used).join(QLatin1Char(' ')), Qt::ElideRight, width);
    return lines;
}

/// Where a text of `size` may stand around a disc: below, above, right, left.
std::array<QRectF, 4> around(QPointF center, double radius, QSizeF size)
{
    const double r = radius + 2;
    return {QRectF({center.x() - size.width() / 2, center.y() + r}, size),
        QRectF({center.x() - size.width() / 2, center.y() - r - size.height()}, size),
        QRectF({center.x() + r + 1, center.y() - size.height() / 2}, size),
        QRectF({center.x() - r - 1 - size.width(), center.y() - size.height() / 2}, size)};
}

/// Chosen and pinned nodes first, then the outputs, then features by influence.
std::vector<int> byImportance(const CircuitScene& scene, const CircuitPaint& paint)
{
    std::vector<int> order(static_cast<std::size_t>(scene.nodeCount()));
    std::iota(order.begin(), order.end(), 0);
    const auto rank = [&](int index) {
        const core::GraphNode& node = scene.node(index);
        const bool isChosen = index == paint.selected || node.isPinned;
        // Without the raw influence, the larger disc is the more influential node.
        const double influence = node.rawInfluence > 0 ? static_cast<double>(node.rawInfluence)
                                                       : scene.radius(index) * 1e-6;
        return std::pair(isChosen ? 0 : node.kind == core::NodeKind::Logit ? 1 : 2, -influence);
    };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
    return order;
}

} // namespace

CircuitLabels placeCircuitLabels(const CircuitScene& scene, const CircuitPaint& paint)
{
    CircuitLabels labels;
    labels.font = scaledFont(paint.font, paint.labelScale * 0.92);
    const QFontMetricsF metrics(labels.font);
    Places places(scene.bounds());
    for (int index = 0; index < scene.nodeCount(); ++index)
        if (isNodeShown(scene, paint, index)) {
            const double r = scene.radius(index);
            places.take({scene.center(index).x() - r, scene.center(index).y() - r, 2 * r, 2 * r});
        }
    const auto put = [&](int node, const QString& text, int at, double radius) {
        const QStringList lines = wrapped(text, metrics, kLabelWidth * paint.labelScale);
        double width = 0;
        for (const QString& line : lines)
            width = std::max(width, metrics.horizontalAdvance(line));
        const QSizeF size(width + 3, metrics.height() * static_cast<double>(lines.size()));
        for (const QRectF& candidate : around(scene.center(at), radius, size))
            if (places.isFree(candidate)) {
                places.take(candidate);
                labels.placed.push_back({node, candidate, lines});
                return;
            }
        ++labels.leftOut;
    };
    for (const core::Supernode& group : scene.graph().supernodes) {
        int top = -1; // the name stands at the topmost member
        for (const std::int32_t node : group.nodes)
            if (isNodeShown(scene, paint, node)
                && (top < 0 || scene.center(node).y() < scene.center(top).y()))
                top = node;
        if (top >= 0)
            put(-1, toQString(group.label), top, scene.radius(top) + kGroupPadding);
    }
    for (const int index : byImportance(scene, paint)) {
        const core::NodeKind kind = scene.node(index).kind;
        // Errors need no name; tokens have theirs on the axis below.
        if (isNodeShown(scene, paint, index) && kind != core::NodeKind::Error
            && kind != core::NodeKind::Token)
            put(index, nodeTitle(scene.node(index)), index, scene.radius(index));
    }
    return labels;
}

} // namespace ui
