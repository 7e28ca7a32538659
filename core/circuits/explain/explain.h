#pragma once

#include "core/api/explain.h"
#include "core/api/feature_row.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// What is known of features and tokens beside the graph. Each may be empty.
struct ExplainSources {
    std::function<FeatureRow(const FeatureRef&)> row;
    std::function<std::vector<std::int64_t>(const FeatureRef&)>
        passages; ///< Of its strongest examples.
    std::function<std::string(TokenId)> tokenText;
    std::int64_t vocabulary = 0; ///< Tokens that have a text.
};

/// Answers an `ExplainRequest` (docs/definitions.md section 6.6) about the node `logit` of its
/// graph, whose unpruned matrix is given. `dictionaries`: those that the graph was traced through.
/// NotFound where no features lead from the words to the answer. A forward pass for each box, and
/// searches of at most some seconds.
Result<Explanation> explainGraph(const ExplainRequest& request, int logit,
    const GraphMatrix& matrix, const Transformer& model, const Dictionaries& dictionaries,
    const ExplainSources& sources, const ProgressFn& progress = {}, std::stop_token stop = {});

} // namespace core
