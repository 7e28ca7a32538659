#pragma once

#include "core/text/tokenizer.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace tests {

/// 64 words, one token each, for the tiny model; token 0 begins every text and is special.
class WordTokenizer final : public core::Tokenizer {
public:
    WordTokenizer()
    {
        m_words = {"<s>", ".", "the", "golden", "gate", "bridge", "fog", "ferry", "harbour",
            "tower", "red", "is", "in", "of", "a", "quiet", "library", "book", "shelf", "reader",
            "cat", "small", "green"};
        while (m_words.size() < 64)
            m_words.push_back("word" + std::to_string(m_words.size()));
    }
    core::Result<core::Tokens> encode(std::string_view text, bool addSpecial) const override
    {
        core::Tokens tokens;
        if (addSpecial)
            tokens.ids.push_back(core::TokenId(0));
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t begin = text.find_first_not_of(" \n\r", at);
            if (begin == std::string_view::npos)
                break;
            const std::size_t end = std::min(text.find_first_of(" \n\r", begin), text.size());
            const auto word = text.substr(begin, end - begin);
            const auto found = std::find(m_words.begin(), m_words.end(), word);
            tokens.ids.push_back(
                core::TokenId(found == m_words.end() ? 1 : found - m_words.begin()));
            at = end;
        }
        tokens.pieces.resize(tokens.ids.size());
        tokens.offsets.resize(tokens.ids.size());
        return tokens;
    }
    std::string decode(std::span<const core::TokenId> ids, bool skipSpecial) const override
    {
        std::string text;
        for (const core::TokenId id : ids)
            if (!skipSpecial || !isSpecial(id))
                text += display(id);
        return text;
    }
    std::string display(core::TokenId id) const override
    {
        return " " + m_words[static_cast<std::size_t>(id.value)];
    }
    int size() const override { return static_cast<int>(m_words.size()); }
    bool isSpecial(core::TokenId id) const override { return id.value == 0; }
    std::optional<core::TokenId> find(std::string_view piece) const override
    {
        const auto found = std::find(m_words.begin(), m_words.end(), piece);
        return found == m_words.end() ? std::nullopt
                                      : std::optional(core::TokenId(found - m_words.begin()));
    }
    std::optional<core::TokenId> bos() const override { return core::TokenId(0); }
    std::optional<core::TokenId> eos() const override { return std::nullopt; }
    std::string typeName() const override { return "words"; }

private:
    std::vector<std::string> m_words;
};

} // namespace tests
