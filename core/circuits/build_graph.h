#pragma once

#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"
#include "core/circuits/influence.h"
#include "core/circuits/scores.h"

#include <functional>
#include <string>
#include <vector>

namespace core {

/// A traced prompt with everything that does not depend on thresholds; kept so that pruning again
/// is quick.
struct TracedGraph {
    GraphMatrix matrix;
    Influence influence;
    GraphScores scores;
    std::string model, prompt;
    std::vector<std::string> promptTokens;
    std::string note; ///< About the prompt; empty when there is nothing to say.
    TraceSettings settings;
    double seconds = 0.0;
};

/// Computes influence and scores of a fresh matrix; text, model and settings are the caller's to
/// fill.
Result<TracedGraph> analyzeGraph(GraphMatrix matrix);

/// The name to show for a feature, or the text of a token or logit.
using NodeLabel = std::function<std::string(const GraphNode& node)>;

/// Prunes, labels and lays out. Counts of what is hidden, scores and error share are of the whole
/// graph. Pruning 5,000 nodes again takes a fraction of a tenth of a second at the usual
/// thresholds.
AttributionGraph buildGraph(
    const TracedGraph& traced, double nodeThreshold, double edgeThreshold, const NodeLabel& label);

} // namespace core
