#include "ui/circuit/canvas/subgraph_painter.h"

#include "ui/circuit/canvas/circuit_labels.h"
#include "ui/circuit/canvas/circuit_painter.h"
#include "ui/circuit/canvas/circuit_shapes.h"
#include "ui/circuit/translated.h"
#include "ui/style/color_scale.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>

namespace ui {

namespace {

constexpr double kTitleWidth = 15.0; // in line heights; longer titles wrap, then end in "…"
constexpr double kHead = 9.0; // length of an arrow's head

QFont titleFont(QFont font)
{
    font.setBold(true);
    return font;
}

QFont detailFont(const QFont& font)
{
    return scaledFont(font, 0.86);
}

double padding(const QFontMetricsF& metrics)
{
    return metrics.height() * 0.5;
}

/// The mark of a node's kind at the left of its title.
double markSize(const QFontMetricsF& metrics)
{
    return metrics.ascent() * 0.42;
}

QColor boxColor(const SubgraphBox& box, const QPalette& palette)
{
    if (box.group >= 0)
        return groupColor(box.group, palette);
    core::GraphNode node;
    node.kind = box.kind;
    node.side = box.side;
    return nodeColor(node, palette);
}

QColor mixed(const QColor& a, const QColor& b, int parts)
{
    return {(a.red() + parts * b.red()) / (parts + 1),
        (a.green() + parts * b.green()) / (parts + 1), (a.blue() + parts * b.blue()) / (parts + 1)};
}

void paintBox(QPainter& painter, const Subgraph& graph, const SubgraphPaint& paint, int index)
{
    const SubgraphBox& box = graph.boxes[static_cast<std::size_t>(index)];
    const QFontMetricsF title(titleFont(paint.font)), detail(detailFont(paint.font));
    const QColor color = boxColor(box, paint.palette), base = paint.palette.color(QPalette::Base);
    const QRectF rect = box.rect();
    const double corner
        = box.kind == core::NodeKind::Token && box.group < 0 ? 2 : title.height() * 0.5;
    painter.setBrush(mixed(color, base, 7));
    if (box.group >= 0 && box.members.size() > 1) { // a second outline behind: several nodes in one
        painter.setPen(QPen(color, 1.2));
        painter.drawRoundedRect(rect.translated(3.5, -3.5), corner, corner);
    }
    if (index == paint.selected)
        painter.setPen(QPen(paint.palette.color(QPalette::Highlight), 3));
    else
        painter.setPen(QPen(color, index == paint.hovered ? 2.6 : 1.6));
    painter.drawRoundedRect(rect, corner, corner);
    const double mark = box.group < 0 ? markSize(title) : 0.0;
    const double left = rect.left() + padding(title) + (mark > 0 ? 2 * mark + 8 : 0);
    const double room = rect.right() - padding(title) - left;
    double y = rect.top() + padding(title) * 0.7 + title.ascent();
    if (mark > 0) {
        const QPointF at(rect.left() + padding(title) + mark, y - title.ascent() * 0.36);
        paintGraphNode(painter, paint.palette, box.kind, box.side, at, mark, QPen(color, 1));
        if (box.isPinned)
            paintPin(painter, paint.palette, at, mark);
    }
    painter.setFont(titleFont(paint.font));
    painter.setPen(paint.palette.color(QPalette::WindowText));
    for (const QString& line : wrappedText(box.title, title, title.height() * kTitleWidth)) {
        painter.drawText(QPointF(left, y), title.elidedText(line, Qt::ElideRight, room + 2));
        y += title.height();
    }
    painter.setFont(detailFont(paint.font));
    painter.setPen(semanticColors(paint.palette).subtle);
    painter.drawText(QPointF(left, y - title.ascent() + detail.ascent()),
        detail.elidedText(box.detail, Qt::ElideRight, room + 2));
}

bool isArrowChosen(const Subgraph& graph, const SubgraphPaint& paint, int index)
{
    const SubgraphArrow& arrow = graph.arrows[static_cast<std::size_t>(index)];
    return index == paint.hoveredArrow || (arrow.line >= 0 && arrow.line == paint.chosenLine)
        || arrow.from == paint.selected || arrow.to == paint.selected || arrow.from == paint.hovered
        || arrow.to == paint.hovered;
}

/// Sharper than the line of the arrow, so that the head does not hide its end.
void paintArrow(QPainter& painter, const Subgraph& graph, const SubgraphPaint& paint, int index)
{
    const SubgraphArrow& arrow = graph.arrows[static_cast<std::size_t>(index)];
    const bool isChosen = isArrowChosen(graph, paint, index);
    const double strength = std::sqrt(std::min(1.0, std::fabs(arrow.share)));
    const double shade = isChosen ? 1.0 : paint.chosenLine >= 0 ? 0.15 : 0.25 + 0.65 * strength;
    const QColor color = divergingColor(arrow.weight < 0 ? -shade : shade, paint.palette);
    const double width = 0.8 + 4.2 * strength + (isChosen ? 0.8 : 0.0);
    const QPainterPath path = arrowPath(graph, index);
    QPen pen(color, width);
    pen.setCapStyle(Qt::FlatCap);
    if (arrow.weight < 0)
        pen.setStyle(Qt::DashLine);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    paintEdgeHead(painter, path, arrow.weight < 0 ? EdgeSign::Negative : EdgeSign::Positive, color,
        kHead * (0.7 + 0.5 * strength));
}

void paintNumber(QPainter& painter, const Subgraph& graph, const SubgraphPaint& paint, int index,
    std::vector<QRectF>& taken)
{
    const SubgraphArrow& arrow = graph.arrows[static_cast<std::size_t>(index)];
    const QFont font = detailFont(paint.font);
    const QFontMetricsF metrics(font);
    const QString text
        = (arrow.weight > 0 ? QStringLiteral("+") : QString()) + formatNumber(arrow.weight, 2);
    const QPainterPath path = arrowPath(graph, index);
    for (const double at : {0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85, 0.45, 0.55, 0.35, 0.65,
             0.26, 0.74, 0.18, 0.82}) {
        const QPointF middle = path.pointAtPercent(at);
        const QSizeF size(metrics.horizontalAdvance(text) + 6, metrics.height());
        const QRectF place(middle - QPointF(size.width() / 2, size.height() / 2), size);
        const bool isFree = std::none_of(taken.begin(), taken.end(), [&](const QRectF& other) {
            return other.intersects(place);
        }) && std::none_of(graph.boxes.begin(), graph.boxes.end(), [&](const SubgraphBox& box) {
            return box.rect().intersects(place);
        });
        if (!isFree)
            continue; // where there is no room it can be read by pointing at the arrow
        taken.push_back(place);
        painter.setPen(Qt::NoPen);
        painter.setBrush(paint.palette.color(QPalette::Base));
        painter.drawRoundedRect(place, 3, 3);
        painter.setFont(font);
        painter.setPen(paint.palette.color(QPalette::WindowText));
        painter.drawText(QPointF(place.left() + 3, place.top() + metrics.ascent()), text);
        return;
    }
}

} // namespace

void measureSubgraph(Subgraph& graph, const QFont& font)
{
    const QFontMetricsF title(titleFont(font)), detail(detailFont(font));
    for (SubgraphBox& box : graph.boxes) {
        const QStringList lines = wrappedText(box.title, title, title.height() * kTitleWidth);
        double width = std::min(detail.horizontalAdvance(box.detail), title.height() * kTitleWidth);
        for (const QString& line : lines)
            width = std::max(width, title.horizontalAdvance(line));
        width += 2 * padding(title) + (box.group < 0 ? 2 * markSize(title) + 8 : 0);
        box.size = {std::max(width, title.height() * 4.5),
            static_cast<double>(lines.size()) * title.height() + detail.height()
                + padding(title) * 1.4};
    }
}

QPainterPath arrowPath(const Subgraph& graph, int index)
{
    const SubgraphArrow& arrow = graph.arrows[static_cast<std::size_t>(index)];
    const QRectF from = graph.boxes[static_cast<std::size_t>(arrow.from)].rect(),
                 to = graph.boxes[static_cast<std::size_t>(arrow.to)].rect();
    const QPointF first = arrow.bends.empty() ? to.center() : arrow.bends.front(),
                  last = arrow.bends.empty() ? from.center() : arrow.bends.back();
    // Arrows leave towards where they go, so that several do not lie on each other.
    const auto lean = [](const QRectF& box, double x) {
        return box.center().x()
            + std::clamp((x - box.center().x()) * 0.25, -0.38 * box.width(), 0.38 * box.width());
    };
    QPainterPath path;
    const double above = from.top() - to.bottom();
    if (above < 4 && from.bottom() + 4 > to.top() && arrow.bends.empty()) { // side by side
        const bool isRight = to.center().x() >= from.center().x();
        const QPointF start(isRight ? from.right() : from.left(), from.center().y()),
            end(isRight ? to.left() : to.right(), to.center().y());
        const double bend
            = std::max(20.0, std::fabs(end.x() - start.x()) * 0.4) * (isRight ? 1 : -1);
        path.moveTo(start);
        path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end);
        return path;
    }
    const bool isUp = from.center().y() >= to.center().y();
    std::vector<QPointF> points{{lean(from, first.x()), isUp ? from.top() : from.bottom()}};
    points.insert(points.end(), arrow.bends.begin(), arrow.bends.end());
    points.emplace_back(lean(to, last.x()), isUp ? to.bottom() : to.top());
    path.moveTo(points.front());
    for (std::size_t i = 1; i < points.size(); ++i) {
        const QPointF bend(0, (points[i].y() - points[i - 1].y()) * 0.5);
        path.cubicTo(points[i - 1] + bend, points[i] - bend, points[i]);
    }
    return path;
}

QString arrowSentence(const Subgraph& graph, int index)
{
    const SubgraphArrow& arrow = graph.arrows[static_cast<std::size_t>(index)];
    const QString sign = arrow.weight > 0 ? QStringLiteral("+") : QString();
    //: %1 and %2 are names, %3 a number, %4 a percentage
    return translated("%1 to %2: %3, %4 of what enters %2")
        .arg(graph.boxes[static_cast<std::size_t>(arrow.from)].title,
            graph.boxes[static_cast<std::size_t>(arrow.to)].title,
            sign + formatNumber(arrow.weight), formatPercent(arrow.share));
}

void paintSubgraph(QPainter& painter, const Subgraph& graph, const SubgraphPaint& paint)
{
    painter.setRenderHint(QPainter::Antialiasing);
    // The weak first, so that the strong lie on top; what is pointed at last of all.
    for (const bool pass : {false, true})
        for (int index = countOf(graph.arrows) - 1; index >= 0; --index)
            if (isArrowChosen(graph, paint, index) == pass)
                paintArrow(painter, graph, paint, index);
    for (int index = 0; index < countOf(graph.boxes); ++index)
        paintBox(painter, graph, paint, index);
    std::vector<QRectF> taken;
    for (int index = 0; index < countOf(graph.arrows); ++index) {
        const SubgraphArrow& arrow = graph.arrows[static_cast<std::size_t>(index)];
        constexpr double kWorthANumber = 0.02;
        if (isArrowChosen(graph, paint, index) || arrow.line >= 0
            || (paint.showsNumbers && std::fabs(arrow.share) >= kWorthANumber))
            paintNumber(painter, graph, paint, index, taken);
    }
}

} // namespace ui
