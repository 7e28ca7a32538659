#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"
#include "core/circuits/replacement_model.h"

#include <stop_token>
#include <vector>

namespace core {

struct AttributionOptions {
    TraceSettings settings; ///< Logit choice and the largest number of features; thresholds are not
                            ///< used here.
    std::vector<TokenId> targets; ///< Empty = the most probable tokens.
    int selectAtATime
        = 256; ///< With `maxFeatures`: rows computed before the next most influential are chosen.
    int zeroedPositions = 1;
    std::stop_token stop; ///< Polled for each layer of each group of targets.
    ProgressFn progress;
};

/// The tokens a graph explains: by falling probability until they cover `logitProbability`, at most
/// `maxLogits`.
std::vector<GraphLogit> chooseLogits(const at::Tensor& logits, const TraceSettings& settings,
    const std::vector<TokenId>& targets = {});

/// Every direct effect of the prompt's nodes on each other, as circuit-tracer's `attribute`
/// computes them. Memory: 4 N^2 bytes for N nodes; refused with the figure when that is not free.
Result<GraphMatrix> attribute(
    const ReplacementModel& replacement, const AttributionOptions& options = {});

/// The forward pass, then `attribute`.
Result<GraphMatrix> attribute(std::shared_ptr<const Transformer> model,
    const Dictionaries& transcoders, const std::vector<TokenId>& ids,
    const AttributionOptions& options = {});

} // namespace core
