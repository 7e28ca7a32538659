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
    std::vector<TraceTarget> targets; ///< Empty = the most probable tokens.
    int selectAtATime
        = 256; ///< With `maxFeatures`: rows computed before the next most influential are chosen.
    int zeroedPositions = 1;
    /// What tracing may take; 0 = four fifths of what is free. Where the whole matrix does not fit,
    /// as many features as fit are traced, chosen as `maxFeatures` chooses.
    std::int64_t memoryBytes = 0;
    std::stop_token stop; ///< Polled for each layer of each group of targets.
    ProgressFn progress;
};

/// What a trace takes, known once the active features are counted.
struct AttributionCost {
    std::int64_t nodes = 0; ///< Of the matrix.
    std::int64_t tracedFeatures = 0; ///< Those that get a row.
    std::int64_t matrixBytes = 0; ///< Kept afterwards.
    std::int64_t workBytes = 0; ///< Besides, in passing.
    std::int64_t limitBytes = 0;
    double flops = 0; ///< Of the matrix products.
};
/// `logits` nodes; OutOfMemory when not even a graph without features fits.
Result<AttributionCost> attributionCost(
    const ReplacementModel& replacement, std::int64_t logits, const AttributionOptions& options);

/// The tokens a graph explains: by falling probability until they cover `logitProbability`, at most
/// `maxLogits`.
/// `logits` [T, d_vocab].
std::vector<GraphLogit> chooseLogits(const at::Tensor& logits, const TraceSettings& settings,
    const std::vector<TraceTarget>& targets = {});

/// Every direct effect of the prompt's nodes on each other, as circuit-tracer's `attribute`
/// computes them (over residual SAEs: as `ReplacementModel` says). Takes what `attributionCost`
/// says.
Result<GraphMatrix> attribute(
    const ReplacementModel& replacement, const AttributionOptions& options = {});

/// The forward pass, then `attribute`.
Result<GraphMatrix> attribute(std::shared_ptr<const Transformer> model,
    const Dictionaries& transcoders, const std::vector<TokenId>& ids,
    const AttributionOptions& options = {});

} // namespace core
