#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Cuts a text into sentences: at ends of lines and after a full stop or question mark. The
/// marks "Q: " and "A: " are left out.
std::vector<std::string> splitSentences(std::string_view text);

/// Could the world's writers have produced this sentence, about any mixture of subjects?
///
/// Knows every kind of sentence but rows of random words and code. Facts do not matter:
/// "Dallas is in Ohio." is grammatical.
bool isGrammatical(std::string_view sentence);

/// Positions in `landmarks()` whose own words can give this sentence; empty for others.
std::vector<int> landmarksSaying(std::string_view sentence);

} // namespace core
