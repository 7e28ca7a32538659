#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

/// A byte-level BPE vocabulary: the 256 bytes, one token per merge, the end-of-text mark last.
struct BpeVocabulary {
    using Merge = std::pair<std::string, std::string>; ///< In raw bytes, not in GPT-2's letters.

    std::vector<std::string> tokens; ///< By id, in raw bytes; the last is `kEndOfText`.
    std::vector<Merge> merges; ///< In order of rank.

    static constexpr const char* kEndOfText = "<|endoftext|>";
};

/// Learns merges from the texts until there are `vocabularySize` tokens or no pair occurs twice.
///
/// Texts are cut by GPT-2's pattern first (letters of any script count as letters). Ties go to
/// the pair that is first in the order of bytes, so the same texts give the same vocabulary.
BpeVocabulary trainBpe(const std::vector<std::string>& texts, std::size_t vocabularySize);

/// The pieces GPT-2's pattern cuts a text into: no merge crosses them.
std::vector<std::string_view> splitLikeGpt2(std::string_view text);

/// The vocabulary as a Hugging Face `tokenizer.json`.
std::string tokenizerJson(const BpeVocabulary& vocabulary);
/// ... and the `tokenizer_config.json` beside it.
std::string tokenizerConfigJson(std::size_t modelMaxLength);

} // namespace core
