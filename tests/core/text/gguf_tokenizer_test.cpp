// Tokenizers of GGUF metadata: oracles of Hugging Face's written as GGUF, and refusals.
#include "core/files/json_file.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"
#include "tests/support/gguf_bytes.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using core::Tokenizer;
using nlohmann::json;
using testing::HasSubstr;
using tests::GgufBytes;
namespace fs = std::filesystem;

constexpr std::int32_t kNormal = 1, kUnknown = 2, kControl = 3, kUser = 4, kByte = 6;

/// A tokenizer.json as llama.cpp's converter writes it.
struct Converted {
    std::vector<std::string> tokens, merges;
    std::vector<std::int32_t> types;

    explicit Converted(const json& tokenizer)
    {
        for (const auto& [piece, id] : tokenizer["model"]["vocab"].items())
            put(id.get<std::size_t>(), piece, kNormal);
        for (const json& added : tokenizer["added_tokens"])
            put(added["id"].get<std::size_t>(), added["content"],
                added["special"].get<bool>() ? kControl : kUser);
        for (const json& merge : tokenizer["model"]["merges"])
            merges.push_back(merge.is_string()
                    ? merge.get<std::string>()
                    : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
    }

private:
    void put(std::size_t id, const std::string& piece, std::int32_t type)
    {
        if (id >= tokens.size()) {
            tokens.resize(id + 1);
            types.resize(id + 1, kNormal);
        }
        tokens[id] = piece;
        types[id] = type;
    }
};

/// The ids of a case's text, which must be the oracle's.
void encodeAsTheOracle(const Tokenizer& tokenizer, const json& one, std::vector<core::TokenId>& ids)
{
    const auto text = one["text"].get<std::string>();
    const auto tokens = tokenizer.encode(text, false);
    ASSERT_TRUE(tokens) << tokens.error().message;
    ids = tokens->ids;
    std::vector<std::int64_t> values;
    for (const core::TokenId id : ids)
        values.push_back(id.value);
    EXPECT_EQ(values, one["ids"].get<std::vector<std::int64_t>>()) << text;
}

struct Case {
    const char *oracle, *pre, *architecture;
    int bos; ///< -1: none is added.
};

class GgufBpe : public testing::TestWithParam<Case> { };

TEST_P(GgufBpe, GivesTheIdsOfTheTokenizerThatItWasMadeFrom)
{
    const auto& [oracle, pre, architecture, bos] = GetParam();
    const fs::path folder = tests::testFixture("oracles/tokenizers") / oracle;
    const auto source = core::readJson(folder / "tokenizer.json");
    const auto expected = core::readJson(folder / "expected.json");
    ASSERT_TRUE(source && expected);
    const Converted converted(*source);
    GgufBytes file;
    file.text("general.architecture", architecture).text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", pre).texts("tokenizer.ggml.tokens", converted.tokens);
    file.i32s("tokenizer.ggml.token_type", converted.types);
    file.texts("tokenizer.ggml.merges", converted.merges);
    if (bos >= 0)
        file.u32("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(bos));
    const tests::TemporaryFolder temporary;
    tests::writeAll(temporary / "model.gguf", file.bytes());
    const auto tokenizer = Tokenizer::open(temporary / "model.gguf");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    int compared = 0;
    for (const json& one : (*expected)["cases"]) {
        std::vector<core::TokenId> ids;
        ASSERT_NO_FATAL_FAILURE(encodeAsTheOracle(**tokenizer, one, ids));
        EXPECT_EQ((*tokenizer)->decode(ids), one["decode"].get<std::string>());
        ++compared;
    }
    EXPECT_GT(compared, 150);
    const auto begun = (*tokenizer)->encode("a");
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->ids.size(), bos < 0 ? 1u : 2u);
    if (bos >= 0) {
        EXPECT_EQ(begun->ids.front(), core::TokenId(bos));
    }
}

INSTANTIATE_TEST_SUITE_P(Named, GgufBpe,
    testing::Values(Case{"tiny-gpt2", "gpt-2", "gpt2", -1},
        Case{"tiny-gpt_neox", "olmo", "gptneox", -1}, Case{"tiny-llama3", "llama-bpe", "llama", 1},
        Case{"tiny-qwen2", "qwen2", "qwen2", -1}),
    [](const auto& info) {
        std::string name = info.param.pre;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

class GgufPieces : public testing::TestWithParam<const char*> { };

/// The oracles' merges, as the scores of the pieces that they make.
TEST_P(GgufPieces, GiveTheIdsOfTheTokenizerThatTheyWereMadeFrom)
{
    const fs::path folder = tests::testFixture("oracles/tokenizers") / GetParam();
    const auto source = core::readJson(folder / "tokenizer.json");
    const auto expected = core::readJson(folder / "expected.json");
    ASSERT_TRUE(source && expected);
    Converted converted(*source);
    std::map<std::string, float> scores;
    for (std::size_t rank = 0; rank < converted.merges.size(); ++rank) {
        const std::string& merge = converted.merges[rank];
        const std::size_t space = merge.find(' ');
        scores.try_emplace(
            merge.substr(0, space) + merge.substr(space + 1), -static_cast<float>(rank));
    }
    std::vector<float> list;
    for (std::size_t id = 0; id < converted.tokens.size(); ++id) {
        const std::string& token = converted.tokens[id];
        const auto score = scores.find(token);
        list.push_back(score == scores.end() ? -1e5f - static_cast<float>(id) : score->second);
        if (token == "<unk>")
            converted.types[id] = kUnknown;
        else if (token.size() == 6 && token.starts_with("<0x"))
            converted.types[id] = kByte;
    }
    GgufBytes file;
    file.text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", converted.tokens);
    file.f32s("tokenizer.ggml.scores", list);
    file.i32s("tokenizer.ggml.token_type", converted.types);
    file.truth("tokenizer.ggml.add_space_prefix",
        std::string_view(GetParam()).find("gemma") == std::string_view::npos);
    const tests::TemporaryFolder temporary;
    tests::writeAll(temporary / "model.gguf", file.bytes());
    const auto tokenizer = Tokenizer::open(temporary / "model.gguf");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    int compared = 0;
    for (const json& one : (*expected)["cases"]) {
        std::vector<core::TokenId> ids;
        ASSERT_NO_FATAL_FAILURE(encodeAsTheOracle(**tokenizer, one, ids));
        ++compared;
    }
    EXPECT_GT(compared, 150);
}

INSTANTIATE_TEST_SUITE_P(
    Scores, GgufPieces, testing::Values("tiny-gemma2", "tiny-gemma3", "tiny-mistral-v01"));

GgufBytes small(const std::string& pre = "smollm")
{
    GgufBytes file;
    file.text("tokenizer.ggml.model", "gpt2");
    if (!pre.empty())
        file.text("tokenizer.ggml.pre", pre);
    return file;
}

std::vector<std::int32_t> ids(const Tokenizer& tokenizer, const std::string& text)
{
    const auto tokens = tokenizer.encode(text);
    EXPECT_TRUE(tokens);
    std::vector<std::int32_t> list;
    for (const core::TokenId id : tokens->ids)
        list.push_back(static_cast<std::int32_t>(id.value));
    return list;
}

class GgufTokens : public testing::Test {
protected:
    std::shared_ptr<const Tokenizer> opened(const GgufBytes& file)
    {
        tests::writeAll(m_folder / "t.gguf", file.bytes());
        auto tokenizer = Tokenizer::open(m_folder / "t.gguf");
        EXPECT_TRUE(tokenizer) << tokenizer.error().message;
        return tokenizer ? *tokenizer : nullptr;
    }
    core::Error refusal(const GgufBytes& file)
    {
        tests::writeAll(m_folder / "t.gguf", file.bytes());
        const auto tokenizer = Tokenizer::open(m_folder / "t.gguf");
        return tokenizer ? core::Error{core::Error::Code::Internal, "opened"} : tokenizer.error();
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(GgufTokens, DigitsStandAloneWhereThePreTokenizerSaysSo)
{
    // "12" is a piece, and a merge makes it; only words that are not cut between reach it.
    const std::vector<std::string> pieces{"<s>", "1", "2", "12", "Ġ", "a"};
    for (const auto& [pre, expected] :
        {std::pair("smollm", std::vector<std::int32_t>{1, 2, 5, 4, 1, 2}),
            std::pair("gpt-2", std::vector<std::int32_t>{3, 5, 4, 3})}) {
        GgufBytes file = small(pre);
        file.texts("tokenizer.ggml.tokens", pieces).texts("tokenizer.ggml.merges", {"1 2"});
        const auto tokenizer = opened(file);
        ASSERT_TRUE(tokenizer);
        EXPECT_EQ(ids(*tokenizer, "12a 12"), expected) << pre;
    }
}

TEST_F(GgufTokens, TypesSayWhichAreLookedForAndWhichAreSpecial)
{
    GgufBytes file = small();
    file.texts("tokenizer.ggml.tokens", {"<s>", "a", "<u>", "b", "</s>"});
    file.i32s("tokenizer.ggml.token_type", {kControl, kNormal, kUser, kNormal, kControl});
    file.texts("tokenizer.ggml.merges", {}).u32("tokenizer.ggml.bos_token_id", 0);
    file.u32("tokenizer.ggml.eos_token_id", 4).truth("tokenizer.ggml.add_bos_token", 1);
    const auto tokenizer = opened(file);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(ids(*tokenizer, "a<u>b</s>"), (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
    EXPECT_TRUE(tokenizer->isSpecial(core::TokenId(0)));
    EXPECT_FALSE(tokenizer->isSpecial(core::TokenId(2)));
    EXPECT_EQ(tokenizer->bos(), core::TokenId(0));
    EXPECT_EQ(tokenizer->eos(), core::TokenId(4));
}

TEST_F(GgufTokens, PiecesWithScoresAreJoinedAsSentencePieceDoes)
{
    GgufBytes file;
    file.text("tokenizer.ggml.model", "llama");
    file.texts("tokenizer.ggml.tokens",
        {"<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "▁", "a", "b", "ab", "▁a", "[X]"});
    file.i32s("tokenizer.ggml.token_type",
        {kUnknown, kControl, kControl, kByte, kByte, kNormal, kNormal, kNormal, kNormal, kNormal,
            kUser});
    // "ab" before "▁a": the higher score is joined first.
    file.f32s("tokenizer.ggml.scores", {0, 0, 0, 0, 0, -5, -6, -7, -1, -2, 0});
    file.u32("tokenizer.ggml.bos_token_id", 1).u32("tokenizer.ggml.eos_token_id", 2);
    const auto tokenizer = opened(file);
    ASSERT_TRUE(tokenizer);
    EXPECT_EQ(ids(*tokenizer, "ab"), (std::vector<std::int32_t>{1, 5, 8}));
    EXPECT_EQ(ids(*tokenizer, "a a"), (std::vector<std::int32_t>{1, 9, 9}));
    EXPECT_EQ(ids(*tokenizer, "é"), (std::vector<std::int32_t>{1, 5, 3, 4}));
    EXPECT_EQ(ids(*tokenizer, "a[X]"), (std::vector<std::int32_t>{1, 9, 10}));
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("ab a")->ids, true), "ab a");
}

TEST_F(GgufTokens, WhatIsNotKnownIsRefusedByName)
{
    GgufBytes wordPiece;
    wordPiece.text("tokenizer.ggml.model", "bert");
    EXPECT_EQ(refusal(wordPiece).code, core::Error::Code::Unsupported);
    EXPECT_THAT(refusal(wordPiece).message, HasSubstr("`tokenizer.ggml.model` is `bert`"));
    EXPECT_THAT(refusal(GgufBytes()).message, HasSubstr("the file holds no tokenizer"));

    GgufBytes other = small("chameleon");
    other.texts("tokenizer.ggml.tokens", {"a"}).texts("tokenizer.ggml.merges", {});
    EXPECT_THAT(refusal(other).message, HasSubstr("words are cut by `chameleon`"));
    EXPECT_THAT(refusal(other).message, HasSubstr("smollm"));
    GgufBytes unsaid = small("");
    unsaid.texts("tokenizer.ggml.tokens", {"a"}).texts("tokenizer.ggml.merges", {});
    EXPECT_THAT(refusal(unsaid).message, HasSubstr("`tokenizer.ggml.pre` is missing"));
    GgufBytes rules;
    rules.text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", {"a"});
    rules.text("tokenizer.ggml.precompiled_charsmap", "?");
    EXPECT_THAT(refusal(rules).message, HasSubstr("character rules"));
}

TEST_F(GgufTokens, DamagedListsAreRefused)
{
    EXPECT_THAT(refusal(small()).message, HasSubstr("`tokenizer.ggml.tokens` must be a list"));
    const auto with = [](const std::vector<std::string>& tokens) {
        GgufBytes file = small();
        file.texts("tokenizer.ggml.tokens", tokens);
        return file;
    };
    EXPECT_THAT(refusal(with({"a", "\xff"})).message, HasSubstr("entry 1 is not valid UTF-8"));
    EXPECT_THAT(refusal(with({"a"})).message, HasSubstr("`tokenizer.ggml.merges` must be a list"));
    GgufBytes types = with({"a", "b"});
    types.i32s("tokenizer.ggml.token_type", {1});
    EXPECT_THAT(refusal(types).message, HasSubstr("a number for each of the tokens"));
    GgufBytes kinds = with({"a"});
    kinds.i32s("tokenizer.ggml.token_type", {9});
    EXPECT_THAT(refusal(kinds).message, HasSubstr("entry 0 is none of 1 to 6"));
    GgufBytes merges = with({"a", "b"});
    merges.texts("tokenizer.ggml.merges", {"a b"});
    EXPECT_THAT(refusal(merges).message, HasSubstr("needs the piece `ab`"));
    GgufBytes scores;
    scores.text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", {"a"});
    EXPECT_THAT(refusal(scores).message, HasSubstr("`tokenizer.ggml.scores` must hold a number"));
}

TEST_F(GgufTokens, TheChatTemplateKnowsTheSpecialTokens)
{
    GgufBytes file = small();
    file.texts("tokenizer.ggml.tokens", {"<s>", "</s>"}).u32("tokenizer.ggml.bos_token_id", 0);
    file.u32("tokenizer.ggml.eos_token_id", 1)
        .text("tokenizer.chat_template",
            "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}"
            "{% endfor %}");
    tests::writeAll(m_folder / "chat.gguf", file.bytes());
    const auto chat = core::ChatTemplate::open(m_folder / "chat.gguf");
    ASSERT_TRUE(chat) << chat.error().message;
    ASSERT_TRUE(*chat);
    EXPECT_EQ(*(*chat)->render({{"user", "Hi"}}), "<s>[user] Hi</s>");

    tests::writeAll(m_folder / "base.gguf", small().bytes());
    const auto none = core::ChatTemplate::open(m_folder / "base.gguf");
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, nullptr);
}

} // namespace
