#include "ui/circuit/canvas/circuit_text.h"

#include "ui/circuit/translated.h"
#include "ui/style/text.h"

#include <algorithm>
#include <array>

#include <QStringList>

namespace ui {

namespace {

constexpr int kShown = 5;

QString signedNumber(float value)
{
    return (value > 0 ? QStringLiteral("+") : QString()) + formatNumber(static_cast<double>(value));
}

QString sideText(core::GraphSide side)
{
    return side == core::GraphSide::First ? translated("only in the first graph")
        : side == core::GraphSide::Second ? translated("only in the second graph")
                                          : QString();
}

} // namespace

QString circuitNodeName(const CircuitScene& scene, int index)
{
    const core::GraphNode& node = scene.node(index);
    QStringList parts;
    switch (node.kind) {
    case core::NodeKind::Logit:
        parts << translated("output %1").arg(nodeTitle(node));
        break;
    case core::NodeKind::Token:
        parts << translated("position %1").arg(node.position.value)
              << translated("token %1").arg(nodeTitle(node));
        break;
    case core::NodeKind::Error:
        parts << translated("layer %1").arg(node.layer.value)
              << translated("position %1").arg(node.position.value)
              << translated("reconstruction error");
        break;
    case core::NodeKind::Feature:
        parts << translated("layer %1").arg(node.layer.value)
              << translated("position %1").arg(node.position.value)
              << translated("feature %1").arg(node.feature.value);
        if (!node.label.empty())
            parts << translated("label %1").arg(toQString(node.label));
        break;
    }
    if (node.isPinned)
        parts << translated("pinned");
    if (node.side != core::GraphSide::Both)
        parts << sideText(node.side);
    for (const core::Supernode& group : scene.graph().supernodes)
        if (std::find(group.nodes.begin(), group.nodes.end(), index) != group.nodes.end())
            parts << translated("in supernode %1").arg(toQString(group.label));
    return parts.join(QStringLiteral(", "));
}

QString circuitNodeText(const CircuitScene& scene, const CircuitPaint& paint, int index)
{
    const core::GraphNode& node = scene.node(index);
    QStringList lines{nodeTitle(node)};
    if (node.kind == core::NodeKind::Feature)
        lines << translated("layer %1, position %2, feature %3, activation %4")
                     .arg(node.layer.value)
                     .arg(node.position.value)
                     .arg(node.feature.value)
                     .arg(formatNumber(static_cast<double>(node.activation)));
    else if (node.kind == core::NodeKind::Error)
        lines << translated("position %1: what the dictionary does not explain there")
                     .arg(node.position.value);
    if (node.side != core::GraphSide::Both)
        lines << sideText(node.side);
    if (node.rawInfluence > 0)
        lines << translated("influence on the outputs %1")
                     .arg(formatNumber(static_cast<double>(node.rawInfluence)));
    const auto list = [&](bool isInput) {
        const auto edges = isInput ? scene.incoming(index) : scene.outgoing(index);
        QStringList shown;
        for (const int e : edges) {
            const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(e)];
            const int other = isInput ? edge.source : edge.target;
            if (!isNodeShown(scene, paint, other))
                continue;
            if (shown.size() == kShown)
                break;
            const double total = scene.inputTotal(edge.target);
            const double share = total > 0 ? static_cast<double>(edge.weight) / total : 0.0;
            //: %1 is a node, %2 a signed number, %3 a percentage
            const QString line = isInput ? translated("%2 (%3 of the input) from %1")
                                         : translated("%2 (%3 of its input) to %1");
            shown << QStringLiteral("  ")
                    + line.arg(nodeSentence(scene.node(other)), signedNumber(edge.weight),
                        formatPercent(share));
        }
        if (shown.isEmpty())
            return;
        const QString count = formatCount(countOf(edges));
        lines << (isInput ? translated("Strongest of %1 inputs:").arg(count)
                          : translated("Strongest of %1 outputs:").arg(count));
        lines += shown;
    };
    list(true);
    list(false);
    return lines.join(QLatin1Char('\n'));
}

QString circuitCellText(
    const CircuitScene& scene, const CircuitPaint& paint, const CircuitScene::Cell& cell)
{
    const std::vector<int> nodes = shownNodes(scene, paint, cell);
    QStringList lines{//: %1 is the name of a row, %2 a token, %3 its position
        translated("%1, %2 (position %3)")
            .arg(scene.rowName(cell.row), scene.columnName(cell.column))
            .arg(cell.column)};
    const auto errors = std::count_if(nodes.begin(), nodes.end(),
        [&](int node) { return scene.node(node).kind == core::NodeKind::Error; });
    lines << (errors > 0 ? translated("%1 nodes, %2 of them errors").arg(nodes.size()).arg(errors)
                         : translated("%1 nodes").arg(nodes.size()));
    for (int i = 0; i < std::min(kShown, countOf(nodes)); ++i)
        lines << QStringLiteral("  ") + nodeTitle(scene.node(nodes[static_cast<std::size_t>(i)]));
    if (countOf(nodes) > kShown)
        lines << QStringLiteral("  …");
    lines << translated("Click to zoom in.");
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
