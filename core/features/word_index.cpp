#include "core/features/word_index.h"

#include <cctype>
#include <cmath>

namespace core {

namespace {

bool isWordByte(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) || byte >= 0x80;
}

} // namespace

std::vector<WordSpan> wordsOf(const std::vector<std::string_view>& tokenTexts)
{
    std::vector<WordSpan> words;
    bool isInside = false;
    for (std::size_t t = 0; t < tokenTexts.size(); ++t)
        for (const char c : tokenTexts[t]) {
            if (!isWordByte(c)) {
                isInside = false;
                continue;
            }
            const int token = static_cast<int>(t);
            if (!isInside)
                words.push_back({"", token, token});
            isInside = true;
            words.back().word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            words.back().lastToken = token;
        }
    return words;
}

WordIndex::WordIndex(
    const std::vector<Passage>& passages, const std::vector<std::string>& vocabulary)
{
    std::unordered_map<std::string, std::int32_t> ids;
    std::vector<std::int64_t> lastPassage; // By word: counts each passage once.
    for (std::size_t p = 0; p < passages.size(); ++p) {
        const Passage& passage = passages[p];
        std::vector<std::string_view> texts;
        for (const TokenId id : passage.tokens)
            texts.push_back(id.index() < vocabulary.size()
                    ? std::string_view(vocabulary[id.index()])
                    : std::string_view());
        std::vector<std::int32_t>& row = m_words.emplace_back(passage.tokens.size(), -1);
        for (WordSpan& span : wordsOf(texts)) {
            const auto [known, isNew]
                = ids.try_emplace(span.word, static_cast<std::int32_t>(m_texts.size()));
            if (isNew) {
                m_texts.push_back(span.word);
                m_passagesWith.push_back(0);
                lastPassage.push_back(-1);
            }
            const auto word = static_cast<std::size_t>(known->second);
            if (lastPassage[word] != static_cast<std::int64_t>(p)) {
                lastPassage[word] = static_cast<std::int64_t>(p);
                ++m_passagesWith[word];
            }
            for (int t = span.firstToken; t <= span.lastToken; ++t)
                row[static_cast<std::size_t>(t)] = known->second;
        }
    }
}

std::int32_t WordIndex::wordAt(std::int64_t passage, std::int64_t position) const
{
    return m_words[static_cast<std::size_t>(passage)][static_cast<std::size_t>(position)];
}

double WordIndex::rarity(std::int32_t word) const
{
    return std::log(
        double(m_words.size() + 1) / double(m_passagesWith[static_cast<std::size_t>(word)] + 1));
}

} // namespace core
