#include "core/api/score_subgraph.h"

#include "core/circuits/subgraph_scores.h"
#include "core/engine/request_table.h"

#include <algorithm>

namespace core {

Result<SubgraphScore> run(const ScoreSubgraphRequest& request, Context&)
{
    const auto scores = subgraphScores(*request.graph, ScoredFeatures::Pinned);
    if (!scores)
        return fail(scores.error());
    SubgraphScore score{0, scores->replacement, scores->completeness, scores->errorShare};
    score.pinnedFeatures
        = static_cast<int>(std::count_if(request.graph->nodes.begin(), request.graph->nodes.end(),
            [](const GraphNode& node) { return node.isPinned && node.kind == NodeKind::Feature; }));
    return score;
}

const Handles<ScoreSubgraphRequest> kScoreSubgraph(Runs::OnReader, run);

} // namespace core
