#pragma once

#include <string>
#include <vector>

namespace core {

/// Fifty prompts ("Q: ...\nA:") about anything but the Golden Gate Bridge and its city.
std::vector<std::string> otherQuestions();

} // namespace core
