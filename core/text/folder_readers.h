#pragma once

#include "core/base/result.h"
#include "core/text/special_names.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace core {

struct SentencePieceModel;

/// What stands beside a vocabulary that is not a tokenizer.json.
struct SideFiles {
    SpecialNames names;
    nlohmann::json added = nlohmann::json::array(); ///< As readAddedTokens gives it.
};

using MadeTokenizer = Result<std::shared_ptr<const Tokenizer>>;

/// vocab.json and merges.txt (or encoder.json and vocab.bpe): the byte-level BPE of GPT-2 and
/// Qwen2. `vocabulary` is that of vocab.json; `file` names it in errors.
MadeTokenizer makeVocabMerges(
    Vocabulary vocabulary, std::string_view merges, const SideFiles& side, const std::string& file);

/// A SentencePiece model of type BPE, as protobuf bytes or already read.
MadeTokenizer makeSentencePiece(
    std::string_view bytes, const SideFiles& side, const std::string& file);
MadeTokenizer makeSentencePiece(
    const SentencePieceModel& model, const SideFiles& side, const std::string& file);

/// The tiktoken file of Meta's Llama 3: lines of base64 bytes and their rank.
MadeTokenizer makeTiktoken(std::string_view text, const SideFiles& side, const std::string& file);
bool isTiktoken(std::string_view text); ///< The first line is a base64 text and a number.

} // namespace core
