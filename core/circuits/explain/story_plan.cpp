#include "core/circuits/explain/story_plan.h"

#include "core/circuits/explain/choose_boxes.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace core {

namespace {

constexpr double kToldShare = 0.9; // of what passes along the arrows between the boxes
constexpr double kLeastShare = 0.01; // of the influence on the answer: less is not worth a sentence

/// Where a box stands in the order of reading: words by position, then features bottom up.
auto readingPlace(const GraphMatrix& matrix, const BoxNodes& nodes)
{
    double layer = 0, position = 0;
    for (const std::int64_t node : nodes) {
        const GraphNode at = matrix.node(node);
        layer += at.kind == NodeKind::Token ? -1.0 : at.layer.value;
        position += at.position.value;
    }
    const auto count = static_cast<double>(nodes.size());
    return std::tuple(layer / count, position / count, nodes.front());
}

/// Boxes at one place that no label tells apart as one: a person could not tell them apart either.
MergedBoxes withoutTwins(const GraphMatrix& matrix, std::int64_t logit, const MergedBoxes& alike,
    const std::vector<std::int64_t>& tokens, const IsTellingFn& isTelling, double mostLost)
{
    std::set<std::int64_t> untold;
    for (const BoxNodes& box : alike.boxes)
        if (!isTelling(box))
            untold.insert(box.begin(), box.end());
    const LikenessFn isTwin = [&](std::int64_t a, std::int64_t b) {
        const FeatureAt &one = matrix.features[static_cast<std::size_t>(a)].at,
                        &other = matrix.features[static_cast<std::size_t>(b)].at;
        const bool isOnePlace = one.layer == other.layer && one.position == other.position;
        return isOnePlace && untold.contains(a) && untold.contains(b) ? 1.0 : -1.0;
    };
    const double lost = alike.scoreBefore - alike.scoreAfter;
    return mergeBoxes(matrix, logit, alike.boxes, tokens, isTwin, 1.0, mostLost - lost);
}

/// Which arrows are told.
std::vector<StoryPlan::Arrow> toldArrows(
    const BoxGraph& graph, const BoxFlow& flow, const std::vector<std::size_t>& kept)
{
    std::vector<StoryPlan::Arrow> all; // ends are places in `kept`
    double total = 0;
    for (std::size_t to = 0; to <= kept.size(); ++to)
        for (std::size_t from = 0; from < kept.size(); ++from) {
            const std::size_t target = to == kept.size() ? graph.size() : kept[to];
            const double share = graph.along(flow, kept[from], target);
            if (from == to || share <= 0.0)
                continue;
            all.push_back({from, to, share, graph.effect(kept[from], target)});
            total += share;
        }
    std::stable_sort(
        all.begin(), all.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
    std::vector<StoryPlan::Arrow> told;
    std::set<std::size_t> hasIn, hasOut;
    double sum = 0;
    for (const StoryPlan::Arrow& arrow : all) {
        const bool isFirst = hasIn.insert(arrow.to).second | hasOut.insert(arrow.from).second;
        if (!isFirst && (sum >= kToldShare * total || arrow.share < kLeastShare))
            continue;
        told.push_back(arrow);
        sum += arrow.share;
    }
    std::stable_sort(told.begin(), told.end(), [](const auto& a, const auto& b) {
        return std::pair(a.from, a.to) < std::pair(b.from, b.to);
    });
    return told;
}

} // namespace

StoryPlan planStory(const GraphMatrix& matrix, std::int64_t logit,
    const std::vector<std::int64_t>& features, const std::vector<std::int64_t>& tokens,
    const LikenessFn& likeness, const IsTellingFn& isTelling, const ExplainRequest& request,
    std::stop_token stop)
{
    const MergedBoxes alike = mergeBoxes(
        matrix, logit, features, tokens, likeness, request.leastLikeness, request.mostLost, stop);
    MergedBoxes merged = withoutTwins(matrix, logit, alike, tokens, isTelling, request.mostLost);
    // Members in the order given, the strongest first.
    std::vector<std::size_t> rank(static_cast<std::size_t>(matrix.size()), 0);
    for (std::size_t i = 0; i < features.size(); ++i)
        rank[static_cast<std::size_t>(features[i])] = i;
    for (BoxNodes& box : merged.boxes)
        std::sort(box.begin(), box.end(), [&](std::int64_t a, std::int64_t b) {
            return rank[static_cast<std::size_t>(a)] < rank[static_cast<std::size_t>(b)];
        });
    std::vector<BoxNodes> boxes = merged.boxes;
    for (const std::int64_t token : tokens)
        boxes.push_back({token});
    const BoxGraph graph(matrix, logit, std::move(boxes));
    const ChosenBoxes chosen
        = chooseBoxes(graph, request.share, request.mostBoxes - 1, 200'000, stop);

    StoryPlan plan;
    plan.scoreBefore = alike.scoreBefore;
    plan.scoreAfter = merged.scoreAfter;
    plan.isFewest = chosen.isFewest;
    plan.flow = graph.flow(chosen.isKept);
    std::vector<std::size_t> kept;
    for (std::size_t box = 0; box < graph.size(); ++box)
        if (chosen.isKept[box] && plan.flow.through[box] > 0.0)
            kept.push_back(box);
    std::sort(kept.begin(), kept.end(), [&](std::size_t a, std::size_t b) {
        return readingPlace(matrix, graph.boxes()[a]) < readingPlace(matrix, graph.boxes()[b]);
    });
    for (const std::size_t box : kept)
        plan.boxes.push_back({graph.boxes()[box], plan.flow.through[box], graph.isToken(box)});
    plan.arrows = toldArrows(graph, plan.flow, kept);
    return plan;
}

} // namespace core
