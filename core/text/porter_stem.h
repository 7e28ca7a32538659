#pragma once

#include <string>

namespace core {

/// The stem of a lower-case word as SQLite's full-text tokenizer `porter` makes it (Porter 1980, An
/// algorithm for suffix stripping, with the author's later "logi" and "bli"): so that what is
/// compared here matches exactly what the index finds. Words under 3 or over 64 bytes stay.
std::string porterStem(std::string word);

} // namespace core
