// The tokenizer as the rest of the program sees it: names, display, special tokens, and damaged
// files.
#include "core/text/tokenizer.h"

#include "core/files/json_file.h"
#include "core/text/utf8.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <random>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using core::TokenId;
using core::Tokenizer;
using nlohmann::json;
using testing::HasSubstr;
using tests::TemporaryFolder;

std::shared_ptr<const Tokenizer> kept(const char* name)
{
    const auto opened = Tokenizer::open(tests::testFixture("oracles/tokenizers") / name);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
}

json keptJson(const char* name)
{
    return core::readJson(tests::testFixture("oracles/tokenizers") / name / "tokenizer.json")
        .value();
}

/// Opens a tokenizer.json with this content and, if given, a tokenizer_config.json beside it.
core::Result<std::shared_ptr<const Tokenizer>> openText(
    const std::string& text, const std::string& config = {})
{
    const TemporaryFolder folder;
    tests::writeAll(folder / "tokenizer.json", text);
    if (!config.empty())
        tests::writeAll(folder / "tokenizer_config.json", config);
    return Tokenizer::open(folder.path());
}

std::string refusal(const json& tokenizer)
{
    const auto opened = openText(tokenizer.dump());
    if (opened)
        return {};
    EXPECT_THAT(opened.error().message, HasSubstr("tokenizer.json"));
    return opened.error().message;
}

TEST(Tokenizer, NamesItsSpecialTokens)
{
    EXPECT_EQ(kept("tiny-gpt2")->bos(), TokenId(0));
    EXPECT_EQ(kept("tiny-gpt2")->eos(), TokenId(0));
    EXPECT_EQ(kept("tiny-gpt2")->typeName(), "byte-level BPE");
    EXPECT_EQ(kept("tiny-llama3")->bos(), TokenId(1));
    EXPECT_EQ(kept("tiny-mistral-v01")->bos(), TokenId(1));
    EXPECT_EQ(kept("tiny-mistral-v01")->eos(), TokenId(2));
    EXPECT_EQ(kept("tiny-mistral-v01")->typeName(), "SentencePiece-style BPE");
    EXPECT_TRUE(kept("tiny-llama3")->isSpecial(TokenId(1)));
    EXPECT_FALSE(kept("tiny-llama3")->isSpecial(TokenId(100)));
    EXPECT_FALSE(kept("tiny-llama3")->isSpecial(TokenId(-1)));
    EXPECT_EQ(kept("tiny-llama3")->find("<|begin_of_text|>"), TokenId(1));
    EXPECT_EQ(kept("tiny-llama3")->find("no such piece"), std::nullopt);
}

TEST(Tokenizer, SideFilesDecideTheBeginning)
{
    json tokenizer = keptJson("tiny-mistral-v01");
    EXPECT_EQ((*openText(tokenizer.dump()))->bos(), TokenId(1)); // the template starts with it
    EXPECT_EQ(
        (*openText(tokenizer.dump(), R"({"bos_token": null, "eos_token": {"content": "</s>"}})"))
            ->bos(),
        std::nullopt);
    EXPECT_EQ(
        (*openText(tokenizer.dump(), R"({"eos_token": {"content": "</s>"}})"))->eos(), TokenId(2));
    // Without a template the flags of tokenizer_config.json hold.
    tokenizer["post_processor"] = nullptr;
    const auto ids = [&](const char* config) {
        return (*openText(tokenizer.dump(), config))->encode("", true)->ids;
    };
    EXPECT_EQ(ids(R"({"bos_token": "<s>", "tokenizer_class": "LlamaTokenizer"})"),
        std::vector{TokenId(1)});
    EXPECT_EQ(
        ids(R"({"bos_token": "<s>", "tokenizer_class": "LlamaTokenizer", "add_bos_token": false})")
            .size(),
        0u);
    EXPECT_EQ(
        ids(R"({"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true, "add_eos_token": true})"),
        (std::vector{TokenId(1), TokenId(2)}));
    EXPECT_EQ(ids(R"({"bos_token": "<nowhere>", "add_bos_token": true})").size(), 0u);
    EXPECT_FALSE(openText(tokenizer.dump(), "{"));
    EXPECT_FALSE(openText(tokenizer.dump(), "[]"));
}

TEST(Tokenizer, ConfigIdsServeWhereNothingElseSpeaks)
{
    const TemporaryFolder folder;
    tests::writeAll(folder / "tokenizer.json", keptJson("tiny-gpt2").dump());
    tests::writeAll(folder / "config.json", R"({"bos_token_id": 0, "eos_token_id": [7, 8]})");
    EXPECT_EQ((*Tokenizer::open(folder / "tokenizer.json"))->bos(), TokenId(0));
    EXPECT_EQ((*Tokenizer::open(folder.path()))->eos(), TokenId(7));
    tests::writeAll(folder / "config.json", R"({"bos_token_id": 99999, "eos_token_id": -1})");
    EXPECT_EQ((*Tokenizer::open(folder.path()))->bos(), std::nullopt);
    EXPECT_EQ((*Tokenizer::open(folder.path()))->eos(), std::nullopt);
}

TEST(Tokenizer, DisplaysEveryTokenAsText)
{
    for (const char* name : {"tiny-gpt2", "tiny-llama3", "tiny-mistral-v01"}) {
        const auto tokenizer = kept(name);
        for (int id = 0; id < tokenizer->size(); ++id) {
            EXPECT_TRUE(core::isUtf8(tokenizer->display(TokenId(id))));
            EXPECT_FALSE(tokenizer->display(TokenId(id)).empty()) << name << " " << id;
        }
        EXPECT_EQ(tokenizer->display(TokenId(tokenizer->size())), "");
        EXPECT_EQ(tokenizer->display(TokenId()), "");
    }
    const auto gpt2 = kept("tiny-gpt2");
    EXPECT_EQ(gpt2->display(*gpt2->find("Ġa")), " a");
    EXPECT_EQ(gpt2->display(*gpt2->find("Ċ")), "\n");
    EXPECT_EQ(gpt2->display(*gpt2->find("Ã")), "<0xC3>");
    const auto mistral = kept("tiny-mistral-v01");
    EXPECT_EQ(mistral->display(*mistral->find("▁")), " ");
    EXPECT_EQ(mistral->display(*mistral->find("<0x0A>")), "\n");
    EXPECT_EQ(mistral->display(*mistral->find("<0xE2>")), "<0xE2>");
    EXPECT_EQ(mistral->display(TokenId(1)), "<s>");
}

TEST(Tokenizer, InvalidInputBecomesReplacementCharacters)
{
    const auto tokenizer = kept("tiny-gpt2");
    const auto tokens = tokenizer->encode("a\xff\xe2\x82z", false);
    ASSERT_TRUE(tokens);
    EXPECT_EQ(tokenizer->decode(tokens->ids), "a\ufffd\ufffdz");
    EXPECT_EQ(tokens->offsets.back(), std::pair(4, 5));
    EXPECT_EQ(tokens->offsets[1], std::pair(1, 2));
}

TEST(Tokenizer, AnyTextSurvivesTheRoundTrip)
{
    std::mt19937 random(3);
    for (const char* name : {"tiny-gpt2", "tiny-llama3"}) {
        const auto tokenizer = kept(name);
        for (int trial = 0; trial < 300; ++trial) {
            std::string text;
            for (unsigned i = 0; i < random() % 40; ++i) {
                const char32_t c = random() % 2 ? random() % 0x80 : random() % 0x10ffff;
                core::appendUtf8(text, c >= 0xd800 && c < 0xe000 ? U' ' : c);
            }
            const auto tokens = tokenizer->encode(text, false);
            ASSERT_TRUE(tokens);
            EXPECT_EQ(tokenizer->decode(tokens->ids), text);
            int last = 0;
            for (const auto& [begin, end] : tokens->offsets) {
                EXPECT_LE(begin, end);
                EXPECT_GE(end, last);
                last = end;
            }
            EXPECT_EQ(last, static_cast<int>(text.size()));
        }
    }
}

/// "đ", "č" and "Ö" are also letters that stand for bytes.
TEST(Tokenizer, AddedTokensStandForTheirOwnText)
{
    for (const char* name : {"tiny-gpt2", "tiny-llama3"}) {
        for (const bool isSequence : {false, true}) {
            json tokenizer = keptJson(name);
            if (isSequence)
                tokenizer["decoder"] = {{"type", "Sequence"},
                    {"decoders", json::array({tokenizer["decoder"], {{"type", "Fuse"}}})}};
            int id = kept(name)->size();
            for (const char* content : {"đem", "Začnimo", "ilÖveyou"})
                tokenizer["added_tokens"].push_back(
                    {{"id", id++}, {"content", content}, {"special", false}});
            const auto opened = openText(tokenizer.dump());
            ASSERT_TRUE(opened) << opened.error().message;
            for (const std::string text : {"đem Začnimo ilÖveyou", "đ č Ö é đemđem\x7f", "aĠb"}) {
                const auto tokens = (*opened)->encode(text, false);
                ASSERT_TRUE(tokens) << tokens.error().message;
                EXPECT_EQ((*opened)->decode(tokens->ids), text) << name;
            }
            const std::vector<TokenId> added{TokenId(id - 3), TokenId(id - 2), TokenId(id - 1)};
            EXPECT_EQ((*opened)->decode(added), "đemZačnimoilÖveyou") << name;
            EXPECT_EQ((*opened)->display(added[0]), "đem") << name;
        }
        // What the vocabulary makes of a space stays one, though it be listed.
        json tokenizer = keptJson(name);
        tokenizer["added_tokens"].push_back(
            {{"id", tokenizer["model"]["vocab"]["Ġ"]}, {"content", "Ġ"}, {"special", false}});
        const auto opened = openText(tokenizer.dump());
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ((*opened)->decode((*opened)->encode("a  7 b ", false)->ids), "a  7 b ") << name;
    }
}

TEST(Tokenizer, DecodePassesOverIdsThatDoNotExist)
{
    const std::vector<TokenId> ids{TokenId(-1), TokenId(1'000'000)};
    EXPECT_EQ(kept("tiny-gpt2")->decode(ids), "");
}

TEST(TokenizerHostile, TruncatedFiles)
{
    const std::string text
        = tests::readAll(tests::testFixture("oracles/tokenizers/tiny-llama3/tokenizer.json"));
    ASSERT_TRUE(openText(text));
    const std::size_t end = text.find_last_of('}');
    for (std::size_t length = 0; length <= end; length += 37)
        EXPECT_FALSE(openText(text.substr(0, length))) << length;
}

TEST(TokenizerHostile, MutationsNeverCrash)
{
    const std::string text
        = tests::readAll(tests::testFixture("oracles/tokenizers/tiny-mistral-v01/tokenizer.json"));
    std::mt19937 random(17);
    int opened = 0;
    for (int trial = 0; trial < 1500; ++trial) {
        std::string bytes = text;
        for (unsigned change = 0; change <= random() % 3; ++change) {
            const std::size_t at = random() % bytes.size();
            if (random() % 2)
                bytes[at] = static_cast<char>(32 + random() % 95);
            else
                bytes.erase(at, random() % 20);
        }
        const auto tokenizer = openText(bytes);
        if (!tokenizer) {
            EXPECT_FALSE(tokenizer.error().message.empty());
            continue;
        }
        ++opened;
        const auto tokens = (*tokenizer)->encode("Hello  world é\xff", true);
        if (tokens)
            (*tokenizer)->decode(tokens->ids);
    }
    EXPECT_GT(opened, 0);
    EXPECT_LT(opened, 1500);
}

TEST(TokenizerHostile, DamagedEntries)
{
    const json good = keptJson("tiny-llama3");
    const auto with = [&good](const char* pointer, const json& value) {
        json tokenizer = good;
        tokenizer[json::json_pointer(pointer)] = value;
        return refusal(tokenizer);
    };
    EXPECT_EQ(refusal(good), "");
    EXPECT_THAT(refusal(json::array()), HasSubstr("field `model` is missing"));
    EXPECT_THAT(with("/model", "BPE"), HasSubstr("JSON object"));
    EXPECT_THAT(with("/model/type", "WordPiece"), HasSubstr("`WordPiece`"));
    EXPECT_THAT(with("/added_tokens", 7), HasSubstr("`added_tokens` must be a list"));
    EXPECT_THAT(with("/added_tokens/1", "x"), HasSubstr("added_tokens entry 1"));
    EXPECT_THAT(with("/added_tokens/1/id", "x"), HasSubstr("`id` must be a whole number"));
    EXPECT_THAT(with("/added_tokens/1/content", 5), HasSubstr("`content` must be a string"));
    EXPECT_THAT(
        with("/added_tokens/1", {{"id", 5}, {"content", "<new>"}}), HasSubstr("belongs to"));
    EXPECT_THAT(
        with("/added_tokens/1", {{"id", -5}, {"content", "<new>"}}), HasSubstr("out of range"));
    EXPECT_THAT(with("/added_tokens/1", {{"id", 1LL << 40}, {"content", "<new>"}}),
        HasSubstr("out of range"));
    json twice = good;
    twice["added_tokens"].push_back({{"id", 400}, {"content", "<x>"}});
    twice["added_tokens"].push_back({{"id", 400}, {"content", "<y>"}});
    EXPECT_THAT(refusal(twice), HasSubstr("both have id 400"));
    EXPECT_THAT(with("/pre_tokenizer/pretokenizers/0/pattern/Regex", "[a"),
        HasSubstr("regular expression"));
    EXPECT_THAT(with("/pre_tokenizer/pretokenizers/0/type", "UnicodeScripts"),
        HasSubstr("`UnicodeScripts`"));
    EXPECT_THAT(with("/normalizer", {{"type", "Precompiled"}}), HasSubstr("`Precompiled`"));
    EXPECT_THAT(with("/decoder", {{"type", "WordPiece"}}), HasSubstr("`WordPiece`"));
    EXPECT_THAT(with("/post_processor", {{"type", "Odd"}}), HasSubstr("`Odd`"));
    EXPECT_THAT(with("/post_processor", {{"type", "BertProcessing"}}), HasSubstr("`cls`"));
    EXPECT_THAT(with("/post_processor",
                    {{"type", "RobertaProcessing"}, {"cls", {"<s>", 1}}, {"sep", {"</s>", 9999}}}),
        HasSubstr("no token of this tokenizer"));
    EXPECT_THAT(with("/model/dropout", 0.1), HasSubstr("`model.dropout`"));
    EXPECT_EQ(with("/model/dropout", 0), "");
    const std::string bos = "/post_processor/processors/1/special_tokens/<|begin_of_text|>/ids";
    EXPECT_THAT(with(bos.c_str(), {5000}), HasSubstr("no token of this tokenizer"));
    EXPECT_THAT(with(bos.c_str(), "x"), HasSubstr("has no `ids`"));
    EXPECT_THAT(with("/post_processor/processors/1/single/1/Sequence/id", "B"),
        HasSubstr("only the sequence A"));
    EXPECT_THAT(with("/post_processor/processors/1/single", 1), HasSubstr("list `single`"));
}

TEST(TokenizerHostile, FoldersWithout)
{
    const TemporaryFolder folder;
    EXPECT_EQ(Tokenizer::open(folder.path()).error().code, core::Error::Code::NotFound);
    tests::writeAll(folder / "tokenizer.model", "x");
    EXPECT_EQ(Tokenizer::open(folder.path()).error().code, core::Error::Code::InvalidFile);
    EXPECT_THAT(Tokenizer::open(folder.path()).error().message, HasSubstr("tokenizer.model"));
    EXPECT_EQ(Tokenizer::open(folder / "tokenizer.json").error().code, core::Error::Code::NotFound);
}

} // namespace
