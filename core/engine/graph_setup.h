#pragma once

#include "core/api/trace.h"
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/engine/feature_rows.h"
#include "core/engine/loaded_model.h"

#include <string>
#include <vector>

// What every request about circuits starts from.
namespace core {

/// The dictionaries that a graph is made of: the transcoders called `names` (empty: the open ones),
/// one per layer; residual SAEs where they are named, or are all there is. Entries without a name,
/// layers that have none, do not count.
Result<Dictionaries> graphDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

/// The dictionaries that a swap goes through: any that are named, or the ones of a graph.
Result<Dictionaries> swapDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names);

Result<AttributionOptions> attributionOptions(
    const LoadedModel& model, const TraceRequest& request, const Prompt& prompt);

/// Names for a graph's nodes: labels of features, texts of tokens, `Output "x" (p=0.12)` for
/// logits.
NodeLabel nodeLabels(const LoadedModel& model, const RowLookup& row);

} // namespace core
