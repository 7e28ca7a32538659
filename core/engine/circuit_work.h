#pragma once

#include "core/circuits/build_graph.h"
#include "core/engine/analysis.h"
#include "core/engine/loaded_model.h"

#include <stop_token>

namespace core {

/// Traces a prompt over the model's transcoders; the unpruned graph with its text and settings
/// filled in.
Result<TracedGraph> tracePrompt(const LoadedModel& model, const TraceRequest& request,
    const ProgressFn& progress, std::stop_token stop);

/// Names for a graph's nodes: labels of features, texts of tokens, `Output "x" (p=0.12)` for
/// logits.
NodeLabel nodeLabels(const LoadedModel& model, const RowLookup& row);

Result<InterveneResult> interveneOn(
    const LoadedModel& model, const InterveneRequest& request, std::stop_token stop);

Result<SwapResult> swapFeatures(const LoadedModel& model, const SwapRequest& request,
    const RowLookup& row, std::stop_token stop);

/// Token texts to ids: each must be one token of the model, tried as written and with a space
/// before it.
Result<std::vector<TokenId>> targetTokens(
    const LoadedModel& model, const std::vector<std::string>& texts);

} // namespace core
