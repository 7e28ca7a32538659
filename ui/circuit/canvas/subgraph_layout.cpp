#include "ui/circuit/canvas/subgraph_layout.h"

#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/graph_marks.h"
#include "ui/circuit/translated.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <QSet>

namespace ui {

namespace {

int rowOf(const core::GraphNode& node, int nLayers)
{
    return node.kind == core::NodeKind::Token ? 0
        : node.kind == core::NodeKind::Logit  ? nLayers + 1
                                              : node.layer.value + 1;
}

QString orderKeyOf(const core::GraphNode& node)
{
    const int position = node.position.value;
    switch (node.kind) {
    case core::NodeKind::Token:
        return QStringLiteral("token/%1").arg(position);
    case core::NodeKind::Logit:
        return QStringLiteral("logit/%1/%2").arg(node.token.value).arg(node.minusToken.value);
    case core::NodeKind::Error:
        return QStringLiteral("error/%1/%2").arg(node.layer.value).arg(position);
    case core::NodeKind::Feature:
        break;
    }
    return QStringLiteral("feature/%1/%2/%3")
        .arg(node.layer.value)
        .arg(node.feature.value)
        .arg(position);
}

QString tokenAt(const core::AttributionGraph& graph, int position)
{
    const auto index = static_cast<std::size_t>(position);
    return position >= 0 && index < graph.promptTokens.size()
        ? visibleToken(graph.promptTokens[index])
        : QString();
}

/// Fills in what follows from the members.
void summarise(const core::AttributionGraph& graph, SubgraphBox& box)
{
    int lowest = graph.nLayers + 1, highest = 0;
    for (const int member : box.members) {
        const core::GraphNode& node = graph.nodes[static_cast<std::size_t>(member)];
        const int row = rowOf(node, graph.nLayers);
        lowest = std::min(lowest, row);
        highest = std::max(highest, row);
        box.layer += row;
        box.position += node.position.value;
        box.isPinned = box.isPinned || node.isPinned;
    }
    const core::GraphNode& first = graph.nodes[static_cast<std::size_t>(box.members.front())];
    box.layer /= static_cast<double>(box.members.size());
    box.position /= static_cast<double>(box.members.size());
    box.kind = first.kind;
    box.side = first.side;
    for (const int member : box.members)
        if (graph.nodes[static_cast<std::size_t>(member)].side != box.side)
            box.side = core::GraphSide::Both;
    const QString token = tokenAt(graph, first.position.value);
    if (box.group >= 0) {
        const auto layer = [&](int row) {
            return row == 0                ? translated("embedding")
                : row == graph.nLayers + 1 ? translated("logits")
                                           : QString::number(row - 1);
        };
        const QString count = box.members.size() == 1
            ? translated("1 node")
            : translated("%1 nodes").arg(box.members.size());
        box.detail = lowest == highest
            //: %1 is "3 nodes", %2 a layer's number
            ? translated("%1, layer %2").arg(count, layer(lowest))
            //: %1 is "3 nodes", %2 and %3 are layers
            : translated("%1, layers %2 to %3").arg(count, layer(lowest), layer(highest));
    } else if (first.kind == core::NodeKind::Token) {
        box.detail = translated("token, position %1").arg(first.position.value);
    } else if (first.kind == core::NodeKind::Logit) {
        //: %1 is a probability
        box.detail = first.probability > 0 && !first.minusToken.isValid()
            ? translated("output · %1").arg(formatPercent(static_cast<double>(first.probability)))
            : translated("output");
    } else {
        //: %1 is a layer's number, %2 a token
        box.detail = translated("layer %1 · %2").arg(first.layer.value).arg(token);
    }
}

/// A box, or the place where an arrow passes through a row.
struct Slot {
    int box = -1;
    double width = 0, x = 0;
    std::vector<std::pair<int, double>> down, up; ///< Connected slots and how strongly.
};
using Rows = std::vector<std::vector<int>>; ///< Slots from the left.

/// Rows of boxes from the bottom up.
Rows rowsOf(const Subgraph& graph, const SubgraphSpacing& spacing)
{
    const auto box = [&](int index) -> const SubgraphBox& {
        return graph.boxes[static_cast<std::size_t>(index)];
    };
    std::vector<int> order(graph.boxes.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<int>(i);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return std::pair(box(a).layer, box(a).position) < std::pair(box(b).layer, box(b).position);
    });
    QSet<std::pair<int, int>> joined;
    for (const SubgraphArrow& arrow : graph.arrows) {
        joined.insert({arrow.from, arrow.to});
        joined.insert({arrow.to, arrow.from});
    }
    const double top = graph.nLayers + 1;
    const auto band = [&](double layer) { return layer <= 0 ? 0 : layer >= top ? 2 : 1; };
    // In deep models neighbouring layers share a row, or the picture would be a tall ladder.
    const double reach = std::max(0.5, graph.nLayers / 8.0);
    Rows rows;
    double width = 0;
    for (const int index : order) {
        const bool fits = !rows.empty()
            && band(box(rows.back().front()).layer) == band(box(index).layer)
            && box(index).layer - box(rows.back().front()).layer <= reach
            && width + spacing.across + box(index).size.width() <= spacing.widest
            && std::none_of(rows.back().begin(), rows.back().end(), [&](int other) {
                   return joined.contains({other, index});
               });
        if (!fits) {
            rows.emplace_back();
            width = 0;
        }
        rows.back().push_back(index);
        width += spacing.across + box(index).size.width();
    }
    for (auto& row : rows)
        std::stable_sort(row.begin(), row.end(),
            [&](int a, int b) { return box(a).position < box(b).position; });
    return rows;
}

/// The x nearest to `wanted` (least squares) that keep the order of the row and its distances:
/// isotonic regression by pooling neighbours that would overlap.
void spread(std::vector<Slot>& slots, const std::vector<int>& row,
    const std::vector<double>& wanted, double gap)
{
    struct Pool {
        double sum = 0;
        std::size_t count = 0;
        double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<double> shift(row.size(), 0.0);
    for (std::size_t i = 1; i < row.size(); ++i)
        shift[i] = shift[i - 1] + gap
            + (slots[static_cast<std::size_t>(row[i - 1])].width
                  + slots[static_cast<std::size_t>(row[i])].width)
                / 2;
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < row.size(); ++i) {
        pools.push_back({wanted[i] - shift[i], 1});
        while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
            pools[pools.size() - 2].sum += pools.back().sum;
            pools[pools.size() - 2].count += pools.back().count;
            pools.pop_back();
        }
    }
    std::size_t i = 0;
    for (const Pool& pool : pools)
        for (std::size_t k = 0; k < pool.count; ++k, ++i)
            slots[static_cast<std::size_t>(row[i])].x = pool.mean() + shift[i];
}

enum class From : std::uint8_t { Below, Above, Both };

double barycentre(const std::vector<Slot>& slots, int slot, From from)
{
    const Slot& here = slots[static_cast<std::size_t>(slot)];
    double sum = 0, weight = 0;
    const auto add = [&](const std::vector<std::pair<int, double>>& neighbours) {
        for (const auto& [other, strength] : neighbours) {
            sum += strength * slots[static_cast<std::size_t>(other)].x;
            weight += strength;
        }
    };
    if (from != From::Above)
        add(here.down);
    if (from != From::Below)
        add(here.up);
    return weight > 0 ? sum / weight : here.x;
}

/// Crossings between neighbouring rows, where every connection joins two of them.
int crossingsOf(const std::vector<Slot>& slots, const Rows& rows)
{
    int count = 0;
    for (const auto& row : rows) {
        std::vector<std::pair<double, double>> lines; // x below, x above
        for (const int slot : row)
            for (const auto& [other, strength] : slots[static_cast<std::size_t>(slot)].up)
                lines.emplace_back(slots[static_cast<std::size_t>(slot)].x,
                    slots[static_cast<std::size_t>(other)].x);
        for (std::size_t a = 0; a < lines.size(); ++a)
            for (std::size_t b = a + 1; b < lines.size(); ++b)
                count += (lines[a].first - lines[b].first) * (lines[a].second - lines[b].second) < 0
                    ? 1
                    : 0;
    }
    return count;
}

void arrange(std::vector<Slot>& slots, Rows& rows, double gap)
{
    const auto settle = [&](std::vector<int>& row, From from, bool mayReorder) {
        std::vector<std::pair<double, int>> wanted;
        for (const int slot : row)
            wanted.emplace_back(barycentre(slots, slot, from), slot);
        if (mayReorder)
            std::stable_sort(wanted.begin(), wanted.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<double> x;
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = wanted[i].second;
            x.push_back(wanted[i].first);
        }
        spread(slots, row, x, gap);
    };
    for (auto& row : rows) {
        std::vector<double> x(row.size(), 0.0);
        spread(slots, row, x, gap);
    }
    constexpr int kSweeps = 16;
    Rows best = rows;
    int fewest = crossingsOf(slots, rows);
    for (int sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
        if (sweep % 2 == 0)
            for (std::size_t r = 1; r < rows.size(); ++r)
                settle(rows[r], From::Below, true);
        else
            for (std::size_t r = rows.size(); r-- > 1;)
                settle(rows[r - 1], From::Above, true);
        if (const int count = crossingsOf(slots, rows); count < fewest) {
            fewest = count;
            best = rows;
        }
    }
    rows = best;
    for (auto& row : rows) {
        std::vector<double> x;
        for (const int slot : row)
            x.push_back(slots[static_cast<std::size_t>(slot)].x);
        spread(slots, row, x, gap);
    }
    constexpr int kPulls = 12;
    for (int pull = 0; pull < kPulls; ++pull) {
        for (auto& row : rows)
            settle(row, From::Both, false);
        for (std::size_t r = rows.size(); r-- > 0;)
            settle(rows[r], From::Both, false);
    }
}

} // namespace

Subgraph makeSubgraph(const core::AttributionGraph& graph)
{
    Subgraph result;
    result.nLayers = graph.nLayers;
    std::vector<int> boxOf(graph.nodes.size(), -1);
    QSet<QString> keys;
    const auto add = [&](SubgraphBox box) {
        summarise(graph, box);
        const QString key = box.key;
        for (int n = 2; keys.contains(box.key); ++n)
            box.key = QStringLiteral("%1#%2").arg(key).arg(n);
        keys.insert(box.key);
        for (const int member : box.members)
            boxOf[static_cast<std::size_t>(member)] = countOf(result.boxes);
        result.boxes.push_back(std::move(box));
    };
    for (int g = 0; g < countOf(graph.supernodes); ++g) {
        const core::Supernode& group = graph.supernodes[static_cast<std::size_t>(g)];
        SubgraphBox box;
        box.group = g;
        box.title = toQString(group.label);
        box.key = QStringLiteral("group/") + box.title;
        for (const std::int32_t node : group.nodes)
            if (node >= 0 && node < countOf(graph.nodes)
                && boxOf[static_cast<std::size_t>(node)] < 0)
                box.members.push_back(node);
        if (!box.members.empty())
            add(std::move(box));
    }
    for (int index = 0; index < countOf(graph.nodes); ++index) {
        const core::GraphNode& node = graph.nodes[static_cast<std::size_t>(index)];
        if (!node.isPinned || boxOf[static_cast<std::size_t>(index)] >= 0)
            continue;
        SubgraphBox box;
        box.node = index;
        box.title = nodeTitle(node);
        box.key = orderKeyOf(node);
        box.members = {index};
        add(std::move(box));
    }
    std::vector<double> inputs(result.boxes.size(), 0.0);
    std::map<std::pair<int, int>, double> weights;
    for (const core::GraphEdge& edge : graph.edges) {
        const int to = boxOf[static_cast<std::size_t>(edge.target)];
        if (to < 0)
            continue;
        inputs[static_cast<std::size_t>(to)] += std::fabs(static_cast<double>(edge.weight));
        const int from = boxOf[static_cast<std::size_t>(edge.source)];
        if (from >= 0 && from != to)
            weights[{from, to}] += static_cast<double>(edge.weight);
    }
    for (const auto& [ends, weight] : weights)
        result.arrows.push_back({ends.first, ends.second, weight,
            weight / std::max(1e-30, inputs[static_cast<std::size_t>(ends.second)])});
    std::stable_sort(result.arrows.begin(), result.arrows.end(),
        [](const auto& a, const auto& b) { return std::fabs(a.share) > std::fabs(b.share); });
    return result;
}

void tellStory(Subgraph& graph, const core::AttributionGraph& source, const core::Story& story)
{
    std::map<core::NodeKey, int> boxes;
    for (int box = 0; box < countOf(graph.boxes); ++box)
        for (const int member : graph.boxes[static_cast<std::size_t>(box)].members)
            boxes.emplace(keyOf(source.nodes[static_cast<std::size_t>(member)]), box);
    QSet<int> told; // boxes
    std::map<std::pair<int, int>, int> lines;
    for (int line = 0; line < countOf(story.lines); ++line) {
        const core::Story::Line& one = story.lines[static_cast<std::size_t>(line)];
        const auto from = boxes.find(one.from), to = boxes.find(one.to);
        if (from == boxes.end() || to == boxes.end())
            continue;
        told << from->second << to->second;
        for (const auto& [end, name] :
            {std::pair(from->second, &one.fromName), std::pair(to->second, &one.toName)})
            if (SubgraphBox& box = graph.boxes[static_cast<std::size_t>(end)]; box.group < 0
                && (box.kind == core::NodeKind::Token || box.kind == core::NodeKind::Logit))
                box.title = toQString(*name);
        lines.emplace(std::pair(from->second, to->second), line);
    }
    for (SubgraphArrow& arrow : graph.arrows)
        if (const auto line = lines.find({arrow.from, arrow.to}); line != lines.end())
            arrow.line = line->second;
    graph.hiddenArrows = static_cast<int>(std::erase_if(graph.arrows, [&](const auto& arrow) {
        return arrow.line < 0 && told.contains(arrow.from) && told.contains(arrow.to);
    }));
}

QString storySentence(const Subgraph& graph, const core::Story& story, int line)
{
    const core::Story::Line& one = story.lines[static_cast<std::size_t>(line)];
    std::string from = one.fromName, to = one.toName;
    for (const SubgraphArrow& arrow : graph.arrows)
        if (arrow.line == line) {
            from = graph.boxes[static_cast<std::size_t>(arrow.from)].title.toStdString();
            to = graph.boxes[static_cast<std::size_t>(arrow.to)].title.toStdString();
        }
    QString text = toQString(core::filledIn(one.pattern, from, to, story.answer));
    for (const QLatin1Char sign : {QLatin1Char('<'), QLatin1Char('>')}) // stays with its number
        text.replace(QString(sign) + QLatin1Char(' '), QString(sign) + QChar(QChar::Nbsp));
    return text;
}

void layOutSubgraph(Subgraph& graph, const SubgraphSpacing& spacing)
{
    for (SubgraphArrow& arrow : graph.arrows)
        arrow.bends.clear();
    if (graph.boxes.empty())
        return;
    Rows rows = rowsOf(graph, spacing);
    std::vector<Slot> slots(graph.boxes.size());
    std::vector<int> rowOfBox(graph.boxes.size(), 0);
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (const int box : rows[r]) {
            slots[static_cast<std::size_t>(box)]
                = {box, graph.boxes[static_cast<std::size_t>(box)].size.width()};
            rowOfBox[static_cast<std::size_t>(box)] = static_cast<int>(r);
        }
    // Weak arrows get no room of their own: they would push the boxes apart.
    constexpr double kRoomFrom = 0.03;
    constexpr double kWidthOfPassing = 6.0;
    std::map<std::size_t, std::vector<int>> passing; // arrow to slots, from its source on
    for (std::size_t a = 0; a < graph.arrows.size(); ++a) {
        const SubgraphArrow& arrow = graph.arrows[a];
        const int from = rowOfBox[static_cast<std::size_t>(arrow.from)],
                  to = rowOfBox[static_cast<std::size_t>(arrow.to)];
        const double strength = 0.02 + std::fabs(arrow.share);
        if (from == to || (std::fabs(arrow.share) < kRoomFrom && std::abs(from - to) > 1))
            continue;
        const int step = to > from ? 1 : -1;
        int last = arrow.from;
        const auto join = [&](int next) {
            const int below = step > 0 ? last : next, above = step > 0 ? next : last;
            slots[static_cast<std::size_t>(below)].up.emplace_back(above, strength);
            slots[static_cast<std::size_t>(above)].down.emplace_back(below, strength);
            last = next;
        };
        for (int row = from + step; row != to; row += step) {
            slots.push_back({-1, kWidthOfPassing});
            const int slot = countOf(slots) - 1;
            // Begins in the row where it would pass in a straight line.
            const double share = static_cast<double>(row - from) / (to - from);
            const auto& boxes = graph.boxes;
            const double position
                = boxes[static_cast<std::size_t>(arrow.from)].position * (1 - share)
                + boxes[static_cast<std::size_t>(arrow.to)].position * share;
            auto& members = rows[static_cast<std::size_t>(row)];
            const auto place = std::find_if(members.begin(), members.end(), [&](int other) {
                return slots[static_cast<std::size_t>(other)].box >= 0
                    && boxes[static_cast<std::size_t>(other)].position > position;
            });
            members.insert(place, slot);
            passing[a].push_back(slot);
            join(slot);
        }
        join(arrow.to);
    }
    arrange(slots, rows, spacing.across);
    std::vector<double> y;
    double bottom = 0; // grows upwards, so less is higher
    for (const auto& row : rows) {
        double height = 0;
        for (const int slot : row)
            if (slots[static_cast<std::size_t>(slot)].box >= 0)
                height
                    = std::max(height, graph.boxes[static_cast<std::size_t>(slot)].size.height());
        y.push_back(bottom - height / 2);
        bottom -= height + spacing.up;
    }
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (const int slot : rows[r])
            if (slots[static_cast<std::size_t>(slot)].box >= 0)
                graph.boxes[static_cast<std::size_t>(slot)].center
                    = {slots[static_cast<std::size_t>(slot)].x, y[r]};
    for (const auto& [index, bends] : passing) {
        SubgraphArrow& arrow = graph.arrows[index];
        int row = rowOfBox[static_cast<std::size_t>(arrow.from)];
        const int step = rowOfBox[static_cast<std::size_t>(arrow.to)] > row ? 1 : -1;
        for (const int slot : bends) {
            row += step;
            arrow.bends.emplace_back(
                slots[static_cast<std::size_t>(slot)].x, y[static_cast<std::size_t>(row)]);
        }
    }
}

int crossings(const Subgraph& graph)
{
    struct Segment {
        QPointF a, b;
        std::size_t arrow;
    };
    std::vector<Segment> segments;
    for (std::size_t i = 0; i < graph.arrows.size(); ++i) {
        const SubgraphArrow& arrow = graph.arrows[i];
        QPointF last = graph.boxes[static_cast<std::size_t>(arrow.from)].center;
        for (const QPointF& bend : arrow.bends) {
            segments.push_back({last, bend, i});
            last = bend;
        }
        segments.push_back({last, graph.boxes[static_cast<std::size_t>(arrow.to)].center, i});
    }
    const auto side = [](QPointF a, QPointF b, QPointF c) {
        return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x());
    };
    int count = 0;
    for (std::size_t i = 0; i < segments.size(); ++i)
        for (std::size_t j = i + 1; j < segments.size(); ++j) {
            const auto &p = segments[i], &q = segments[j];
            count += p.arrow != q.arrow && side(p.a, p.b, q.a) * side(p.a, p.b, q.b) < -1e-9
                    && side(q.a, q.b, p.a) * side(q.a, q.b, p.b) < -1e-9
                ? 1
                : 0;
        }
    return count;
}

QRectF boundsOf(const Subgraph& graph)
{
    QRectF bounds;
    for (const SubgraphBox& box : graph.boxes)
        bounds = bounds.united(box.rect());
    for (const SubgraphArrow& arrow : graph.arrows)
        for (const QPointF& bend : arrow.bends)
            bounds = bounds.united(QRectF(bend - QPointF(2, 2), QSizeF(4, 4)));
    return bounds;
}

void applyPositions(Subgraph& graph, const BoxPositions& positions)
{
    std::vector<bool> isMoved(graph.boxes.size(), false);
    for (const auto& [key, center] : positions)
        for (std::size_t i = 0; i < graph.boxes.size(); ++i)
            if (graph.boxes[i].key == key) {
                graph.boxes[i].center = center;
                isMoved[i] = true;
            }
    for (SubgraphArrow& arrow : graph.arrows)
        if (isMoved[static_cast<std::size_t>(arrow.from)]
            || isMoved[static_cast<std::size_t>(arrow.to)])
            arrow.bends.clear();
}

} // namespace ui
