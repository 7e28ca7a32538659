// The parts of the pipeline, each by itself.
#include "core/text/byte_alphabet.h"
#include "core/text/decoder.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/utf8.h"

#include <cstdlib>
#include <random>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <utf8proc.h>

namespace {

using core::AlignedText;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> cut(const json& entry, const std::string& text)
{
    const auto made = core::makePreTokenizer(entry, "t.json");
    EXPECT_TRUE(made) << made.error().message;
    core::Words words(AlignedText::fromInput(text));
    const auto done = (*made)->cut(words);
    EXPECT_TRUE(done) << done.error().message;
    std::vector<std::string> texts;
    for (const auto& span : words.spans)
        texts.emplace_back(words.word(span));
    return texts;
}

AlignedText normalized(const json& entry, const std::string& text)
{
    const auto made = core::makeNormalizer(entry, "t.json");
    EXPECT_TRUE(made) << made.error().message;
    return (*made)->apply(AlignedText::fromInput(text)).value();
}

std::string decoded(const json& entry, std::vector<std::string> pieces)
{
    const auto made = core::makeDecoder(entry, "t.json");
    EXPECT_TRUE(made) << made.error().message;
    (*made)->apply(pieces);
    std::string text;
    for (const std::string& piece : pieces)
        text += "[" + piece + "]";
    return text;
}

// The example of the tokenizers documentation.
TEST(PreTokenizer, SplitsInFiveWays)
{
    const auto split = [](const char* behavior) {
        return cut({{"type", "Split"}, {"pattern", {{"String", "-"}}}, {"behavior", behavior},
                       {"invert", false}},
            "the-final--countdown");
    };
    EXPECT_THAT(split("Removed"), ElementsAre("the", "final", "countdown"));
    EXPECT_THAT(split("Isolated"), ElementsAre("the", "-", "final", "-", "-", "countdown"));
    EXPECT_THAT(split("MergedWithPrevious"), ElementsAre("the-", "final-", "-", "countdown"));
    EXPECT_THAT(split("MergedWithNext"), ElementsAre("the", "-final", "-", "-countdown"));
    EXPECT_THAT(split("Contiguous"), ElementsAre("the", "-", "final", "--", "countdown"));
    EXPECT_THAT(cut({{"type", "Split"}, {"pattern", {{"Regex", "\\w+"}}}, {"behavior", "Removed"},
                        {"invert", true}},
                    "a, b"),
        ElementsAre("a", "b"));
}

TEST(PreTokenizer, CutsByKindOfCharacter)
{
    EXPECT_THAT(cut({{"type", "Whitespace"}}, "Hi, you_2!  é\u0301?"),
        ElementsAre("Hi", ",", "you_2", "!", "é\u0301", "?"));
    EXPECT_THAT(cut({{"type", "WhitespaceSplit"}}, " a,b\u3000c\n"), ElementsAre("a,b", "c"));
    EXPECT_THAT(cut({{"type", "Digits"}, {"individual_digits", true}}, "ab12½"),
        ElementsAre("ab", "1", "2", "½"));
    EXPECT_THAT(
        cut({{"type", "Digits"}, {"individual_digits", false}}, "ab12½"), ElementsAre("ab", "12½"));
    EXPECT_THAT(cut({{"type", "Punctuation"}}, "a…b!!"), ElementsAre("a", "…", "b", "!", "!"));
}

TEST(PreTokenizer, MetaspaceMarksTheBeginning)
{
    const auto metaspace = [](const char* scheme, bool split, const char* text) {
        return cut({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", scheme},
                       {"split", split}},
            text);
    };
    EXPECT_THAT(
        metaspace("always", true, "Hey my  friend"), ElementsAre("▁Hey", "▁my", "▁", "▁friend"));
    EXPECT_THAT(metaspace("never", true, "Hey you"), ElementsAre("Hey", "▁you"));
    EXPECT_THAT(metaspace("first", false, " Hey"), ElementsAre("▁Hey"));
    EXPECT_THAT(
        cut({{"type", "Metaspace"}, {"replacement", "▁"}, {"add_prefix_space", false}}, "a"),
        ElementsAre("a"));
}

TEST(PreTokenizer, ByteLevelPrefixKeepsOffsets)
{
    const auto made
        = core::makePreTokenizer({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "t.json");
    core::Words words(AlignedText::fromInput("é b"));
    ASSERT_TRUE((*made)->cut(words));
    ASSERT_EQ(words.spans.size(), 2u);
    EXPECT_EQ(words.word(words.spans[0]), "ĠÃ©");
    EXPECT_EQ(words.text.sourceRange(words.spans[0].begin, words.spans[0].end), std::pair(0, 2));
    EXPECT_EQ(words.text.sourceRange(words.spans[1].begin, words.spans[1].end), std::pair(2, 4));
}

TEST(Parts, UnknownTypesAreRefusedByName)
{
    const json odd = {{"type", "Odd"}};
    EXPECT_THAT(core::makePreTokenizer(odd, "t.json").error().message,
        HasSubstr("t.json: pre_tokenizer of type `Odd`"));
    EXPECT_THAT(
        core::makeNormalizer(odd, "t.json").error().message, HasSubstr("normalizer of type `Odd`"));
    EXPECT_THAT(
        core::makeDecoder(odd, "t.json").error().message, HasSubstr("decoder of type `Odd`"));
    EXPECT_FALSE(core::makePreTokenizer({{"type", 3}}, "t.json"));
    EXPECT_FALSE(core::makePreTokenizer({{"type", "Sequence"}}, "t.json"));
    EXPECT_FALSE(core::makePreTokenizer("ByteLevel", "t.json"));
    EXPECT_FALSE(core::makeNormalizer({{"type", "Replace"}, {"content", "x"}}, "t.json"));
    EXPECT_FALSE(core::makeNormalizer({{"type", "Prepend"}}, "t.json"));
    EXPECT_THAT(
        core::makePreTokenizer({{"type", "Split"}, {"pattern", {{"Regex", "(a"}}}}, "t.json")
            .error()
            .message,
        HasSubstr("the regular expression `(a` cannot be used"));
    EXPECT_FALSE(core::makePreTokenizer(
        {{"type", "Split"}, {"pattern", {{"String", "a"}}}, {"behavior", "Odd"}}, "t"));
}

TEST(PreTokenizer, RunawayExpressionGivesAnError)
{
    const auto made = core::makePreTokenizer(
        {{"type", "Split"}, {"pattern", {{"Regex", "(a|a|a|a)*(a|a|a|a)*(a|a|a|a)*[^a]$"}}},
            {"behavior", "Isolated"}},
        "t.json");
    ASSERT_TRUE(made);
    core::Words words(AlignedText::fromInput(std::string(60, 'a') + "b" + std::string(60, 'a')));
    const auto done = (*made)->cut(words);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("gave up"));
}

TEST(Normalizer, RewritesText)
{
    EXPECT_EQ(normalized({{"type", "Lowercase"}}, "ÀBİ").text(), "àbi\u0307");
    EXPECT_EQ(normalized({{"type", "Strip"}}, " \u3000a b\n").text(), "a b");
    EXPECT_EQ(normalized({{"type", "Strip"}, {"strip_left", false}}, " a ").text(), " a");
    EXPECT_EQ(normalized({{"type", "Strip"}}, " \n").text(), "");
    EXPECT_EQ(normalized({{"type", "Prepend"}, {"prepend", "▁"}}, "").text(), "");
    EXPECT_EQ(normalized({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", "▁"}},
                  "a   b c")
                  .text(),
        "a▁b c");
    EXPECT_EQ(normalized({{"type", "Sequence"},
                             {"normalizers", {{{"type", "NFD"}}, {{"type", "StripAccents"}}}}},
                  "çé")
                  .text(),
        "ce");
}

TEST(Normalizer, UnicodeFormsAgreeWithTheWholeTextFunctions)
{
    const std::vector<std::pair<char32_t, char32_t>> ranges{{0x20, 0x17f}, {0x300, 0x345},
        {0x1100, 0x11ff}, {0xac00, 0xac40}, {0x1e00, 0x1eff}, {0x915, 0x94d}, {0xfb00, 0xfb4f},
        {0x2000, 0x206f}, {0x9be, 0x9d7}, {0xf71, 0xf84}, {0x3300, 0x33ff}, {0x1d15e, 0x1d164}};
    std::mt19937 random(11);
    for (int trial = 0; trial < 4000; ++trial) {
        std::string text;
        for (unsigned i = 0; i < 1 + random() % 12; ++i) {
            const auto [low, high] = ranges[random() % ranges.size()];
            core::appendUtf8(text, low + static_cast<char32_t>(random() % (high - low + 1)));
        }
        const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.c_str());
        using Form = utf8proc_uint8_t* (*)(const utf8proc_uint8_t*);
        const std::vector<std::pair<std::string, Form>> forms{{"NFC", utf8proc_NFC},
            {"NFD", utf8proc_NFD}, {"NFKC", utf8proc_NFKC}, {"NFKD", utf8proc_NFKD}};
        for (const auto& [type, whole] : forms) {
            utf8proc_uint8_t* expected = whole(bytes);
            EXPECT_EQ(
                normalized({{"type", type}}, text).text(), reinterpret_cast<const char*>(expected))
                << type << " of " << json(text).dump(-1, ' ', true);
            std::free(expected);
        }
    }
}

TEST(Decoder, PartsDoWhatTheyAreNamedFor)
{
    EXPECT_EQ(
        decoded({{"type", "ByteFallback"}}, {"a", "<0xC3>", "<0xA9>", "b", "<0xE2>", "<0x82>"}),
        "[a][é][b][\ufffd][\ufffd]");
    EXPECT_EQ(decoded({{"type", "ByteFallback"}}, {"<0xZZ>", "<0x0g>"}), "[<0xZZ>][<0x0g>]");
    EXPECT_EQ(decoded({{"type", "Fuse"}}, {"a", "b"}), "[ab]");
    EXPECT_EQ(
        decoded({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 2}}, {"  a   ", " "}),
        "[ a ][]");
    EXPECT_EQ(decoded({{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                  {"▁a▁", "b"}),
        "[ a ][b]");
    EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}},
                  {"▁a", "▁b"}),
        "[a][ b]");
    EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "never"}},
                  {"▁a", "▁b"}),
        "[ a][ b]");
    EXPECT_EQ(decoded({{"type", "ByteLevel"}}, {"Ġa", "Ã", "Ã©", "<é世>"}), "[ a\ufffdé<é世>]");
}

TEST(ByteAlphabet, EveryByteComesBack)
{
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte)
        bytes += static_cast<char>(byte);
    const std::string encoded = core::byte_alphabet::encode(bytes);
    EXPECT_TRUE(core::isUtf8(encoded));
    EXPECT_EQ(core::byte_alphabet::decode(encoded), bytes);
    EXPECT_EQ(core::byte_alphabet::encode(std::string("\0 \n\x7f\xad", 5)), "ĀĠĊġŃ");
    EXPECT_FALSE(core::byte_alphabet::decode("a b"));
}

// Table 3-8 of the Unicode Standard and its neighbours.
TEST(Utf8, InvalidBytesBecomeOneReplacementPerMaximalPart)
{
    EXPECT_EQ(core::toValidUtf8("a\xf1\x80\x80\xe1\x80\xc2"
                                "b\x80"
                                "c\x80\xbf"
                                "d"),
        "a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd");
    EXPECT_EQ(core::toValidUtf8("\xc0\xaf"), "\ufffd\ufffd"); // overlong
    EXPECT_EQ(core::toValidUtf8("\xed\xa0\x80"), "\ufffd\ufffd\ufffd"); // a surrogate
    EXPECT_EQ(core::toValidUtf8("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd"); // above U+10FFFF
    EXPECT_EQ(core::toValidUtf8("\xe2\x82"), "\ufffd");
    EXPECT_TRUE(core::isUtf8("\xf4\x8f\xbf\xbf é世"));
}

} // namespace
