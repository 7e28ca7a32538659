#include "core/builtin/bpe_trainer.h"

#include <nlohmann/json.hpp>

#include <array>

namespace core {

namespace {

using Json = nlohmann::ordered_json;

std::string utf8(unsigned codepoint)
{
    if (codepoint < 0x80)
        return {static_cast<char>(codepoint)};
    return {
        static_cast<char>(0xc0 | (codepoint >> 6)), static_cast<char>(0x80 | (codepoint & 0x3f))};
}

/// GPT-2's letters for bytes: printable ones stand for themselves, the others for U+0100 and on.
std::array<std::string, 256> byteLetters()
{
    std::array<std::string, 256> letters;
    unsigned next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool printable
            = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
        letters[byte] = utf8(printable ? byte : next++);
    }
    return letters;
}

std::string inLetters(const std::string& bytes)
{
    static const auto letters = byteLetters();
    std::string text;
    for (const char c : bytes)
        text += letters[static_cast<unsigned char>(c)];
    return text;
}

Json byteLevel(bool trimOffsets)
{
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", trimOffsets},
        {"use_regex", true}};
}

} // namespace

std::string tokenizerJson(const BpeVocabulary& vocabulary)
{
    const auto endId = vocabulary.tokens.size() - 1;
    Json vocab = Json::object();
    for (std::size_t id = 0; id < endId; ++id)
        vocab[inLetters(vocabulary.tokens[id])] = id;
    vocab[BpeVocabulary::kEndOfText] = endId;
    Json merges = Json::array();
    for (const auto& [left, right] : vocabulary.merges)
        merges.push_back(inLetters(left) + " " + inLetters(right));

    Json json;
    json["version"] = "1.0";
    json["truncation"] = nullptr;
    json["padding"] = nullptr;
    json["added_tokens"] = Json::array(
        {{{"id", endId}, {"content", BpeVocabulary::kEndOfText}, {"single_word", false},
            {"lstrip", false}, {"rstrip", false}, {"normalized", false}, {"special", true}}});
    json["normalizer"] = nullptr;
    json["pre_tokenizer"] = byteLevel(false);
    json["post_processor"] = nullptr;
    json["decoder"] = byteLevel(true);
    json["model"] = {{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr},
        {"continuing_subword_prefix", ""}, {"end_of_word_suffix", ""}, {"fuse_unk", false},
        {"byte_fallback", false}, {"vocab", std::move(vocab)}, {"merges", std::move(merges)}};
    return json.dump(1) + "\n";
}

std::string tokenizerConfigJson(std::size_t modelMaxLength)
{
    const Json json{{"tokenizer_class", "PreTrainedTokenizerFast"}, {"add_bos_token", true},
        {"bos_token", BpeVocabulary::kEndOfText}, {"eos_token", BpeVocabulary::kEndOfText},
        {"model_max_length", modelMaxLength}};
    return json.dump(1) + "\n";
}

} // namespace core
