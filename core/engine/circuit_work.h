#pragma once

#include "core/api/estimate_trace.h"
#include "core/api/trace.h"
#include "core/circuits/build_graph.h"
#include "core/engine/analysis.h"
#include "core/engine/loaded_model.h"

#include <stop_token>

namespace core {

/// The dictionaries that a graph is made of: the transcoders called `names` (empty: the open ones),
/// one per layer; residual SAEs where they are named, or are all there is.
Result<Dictionaries> graphDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

/// Traces a prompt over such dictionaries; the unpruned graph with its text and settings filled in.
Result<TracedGraph> tracePrompt(const LoadedModel& model, const TraceRequest& request,
    const ProgressFn& progress, std::stop_token stop);

/// Names for a graph's nodes: labels of features, texts of tokens, `Output "x" (p=0.12)` for
/// logits.
NodeLabel nodeLabels(const LoadedModel& model, const RowLookup& row);

/// What tracing would take, from one forward pass and this machine's matrix-product speed.
Result<TraceEstimate> estimateTrace(
    const LoadedModel& model, const TraceRequest& request, std::stop_token stop);

} // namespace core
