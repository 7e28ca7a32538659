#pragma once

#include "core/api/analyze.h"
#include "core/api/architecture.h"
#include "core/api/attribution_graph.h"
#include "core/api/engine_state.h"
#include "core/api/evaluate.h"
#include "core/api/feature_card.h"
#include "core/api/feature_row.h"
#include "core/api/list_features.h"
#include "core/api/model_info.h"
#include "core/api/self_check.h"

/// A small made-up world for the fake engine: plausible enough to look at, the same every time.
namespace tests {

core::ModelInfo sampleModel(); ///< Loaded. Four ways of opening: float32, float16 and int8 on the
                               ///< processor, and a card that is too small.
core::EngineState
sampleState(); ///< With four SAEs of 2,048 features, "saes/layer_0" to "saes/layer_3".
core::SelfCheck sampleCheck(); ///< A good one.
core::DictionaryQuality sampleQuality(const std::string& dictionary);
/// Even features are labelled by suggestion, multiples of five by a person.
core::FeatureRow sampleRow(const core::FeatureRef& feature);
core::FeatureCard sampleCard(const core::FeatureRef& feature);
core::FeatureList sampleList(const core::FeatureQuery& query); ///< 1,000 features; 12 for a search.
/// Words are tokens; feature i of each dictionary fires on every (i + 2)th token.
core::PromptAnalysis sampleAnalysis(const core::AnalyzeRequest& request);
core::ArchitectureView sampleArchitecture(const core::ArchitectureRequest& request);
core::AttributionGraph sampleGraph(const std::string& prompt);

} // namespace tests
