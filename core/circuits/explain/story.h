#pragma once

#include "core/api/explain.h"

#include <string>

namespace core {

/// Whether the model bears an arrow out: without its source the target loses (or gains, where the
/// effect lowers it) at least a tenth of what the graph says.
bool isBorneOut(const ExplainedArrow& arrow);

/// The sentence of an arrow, with its names left open. `toAnswer`: its target is the answer, whose
/// `activation` is a logit; `isDifference`: the answer is the difference of two.
std::string arrowPattern(const ExplainedArrow& arrow, bool toAnswer, bool isDifference);

/// "98.5 %", "7 %"; "< 1 %" and "> 99.9 %" where the digits would say 0 or 1.
std::string probabilityText(double probability);
/// Two or three digits that matter: "6.1", "0.42", "12".
std::string amountText(double value);

/// Title, summary and lines from the boxes and arrows, which are filled in. The last box is the
/// answer.
Story storyOf(const Explanation& explanation, bool isDifference);

} // namespace core
