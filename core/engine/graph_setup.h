#pragma once

#include "core/api/intervene.h"
#include "core/api/trace.h"
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/circuits/prompt_head.h"
#include "core/circuits/swap.h"
#include "core/engine/feature_rows.h"
#include "core/engine/loaded_model.h"

#include <stop_token>
#include <string>
#include <vector>

// What every request about circuits starts from.
namespace core {

/// The dictionaries that a graph is made of: the transcoders called `names` (empty: the open ones),
/// one per layer; residual SAEs where they are named, or are all there is. Entries without a name,
/// layers that have none, do not count.
Result<Dictionaries> graphDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

/// A prompt with the dictionaries of its graph.
struct GraphInput {
    Prompt prompt;
    Dictionaries dictionaries;
    PromptHead head; ///< Of these dictionaries on this model.
};

/// `ids` when given, else the text.
Result<GraphInput> graphInput(const LoadedModel& model, const std::string& text,
    const std::vector<TokenId>& ids, const std::vector<std::string>& dictionaryNames);

/// The dictionaries that a swap goes through: any that are named, or the ones of a graph.
Result<Dictionaries> swapDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

/// Refuses features in the head of the prompt where the graph leaves them out.
Result<void> checkOutsideHead(const GraphInput& input, const std::vector<FeatureSetting>& settings);

/// Every feature that differs between the two prompts takes the donor's value.
Result<FeatureSwap> swapByDifference(const LoadedModel& model, const Dictionaries& dictionaries,
    const std::string& prompt, const std::string& donor, std::stop_token stop);

Result<AttributionOptions> attributionOptions(
    const LoadedModel& model, const TraceRequest& request, const GraphInput& input);

/// Names for a graph's nodes: labels of features, texts of tokens, `Output "x" (p=0.12)` for
/// logits.
NodeLabel nodeLabels(const LoadedModel& model, const RowLookup& row);

} // namespace core
