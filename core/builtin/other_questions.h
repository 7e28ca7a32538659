#pragma once

#include <string>
#include <vector>

namespace core {

/// The prompt on which features and strengths are chosen; not one of `otherQuestions`.
std::string choosingQuestion();

/// Fifty prompts ("Q: ...\nA:") about anything but the Golden Gate Bridge and its city.
std::vector<std::string> otherQuestions();

} // namespace core
