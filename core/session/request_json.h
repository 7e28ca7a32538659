#pragma once

#include "core/api/analyze.h"
#include "core/api/generate.h"
#include "core/api/list_features.h"
#include "core/api/patch.h"
#include "core/api/swap_test.h"
#include "core/api/trace.h"
#include "core/session/session_fields.h"

#include <nlohmann/json.hpp>

/// The one JSON form of requests that are kept: in sessions and in saved steering experiments.
/// Field names are those of the command line's options.
namespace core {

nlohmann::json toJson(const AnalyzeRequest& request);
nlohmann::json toJson(const GenerateRequest& request);
nlohmann::json toJson(const TraceRequest& request);
nlohmann::json toJson(const PatchRequest& request);
nlohmann::json toJson(const SwapTestRequest& request);
nlohmann::json toJson(const FeatureQuery& query);

void readInto(SavedFields& fields, AnalyzeRequest& request);
void readInto(SavedFields& fields, GenerateRequest& request);
void readInto(SavedFields& fields, TraceRequest& request);
void readInto(SavedFields& fields, PatchRequest& request);
void readInto(SavedFields& fields, SwapTestRequest& request);
void readInto(SavedFields& fields, FeatureQuery& query);

} // namespace core
