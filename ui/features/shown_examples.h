#pragma once

#include "core/api/feature_card.h"

#include <string>
#include <vector>

namespace ui {

/// An example as it is listed: cut to the context that is shown, and how many have this text.
struct ShownExample {
    core::FeatureExample example;
    int count = 1;
};

/// So many tokens of an example with its peak two thirds of the way, or at the edge where the
/// example ends earlier; all of it for 0. Its peak stays the peak.
core::FeatureExample cutToContext(const core::FeatureExample& example, int tokens);

/// Examples cut to a context, those with the same text as one: the strongest of them, in the place
/// of the first.
std::vector<ShownExample> foldedExamples(
    const std::vector<core::FeatureExample>& examples, int tokens);

std::string textOf(const core::FeatureExample& example);

} // namespace ui
