#include "ui/circuit/canvas/circuit_labels.h"

#include "ui/style/text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <QFontMetricsF>

namespace ui {

namespace {

constexpr double kLabelWidth = 104.0; // scene units; longer texts wrap, then end in "…"
constexpr double kSquare = 96.0; // scene units

/// Rectangles that are taken, by square, so that thousands stay quick.
class Places {
public:
    explicit Places(QRectF bounds)
        : m_bounds(bounds)
        , m_columns(static_cast<int>(bounds.width() / kSquare) + 1)
        , m_rows(static_cast<int>(bounds.height() / kSquare) + 1)
        , m_squares(static_cast<std::size_t>(m_columns) * static_cast<std::size_t>(m_rows))
    {
    }

    void take(const QRectF& place)
    {
        visit(place, [&](std::vector<QRectF>& square) {
            square.push_back(place);
            return true;
        });
    }

    bool isFree(const QRectF& place)
    {
        return m_bounds.contains(place) && visit(place, [&](const std::vector<QRectF>& square) {
            return std::none_of(square.begin(), square.end(),
                [&](const QRectF& other) { return other.intersects(place); });
        });
    }

private:
    /// Ends when `visitor` says no.
    template <typename Visitor> bool visit(const QRectF& place, const Visitor& visitor)
    {
        const auto along = [](double at, double from, int count) {
            return std::clamp(static_cast<int>((at - from) / kSquare), 0, count - 1);
        };
        const int left = along(place.left(), m_bounds.left(), m_columns),
                  right = along(place.right(), m_bounds.left(), m_columns),
                  top = along(place.top(), m_bounds.top(), m_rows),
                  bottom = along(place.bottom(), m_bounds.top(), m_rows);
        for (int row = top; row <= bottom; ++row)
            for (int column = left; column <= right; ++column)
                if (!visitor(m_squares[static_cast<std::size_t>(row)
                            * static_cast<std::size_t>(m_columns)
                        + static_cast<std::size_t>(column)]))
                    return false;
        return true;
    }

    QRectF m_bounds;
    int m_columns, m_rows;
    std::vector<std::vector<QRectF>> m_squares;
};

/// Where a text of `size` may stand around a disc: below, above, right, left.
std::array<QRectF, 4> around(QPointF center, double radius, QSizeF size)
{
    const double r = radius + 2;
    return {QRectF({center.x() - size.width() / 2, center.y() + r}, size),
        QRectF({center.x() - size.width() / 2, center.y() - r - size.height()}, size),
        QRectF({center.x() + r + 1, center.y() - size.height() / 2}, size),
        QRectF({center.x() - r - 1 - size.width(), center.y() - size.height() / 2}, size)};
}

/// Puts texts where there is room.
class Placer {
public:
    Placer(const CircuitScene& scene, const CircuitPaint& paint)
        : m_scene(scene)
        , m_paint(paint)
        , m_places(paint.cutsAtView ? paint.view : scene.bounds())
    {
        labels.font = scaledFont(paint.font, paint.labelScale * 0.92);
        QFont bold = labels.font;
        bold.setBold(true);
        m_metrics = QFontMetricsF(labels.font);
        m_boldMetrics = QFontMetricsF(bold);
    }

    void take(const QRectF& place) { m_places.take(place); }
    double radius(int node) const { return std::max(m_scene.radius(node), m_paint.minRadius); }

    /// `node` -1: the name of a supernode. Whether it found a place; `mustStand` finds one below.
    bool put(int node, const QString& text, int at, double radius, bool mustStand = false)
    {
        const bool isBold = node < 0 || m_scene.node(node).isPinned;
        const QFontMetricsF& metrics = isBold ? m_boldMetrics : m_metrics;
        const QStringList lines = wrappedText(text, metrics, kLabelWidth * m_paint.labelScale);
        double width = 0;
        for (const QString& line : lines)
            width = std::max(width, metrics.horizontalAdvance(line));
        const QSizeF size(width + 3, metrics.height() * static_cast<double>(lines.size()));
        auto candidates = around(m_scene.center(at), radius, size);
        if (m_scene.node(at).kind == core::NodeKind::Logit) // edges only come from below
            std::swap(candidates[0], candidates[1]);
        const auto free = std::find_if(candidates.begin(), candidates.end(),
            [this](const QRectF& place) { return m_places.isFree(place); });
        if (free == candidates.end() && !mustStand)
            return false;
        const QRectF place = free == candidates.end() ? candidates.front() : *free;
        m_places.take(place);
        labels.placed.push_back({node, place, lines});
        return true;
    }

    CircuitLabels labels;

private:
    const CircuitScene& m_scene;
    const CircuitPaint& m_paint;
    Places m_places;
    QFontMetricsF m_metrics{QFont()}, m_boldMetrics{QFont()};
};

/// Chosen and pinned nodes first, then the outputs, then features by influence.
std::vector<int> byImportance(const CircuitScene& scene, const CircuitPaint& paint)
{
    struct Rank {
        int group;
        double influence;
        int node;
    };
    std::vector<Rank> ranks;
    for (int index = 0; index < scene.nodeCount(); ++index) {
        const core::GraphNode& node = scene.node(index);
        // Errors need no name; tokens have theirs on the axis below.
        if (!isNodeInView(scene, paint, index) || node.kind == core::NodeKind::Error
            || node.kind == core::NodeKind::Token)
            continue;
        const bool isChosen = index == paint.selected || node.isPinned;
        // Without the raw influence, the larger disc is the more influential node.
        const double influence = node.rawInfluence > 0 ? static_cast<double>(node.rawInfluence)
                                                       : scene.radius(index) * 1e-6;
        ranks.push_back({isChosen                    ? 0
                : node.kind == core::NodeKind::Logit ? 1
                                                     : 2,
            influence, index});
    }
    std::stable_sort(ranks.begin(), ranks.end(), [](const Rank& a, const Rank& b) {
        return std::pair(a.group, -a.influence) < std::pair(b.group, -b.influence);
    });
    std::vector<int> order;
    for (const Rank& rank : ranks)
        order.push_back(rank.node);
    return order;
}

} // namespace

QStringList wrappedText(const QString& text, const QFontMetricsF& metrics, double width)
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

CircuitLabels placeCircuitLabels(const CircuitScene& scene, const CircuitPaint& paint)
{
    Placer placer(scene, paint);
    for (int index = 0; index < scene.nodeCount(); ++index)
        if (isNodeInView(scene, paint, index)) {
            const double r = placer.radius(index);
            placer.take({scene.center(index).x() - r, scene.center(index).y() - r, 2 * r, 2 * r});
        }
    for (const core::Supernode& group : scene.graph().supernodes) {
        int top = -1; // the name stands at the topmost member
        for (const std::int32_t node : group.nodes)
            if (isNodeInView(scene, paint, node)
                && (top < 0 || scene.center(node).y() < scene.center(top).y()))
                top = node;
        if (top >= 0
            && !placer.put(-1, toQString(group.label), top, placer.radius(top) + kGroupPadding))
            ++placer.labels.leftOut;
    }
    int left = paint.labelBudget;
    for (const int index : byImportance(scene, paint))
        if (left > 0
            && placer.put(index, nodeTitle(scene.node(index)), index, placer.radius(index)))
            --left;
        else
            ++placer.labels.leftOut;
    return std::move(placer.labels);
}

CircuitLabels placeCircuitLabelsOf(const CircuitScene& scene, const CircuitPaint& paint,
    const std::vector<int>& nodes, const std::vector<CircuitLabel>& taken)
{
    Placer placer(scene, paint);
    for (const CircuitLabel& label : taken)
        placer.take(label.place);
    bool isFirst = true;
    for (const int index : nodes) {
        if (!isNodeInView(scene, paint, index))
            continue;
        if (!placer.put(index, nodeTitle(scene.node(index)), index,
                placer.radius(index) + 3 * paint.lineScale, isFirst))
            ++placer.labels.leftOut;
        isFirst = false;
    }
    return std::move(placer.labels);
}

} // namespace ui
