#include "core/labels/corpus_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include <fmt/format.h>

namespace core {

namespace {

bool isLetterByte(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) || byte >= 0x80;
}

struct Cut {
    std::size_t begin = 0, end = 0;
};

/// Where the words of a text lie.
std::vector<Cut> cutWords(std::string_view text)
{
    std::vector<Cut> cuts;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        std::size_t end = i + 1;
        if (isLetterByte(c)) {
            while (end < text.size()
                && (isLetterByte(text[end])
                    || (text[end] == '\'' && end + 1 < text.size()
                        && std::isalpha(static_cast<unsigned char>(text[end + 1])))))
                ++end;
        } else if (c == '\n') {
            while (end < text.size() && text[end] == '\n')
                ++end;
        } else if (std::isspace(static_cast<unsigned char>(c))) {
            i = end;
            continue;
        } else {
            while (end < text.size() && text[end] == c)
                ++end;
        }
        cuts.push_back({i, end});
        i = end;
    }
    return cuts;
}

std::uint8_t classesOf(const std::string& word)
{
    const auto bit
        = [](WordClass one) { return static_cast<std::uint8_t>(1u << static_cast<int>(one)); };
    if (word[0] == '\n')
        return bit(WordClass::LineBreak);
    if (!isLetterByte(word[0]))
        return bit(WordClass::Punctuation);
    std::size_t digits = 0, upper = 0, letters = 0, outside = 0;
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        digits += std::isdigit(byte) != 0;
        upper += std::isupper(byte) != 0;
        letters += std::isalpha(byte) != 0;
        outside += byte >= 0x80;
    }
    std::uint8_t classes = 0;
    if (digits > 0 && letters == 0 && outside == 0)
        classes |= bit(WordClass::Digits);
    const bool beginsUpper = std::isupper(static_cast<unsigned char>(word[0])) != 0;
    if (beginsUpper && upper >= 2 && upper == letters)
        classes |= bit(WordClass::Capitals);
    else if (beginsUpper)
        classes |= bit(WordClass::Capitalised);
    if (outside > 0)
        classes |= bit(WordClass::Accented);
    return classes;
}

/// Common words that few of the other languages share. A word may stand in several rows.
constexpr std::array<const char*, static_cast<std::size_t>(TextLanguage::Count)> kCommonWords{
    " the of and is are was in it that with for you on this to has where ",
    " le la les des du un une est et dans il elle qui que pour sur avec au aux sont ce cette ",
    " der die das und ist ein eine nicht mit auf den dem im von zu sie er ",
    " el los las una es y en por con para del que se su un la ",
    " il lo gli della che di è per con una un nel sono le la ",
    " o os as um uma é em para com não do da dos das que ",
    " het een en van is dat op met niet voor zijn de "};

std::uint8_t languagesOf(const std::string& folded)
{
    std::uint8_t languages = 0;
    const std::string wanted = fmt::format(" {} ", folded);
    for (std::size_t i = 0; i < kCommonWords.size(); ++i)
        if (std::strstr(kCommonWords[i], wanted.c_str()))
            languages |= static_cast<std::uint8_t>(1u << i);
    return languages;
}

/// FNV-1a over the tokens with a mixing end: passages that say the same lie in the same half.
bool fallsInHeldOutHalf(const std::vector<TokenId>& tokens)
{
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const TokenId id : tokens) {
        hash ^= static_cast<std::uint32_t>(id.value);
        hash *= 0x100000001b3ull;
    }
    hash ^= hash >> 29;
    hash *= 0xbf58476d1ce4e5b9ull;
    return hash >> 63;
}

/// How many tokens all passages begin with alike.
std::size_t commonHead(const std::vector<Passage>& passages)
{
    constexpr std::size_t kLongestHead = 8;
    if (passages.size() < 2)
        return 0;
    std::size_t head = std::min(kLongestHead, passages.front().tokens.size());
    for (const Passage& passage : passages) {
        head = std::min(head, passage.tokens.size());
        for (std::size_t t = 0; t < head; ++t)
            if (passage.tokens[t] != passages.front().tokens[t])
                head = t;
    }
    return head;
}

std::string withoutBlanks(const std::string& text)
{
    const std::size_t begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? std::string() : text.substr(begin);
}

} // namespace

std::string foldedWord(std::string_view word)
{
    std::string folded;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const auto byte = static_cast<unsigned char>(word[i]);
        folded += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : word[i];
        // U+00C0 to U+00DE are C3 80 to C3 9E in UTF-8; their small letters lie 0x20 further.
        const bool isLatin = i > 0 && static_cast<unsigned char>(word[i - 1]) == 0xC3;
        if (isLatin && byte >= 0x80 && byte <= 0x9E
            && byte != 0x97) // 0x97 is the sign of multiplication
            folded.back() = static_cast<char>(byte + 0x20);
    }
    return folded;
}

std::vector<std::string> wordsOfText(const std::string& text)
{
    std::vector<std::string> words;
    for (const Cut& cut : cutWords(text))
        words.push_back(text.substr(cut.begin, cut.end - cut.begin));
    return words;
}

const char* languageName(TextLanguage language)
{
    constexpr const char* kNames[]
        = {"English", "French", "German", "Spanish", "Italian", "Portuguese", "Dutch"};
    return kNames[static_cast<std::size_t>(language)];
}

CorpusText::CorpusText(
    const std::vector<Passage>& passages, const std::vector<std::string>& vocabulary)
{
    const std::size_t head = commonHead(passages);
    for (const Passage& passage : passages)
        addPassage(passage, vocabulary, head);
    m_usual.assign(m_foldedTexts.size(), -1);
    for (std::size_t s = 0; s < m_spellings.size(); ++s) {
        std::int32_t& best = m_usual[static_cast<std::size_t>(m_folded[s])];
        if (best < 0 || m_tokensOf[s] > m_tokensOf[static_cast<std::size_t>(best)])
            best = static_cast<std::int32_t>(s);
    }
    listPlaces();
}

std::int32_t CorpusText::intern(const std::string& word)
{
    const auto [known, isNew]
        = m_spellingIds.try_emplace(word, static_cast<std::int32_t>(m_spellings.size()));
    if (isNew) {
        m_spellings.push_back(word);
        m_classes.push_back(classesOf(word));
        m_tokensOf.push_back(0);
        const std::string folded = foldedWord(word);
        const auto [sameWord, isNewWord]
            = m_foldedIds.try_emplace(folded, static_cast<std::int32_t>(m_foldedTexts.size()));
        if (isNewWord) {
            m_foldedTexts.push_back(folded);
            m_languages.push_back(languagesOf(folded));
            m_passagesWith.push_back(0);
            m_lastPassage.push_back(-1);
        }
        m_folded.push_back(sameWord->second);
    }
    return known->second;
}

void CorpusText::addPassage(
    const Passage& passage, const std::vector<std::string>& vocabulary, std::size_t commonHead)
{
    const auto index = static_cast<std::int64_t>(m_firstToken.size()) - 1;
    std::string text;
    std::vector<std::int32_t> tokenOf; // by byte
    std::int32_t head = 0;
    for (std::size_t t = 0; t < passage.tokens.size(); ++t) {
        const TokenId id = passage.tokens[t];
        m_tokens.push_back(id.value);
        const bool isKnown = id.isValid() && id.index() < vocabulary.size();
        const bool isSpecial = !isKnown || vocabulary[id.index()].empty() || t < commonHead
            || (commonHead > 0 && id == passage.tokens.front());
        m_isSpecial.push_back(isSpecial);
        if (isSpecial) {
            head += head == static_cast<std::int32_t>(t);
            continue;
        }
        text += vocabulary[id.index()];
        tokenOf.resize(text.size(), static_cast<std::int32_t>(t));
    }
    m_heads.push_back(head);
    m_isHeldOut.push_back(fallsInHeldOutHalf(passage.tokens));
    const std::size_t firstToken = m_wordOf.size();
    m_wordOf.resize(m_tokens.size(), -1);
    m_pieceOf.resize(m_tokens.size(), -1);
    const std::size_t firstWord = m_words.size();
    for (const Cut& cut : cutWords(text)) {
        const std::int32_t spelling = intern(text.substr(cut.begin, cut.end - cut.begin));
        const Word word{spelling, tokenOf[cut.begin], tokenOf[cut.end - 1]};
        for (std::int32_t t = word.first; t <= word.last; ++t)
            m_wordOf[firstToken + static_cast<std::size_t>(t)]
                = static_cast<std::int32_t>(m_words.size() - firstWord);
        m_words.push_back(word);
        for (std::int32_t t = word.first; t <= word.last && word.first < word.last; ++t) {
            const std::string piece
                = withoutBlanks(vocabulary[passage.tokens[static_cast<std::size_t>(t)].index()]);
            const auto [known, isNew]
                = m_pieceIds.try_emplace(piece, static_cast<std::int32_t>(m_pieces.size()));
            if (isNew) {
                m_pieces.push_back(piece);
                m_tokensOfPiece.push_back(0);
            }
            m_pieceOf[firstToken + static_cast<std::size_t>(t)] = known->second;
            ++m_tokensOfPiece[static_cast<std::size_t>(known->second)];
        }
        const auto folded = static_cast<std::size_t>(m_folded[static_cast<std::size_t>(spelling)]);
        m_passagesWith[folded] += m_lastPassage[folded] != index;
        m_lastPassage[folded] = index;
    }
    for (std::size_t t = firstToken; t < m_wordOf.size(); ++t)
        if (m_wordOf[t] >= 0)
            ++m_tokensOf[static_cast<std::size_t>(
                m_words[firstWord + static_cast<std::size_t>(m_wordOf[t])].spelling)];
    m_firstToken.push_back(static_cast<std::int64_t>(m_tokens.size()));
    m_firstWord.push_back(static_cast<std::int64_t>(m_words.size()));
}

void CorpusText::listPlaces()
{
    std::int32_t largest = -1;
    for (const std::int32_t token : m_tokens)
        largest = std::max(largest, token);
    m_firstPlace.assign(static_cast<std::size_t>(largest) + 2, 0);
    for (const std::int32_t token : m_tokens)
        if (token >= 0)
            ++m_firstPlace[static_cast<std::size_t>(token) + 1];
    for (std::size_t i = 1; i < m_firstPlace.size(); ++i)
        m_firstPlace[i] += m_firstPlace[i - 1];
    m_places.resize(static_cast<std::size_t>(m_firstPlace.back()));
    std::vector<std::int64_t> next(m_firstPlace.begin(), m_firstPlace.end());
    for (std::int32_t p = 0; p < passages(); ++p)
        for (std::int32_t t = 0; t < length(p); ++t)
            if (const std::int32_t token = this->token({p, t}); token >= 0)
                m_places[static_cast<std::size_t>(next[static_cast<std::size_t>(token)]++)]
                    = {p, t};
}

std::span<const CorpusText::Word> CorpusText::words(std::int32_t passage) const
{
    const auto p = static_cast<std::size_t>(passage);
    return std::span(m_words).subspan(static_cast<std::size_t>(m_firstWord[p]),
        static_cast<std::size_t>(m_firstWord[p + 1] - m_firstWord[p]));
}

double CorpusText::shareOfTokens(std::int32_t spelling) const
{
    return double(m_tokensOf[static_cast<std::size_t>(spelling)])
        / double(std::max<std::int64_t>(1, tokens()));
}

double CorpusText::shareOfPassages(std::int32_t folded) const
{
    return double(m_passagesWith[static_cast<std::size_t>(folded)])
        / double(std::max(1, passages()));
}

std::int32_t CorpusText::pieceAt(Place place) const
{
    return m_pieceOf[at(place)];
}

std::int32_t CorpusText::findPiece(const std::string& text) const
{
    const auto found = m_pieceIds.find(text);
    return found == m_pieceIds.end() ? -1 : found->second;
}

std::int32_t CorpusText::findSpelling(const std::string& text) const
{
    const auto found = m_spellingIds.find(text);
    return found == m_spellingIds.end() ? -1 : found->second;
}

std::int32_t CorpusText::findFolded(const std::string& text) const
{
    const auto found = m_foldedIds.find(foldedWord(text));
    return found == m_foldedIds.end() ? -1 : found->second;
}

std::vector<std::int32_t> CorpusText::spellingsLike(const std::string& folded) const
{
    constexpr std::size_t kShortestStem = 4, kLongestEnding = 2;
    std::vector<std::int32_t> all;
    for (std::size_t s = 0; s < m_folded.size(); ++s) {
        const std::string& word = m_foldedTexts[static_cast<std::size_t>(m_folded[s])];
        if (word == folded
            || (folded.size() >= kShortestStem && word.starts_with(folded)
                && word.size() <= folded.size() + kLongestEnding))
            all.push_back(static_cast<std::int32_t>(s));
    }
    return all;
}

std::span<const Place> CorpusText::placesOf(std::int32_t token) const
{
    if (token < 0 || static_cast<std::size_t>(token) + 1 >= m_firstPlace.size())
        return {};
    const auto t = static_cast<std::size_t>(token);
    return std::span(m_places).subspan(static_cast<std::size_t>(m_firstPlace[t]),
        static_cast<std::size_t>(m_firstPlace[t + 1] - m_firstPlace[t]));
}

Place CorpusText::placeOf(std::int64_t nth) const
{
    const auto after = std::upper_bound(m_firstToken.begin(), m_firstToken.end(), nth);
    const auto passage = static_cast<std::int32_t>(after - m_firstToken.begin()) - 1;
    return {
        passage, static_cast<std::int32_t>(nth - m_firstToken[static_cast<std::size_t>(passage)])};
}

} // namespace core
