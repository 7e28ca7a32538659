#include "core/steering/text_stream.h"

#include <gtest/gtest.h>

using namespace core;

namespace {

/// One token per byte; broken UTF-8 is decoded to the replacement character, as tokenizers do.
class ByteTokenizer : public Tokenizer {
public:
    Result<Tokens> encode(std::string_view, bool) const override { return Tokens{}; }
    std::string decode(std::span<const TokenId> ids, bool) const override
    {
        std::string bytes;
        for (const TokenId id : ids)
            bytes += static_cast<char>(id.value);
        std::string text;
        for (std::size_t i = 0; i < bytes.size();) {
            const auto lead = static_cast<unsigned char>(bytes[i]);
            const std::size_t length = lead < 0x80 ? 1
                : lead >= 0xF0                     ? 4
                : lead >= 0xE0                     ? 3
                : lead >= 0xC0                     ? 2
                                                   : 0;
            bool isWhole = length > 0 && i + length <= bytes.size();
            for (std::size_t j = 1; isWhole && j < length; ++j)
                isWhole = (static_cast<unsigned char>(bytes[i + j]) & 0xC0) == 0x80;
            text += isWhole ? bytes.substr(i, length) : std::string("\xEF\xBF\xBD");
            i += isWhole ? length : 1;
        }
        return text;
    }
    std::string display(TokenId) const override { return {}; }
    int size() const override { return 256; }
    bool isSpecial(TokenId) const override { return false; }
    std::optional<TokenId> find(std::string_view) const override { return std::nullopt; }
    std::optional<TokenId> bos() const override { return std::nullopt; }
    std::optional<TokenId> eos() const override { return std::nullopt; }
    std::string typeName() const override { return "bytes"; }
};

std::vector<std::string> pieces(const std::string& bytes)
{
    const std::vector<TokenId> prompt = {TokenId('h'), TokenId('i')};
    TextStream stream(std::make_shared<ByteTokenizer>(), prompt);
    std::vector<std::string> result;
    for (const char byte : bytes)
        result.push_back(stream.push(TokenId(static_cast<unsigned char>(byte))));
    result.push_back(stream.finish());
    std::string joined;
    for (const std::string& piece : result)
        joined += piece;
    EXPECT_EQ(joined, stream.text());
    return result;
}

} // namespace

TEST(TextStream, HalfACharacterWaitsForItsOtherHalf)
{
    EXPECT_EQ(pieces("a\xC3\xA9z"), (std::vector<std::string>{"a", "", "\xC3\xA9", "z", ""}));
    EXPECT_EQ(pieces("\xF0\x9F\x8C\x89!"),
        (std::vector<std::string>{"", "", "", "\xF0\x9F\x8C\x89", "!", ""}));
}

TEST(TextStream, WhatNeverBecomesACharacterIsShownAnyway)
{
    EXPECT_EQ(pieces("a\xC3"), (std::vector<std::string>{"a", "", "\xEF\xBF\xBD"}));
    EXPECT_EQ(pieces("\xC3z"), (std::vector<std::string>{"", "\xEF\xBF\xBDz", ""}));
    std::string all;
    for (const std::string& piece : pieces("\x80\x80\x80\x80\x80\x80"))
        all += piece;
    EXPECT_EQ(all.size(), 18u);
}

TEST(TextStream, SeesWhereACharacterIsCut)
{
    EXPECT_FALSE(endsInsideCharacter(""));
    EXPECT_FALSE(endsInsideCharacter("abc"));
    EXPECT_FALSE(endsInsideCharacter("caf\xC3\xA9"));
    EXPECT_TRUE(endsInsideCharacter("caf\xC3"));
    EXPECT_TRUE(endsInsideCharacter("\xE2\x82"));
    EXPECT_FALSE(endsInsideCharacter("\xE2\x82\xAC"));
    EXPECT_TRUE(endsInsideCharacter("\xF0\x9F\x8C"));
    EXPECT_TRUE(endsInsideCharacter("x\xEF\xBF\xBD"));
}

TEST(Repetition, IsTheShareOfRepeatedFourGrams)
{
    const auto share = [](std::initializer_list<int> ids) {
        std::vector<TokenId> tokens;
        for (const int id : ids)
            tokens.emplace_back(id);
        return repetition(tokens);
    };
    EXPECT_EQ(share({}), 0.0);
    EXPECT_EQ(share({1, 1, 1}), 0.0);
    EXPECT_EQ(share({1, 2, 3, 4, 5, 6}), 0.0);
    EXPECT_EQ(share({1, 1, 1, 1, 1}), 0.5); // two 4-grams, the second said before
    EXPECT_EQ(share({1, 2, 3, 4, 1, 2, 3, 4}), 0.2); // five, one said before
}
