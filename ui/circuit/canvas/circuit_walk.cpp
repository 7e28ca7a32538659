#include "ui/circuit/canvas/circuit_walk.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ui {

int nextAlongEdges(const CircuitScene& scene, const CircuitPaint& paint, int node, bool isUp)
{
    if (node < 0) {
        for (int first = 0; first < scene.nodeCount(); ++first)
            if (scene.node(first).kind == core::NodeKind::Logit)
                return first;
        return 0;
    }
    for (const int index : isUp ? scene.outgoing(node) : scene.incoming(node)) {
        const core::GraphEdge& edge = scene.graph().edges[static_cast<std::size_t>(index)];
        const int other = isUp ? edge.target : edge.source;
        if (isNodeShown(scene, paint, other))
            return other;
    }
    return node;
}

std::vector<int> pathThrough(const CircuitScene& scene, const CircuitPaint& paint, int node)
{
    std::vector<int> path;
    const auto edgeAt = [&](int edge) -> const core::GraphEdge& {
        return scene.graph().edges[static_cast<std::size_t>(edge)];
    };
    // A file's graph may have cycles; no way without one is longer than the nodes.
    for (int at = node; at >= 0 && std::ssize(path) < scene.nodeCount();) {
        int next = -1;
        for (const int edge : scene.outgoing(at))
            if (isNodeShown(scene, paint, edgeAt(edge).target)
                && (next < 0 || scene.edgeInfluence(edge) > scene.edgeInfluence(next)))
                next = edge;
        if (next < 0)
            break;
        path.insert(path.begin(), next);
        at = edgeAt(next).target;
    }
    for (int at = node; at >= 0 && std::ssize(path) < 2 * scene.nodeCount();) {
        int next = -1; // edges of a node stand strongest first
        for (const int edge : scene.incoming(at))
            if (next < 0 && edgeAt(edge).weight > 0
                && isNodeShown(scene, paint, edgeAt(edge).source)
                && scene.node(edgeAt(edge).source).kind != core::NodeKind::Error)
                next = edge;
        if (next < 0)
            break;
        path.push_back(next);
        at = edgeAt(next).source;
    }
    return path;
}

int neighbourInRow(const CircuitScene& scene, const CircuitPaint& paint, int node, bool isRight)
{
    if (node < 0)
        return nextAlongEdges(scene, paint, node, true);
    std::vector<int> row;
    for (const CircuitScene::Cell& cell : scene.cells())
        if (cell.row == scene.rowOf(node))
            for (const int shown : shownNodes(scene, paint, cell))
                row.push_back(shown);
    const auto place
        = [&](int each) { return std::pair(scene.center(each).x(), scene.center(each).y()); };
    std::sort(row.begin(), row.end(), [&](int a, int b) { return place(a) < place(b); });
    const auto here = std::find(row.begin(), row.end(), node);
    if (isRight)
        return here == row.end() || here + 1 == row.end() ? node : *(here + 1);
    return here == row.end() || here == row.begin() ? node : *(here - 1);
}

std::vector<int> nodesNamed(
    const CircuitScene& scene, const CircuitPaint& paint, const QString& text)
{
    std::vector<int> found;
    for (int node = 0; node < scene.nodeCount(); ++node)
        if (isNodeShown(scene, paint, node)
            && nodeTitle(scene.node(node)).contains(text, Qt::CaseInsensitive))
            found.push_back(node);
    const auto place
        = [&](int node) { return std::tuple(-scene.rowOf(node), scene.center(node).x(), node); };
    std::sort(found.begin(), found.end(), [&](int a, int b) { return place(a) < place(b); });
    return found;
}

int nextOf(const std::vector<int>& nodes, int node, bool isForward)
{
    const auto here = std::find(nodes.begin(), nodes.end(), node);
    if (isForward)
        return here == nodes.end() || here + 1 == nodes.end() ? nodes.front() : *(here + 1);
    return here == nodes.end() || here == nodes.begin() ? nodes.back() : *(here - 1);
}

} // namespace ui
