#pragma once

#include "core/api/compare_features.h"
#include "core/api/feature_map.h"
#include "core/api/features_on_text.h"
#include "core/api/logit_histogram.h"
#include "core/api/nearest_elsewhere.h"
#include "core/api/whole_examples.h"

/// Answers about single features and their map, for the fake engine.
namespace tests {

/// Forty bins from -2 to 2, most tokens near 0.
core::LogitHistogram sampleLogits(const core::LogitHistogramRequest& request);
/// Passage p has 40 + p tokens; token t is " w<t>", each fifth a line's end; its peak is token 30.
std::vector<core::FeatureExample> sampleWhole(const core::WholeExamplesRequest& request);
/// Words are tokens; eight features, number i fires on every (i + 1)th word with 8 - i, half as
/// much on the other text.
core::FeaturesOnText sampleOnText(const core::FeaturesOnTextRequest& request);
/// 500 features for each of the sample's four dictionaries, on a circle for each layer.
core::FeatureMap sampleMap(const core::FeatureMapRequest& request);
core::NearestElsewhere sampleElsewhere(const core::NearestElsewhereRequest& request);

} // namespace tests
