#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// A word of a text as the full-text index of a workspace knows it.
struct SearchWord {
    std::string text; ///< Lower case, without accents.
    std::string stem; ///< "animals" and "animal" share theirs.
    std::size_t begin = 0, end = 0; ///< Bytes of the text it stands for.
};

/// The words of a text, split, folded and stemmed as FTS5's `porter unicode61 remove_diacritics 2`
/// does it: letters, digits and marks make words, everything else parts them.
///
/// With `beginnings` only words that begin with one of these bytes are stemmed, which is most of
/// the work; others have their text for a stem. A stem begins like its word, so that no comparison
/// with words that begin so comes out differently.
std::vector<SearchWord> searchWords(std::string_view text, std::string_view beginnings = {});

} // namespace core
