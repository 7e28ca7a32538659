// Every tokenizer against what Hugging Face tokenizers 0.23.2 says about 184 awkward strings, and
// against llama.cpp's vectors.
#include "core/text/tokenizer.h"

#include "core/files/json_file.h"
#include "core/text/utf8.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/text/gzip.h"
#include "tests/support/fixtures.h"

#include <algorithm>
#include <sstream>

namespace {

using core::TokenId;
using core::Tokenizer;
using nlohmann::json;
namespace fs = std::filesystem;

/// Opens a folder whose tokenizer.json may be gzipped.
std::shared_ptr<const Tokenizer> openTokenizer(const fs::path& folder)
{
    auto opened = Tokenizer::open(folder);
    const tests::TemporaryFolder inflated;
    if (!opened && fs::exists(folder / "tokenizer.json.gz")) {
        tests::writeAll(
            inflated / "tokenizer.json", tests::readMaybeGzip(folder / "tokenizer.json.gz"));
        opened = Tokenizer::open(inflated.path());
    }
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
}

std::vector<TokenId> idsFrom(const json& list)
{
    std::vector<TokenId> ids;
    for (const json& id : list)
        ids.emplace_back(id.get<int>());
    return ids;
}

json numbers(const std::vector<TokenId>& ids)
{
    json list = json::array();
    for (const TokenId id : ids)
        list.push_back(id.value);
    return list;
}

/// Byte ranges as code point ranges, which is what the oracle counts.
json codePointOffsets(const std::string& text, const std::vector<std::pair<int, int>>& offsets)
{
    std::vector<int> before{0};
    for (const char byte : text)
        before.push_back(before.back() + (core::isUtf8Continuation(byte) ? 0 : 1));
    // `before[i]` counts the characters that begin before byte i.
    json list = json::array();
    for (const auto& [begin, end] : offsets)
        list.push_back(
            {before.at(static_cast<std::size_t>(begin)), before.at(static_cast<std::size_t>(end))});
    return list;
}

std::string trimmed(std::string text)
{
    text.erase(0, text.find_first_not_of(" \n\t"));
    text.erase(text.find_last_not_of(" \n\t") + 1);
    return text;
}

void expectPieces(const Tokenizer& tokenizer, const core::Tokens& tokens, const json& expected)
{
    ASSERT_EQ(tokens.pieces.size(), expected.size());
    for (std::size_t i = 0; i < tokens.pieces.size(); ++i) {
        // The oracle shows added tokens with the white space they swallowed; ours are spelled as
        // stored.
        auto piece = expected[i].get<std::string>();
        if (piece != tokens.pieces[i] && tokenizer.isSpecial(tokens.ids[i]))
            piece = trimmed(piece);
        EXPECT_EQ(tokens.pieces[i], piece);
    }
}

void expectOracle(const fs::path& folder)
{
    const auto tokenizer = openTokenizer(folder);
    ASSERT_NE(tokenizer, nullptr);
    const auto oracle = core::readJson(folder / "expected.json");
    ASSERT_TRUE(oracle) << oracle.error().message;
    EXPECT_EQ(tokenizer->size(), (*oracle)["vocab_size_with_added"]);
    ASSERT_GE((*oracle)["cases"].size(), 150u);
    for (const json& expected : (*oracle)["cases"]) {
        const auto text = expected["text"].get<std::string>();
        SCOPED_TRACE(folder.filename().string() + ": " + expected["text"].dump());
        const auto plain = tokenizer->encode(text, false);
        ASSERT_TRUE(plain) << plain.error().message;
        EXPECT_EQ(numbers(plain->ids), expected["ids"]);
        expectPieces(*tokenizer, *plain, expected["tokens"]);
        EXPECT_EQ(codePointOffsets(text, plain->offsets), expected["offsets"]);
        EXPECT_EQ(tokenizer->decode(plain->ids, false), expected["decode"]);
        EXPECT_EQ(tokenizer->decode(plain->ids, true), expected["decode_skip_special"]);
        const auto special = tokenizer->encode(text, true);
        ASSERT_TRUE(special) << special.error().message;
        EXPECT_EQ(numbers(special->ids), expected.value("ids_with_special", expected["ids"]));
        EXPECT_EQ(special->offsets.size(), special->ids.size());
        EXPECT_EQ(special->pieces.size(), special->ids.size());
    }
    for (const json& expected : (*oracle)["decode_cases"])
        EXPECT_EQ(tokenizer->decode(idsFrom(expected["ids"]), false), expected["text"])
            << expected["ids"].dump();
}

class Kept : public testing::TestWithParam<const char*> { };

TEST_P(Kept, AgreesWithHuggingFace)
{
    expectOracle(tests::testFixture("tokenizers") / GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    TokenizerOracle, Kept, testing::Values("tiny-gpt2", "tiny-llama3", "tiny-mistral-v01"));

class Shared : public testing::TestWithParam<const char*> { };

TEST_P(Shared, AgreesWithHuggingFace)
{
    const fs::path folder = fs::path("oracles/tokenizers") / GetParam();
    REQUIRE_SHARED_FIXTURE(folder / "expected.json");
    expectOracle(tests::sharedFixture(folder));
}

INSTANTIATE_TEST_SUITE_P(TokenizerOracle, Shared,
    testing::Values("gpt2", "gpt_neox-20B", "qwen3", "tiny-gpt_neox", "tiny-qwen2", "tiny-gemma2",
        "tiny-gemma3", "edge-added-tokens"));

/// llama.cpp keeps its texts in one file with a marker line between them, and the ids one line per
/// text.
void expectLlamaCpp(const std::string& name, const std::string& folder)
{
    const fs::path vectors = fs::path("oracles/tokenizers/llama_cpp_fixtures") / name;
    const auto tokenizer = openTokenizer(tests::sharedFixture(folder));
    ASSERT_NE(tokenizer, nullptr);
    const std::string input = tests::readAll(tests::sharedFixture(vectors.string() + ".inp"));
    std::istringstream output(tests::readAll(tests::sharedFixture(vectors.string() + ".out")));
    const std::string marker = "\n__ggml_vocab_test__\n";
    int count = 0;
    for (std::size_t begin = 0; begin < input.size(); ++count) {
        const std::size_t end = std::min(input.find(marker, begin), input.size());
        const std::string text = input.substr(begin, end - begin);
        begin = end + marker.size();
        std::string line;
        ASSERT_TRUE(std::getline(output, line));
        std::istringstream words(line);
        std::vector<TokenId> expected;
        for (int id = 0; words >> id;)
            expected.emplace_back(id);
        const auto tokens = tokenizer->encode(text, false);
        ASSERT_TRUE(tokens) << tokens.error().message;
        EXPECT_EQ(tokens->ids, expected) << name << ": " << json(text).dump();
    }
    EXPECT_EQ(count, 46) << name; // and an empty text after the last marker
}

TEST(TokenizerLlamaCpp, Gpt2VectorsAgree)
{
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/llama_cpp_fixtures/gpt-2.inp");
    expectLlamaCpp("gpt-2", "oracles/tokenizers/gpt2");
}

TEST(TokenizerLlamaCpp, Qwen2VectorsAgree)
{
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/llama_cpp_fixtures/qwen2.inp");
    expectLlamaCpp("qwen2", "oracles/tokenizers/qwen3");
}

TEST(TokenizerLlamaCpp, VectorFilesAgree)
{
    for (const auto& [vectors, folder] :
        {std::pair("formats/gpt2-tokenizer/vectors.json", "formats/gpt2-tokenizer"),
            std::pair("formats/tokenizer-vectors/qwen2.json", "oracles/tokenizers/qwen3")}) {
        REQUIRE_SHARED_FIXTURE(vectors);
        const auto tokenizer = openTokenizer(tests::sharedFixture(folder));
        ASSERT_NE(tokenizer, nullptr);
        const auto cases = core::readJson(tests::sharedFixture(vectors));
        ASSERT_TRUE(cases) << cases.error().message;
        ASSERT_GE(cases->size(), 40u);
        for (const json& expected : *cases) {
            const auto tokens = tokenizer->encode(expected["text"].get<std::string>(), false);
            ASSERT_TRUE(tokens) << tokens.error().message;
            EXPECT_EQ(numbers(tokens->ids), expected["ids"])
                << vectors << ": " << expected["text"].dump();
        }
    }
}

TEST(TokenizerStories, RoundTripsTheStories)
{
    REQUIRE_SHARED_FIXTURE("stories260K/tokenizer.json");
    const auto tokenizer = openTokenizer(tests::sharedFixture("stories260K"));
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(tokenizer->size(), 512);
    EXPECT_EQ(tokenizer->bos(), TokenId(1));
    EXPECT_EQ(tokenizer->eos(), TokenId(2));
    EXPECT_EQ(tokenizer->typeName(), "SentencePiece-style BPE");
    const auto expected = core::readJson(tests::sharedFixture("stories260K/expected.json"));
    ASSERT_TRUE(expected);
    for (const json& story : (*expected)["outputs"]) {
        const auto text = story["greedy_text"].get<std::string>();
        const auto tokens = tokenizer->encode(text, true);
        ASSERT_TRUE(tokens);
        EXPECT_EQ(tokens->ids.front(), TokenId(1));
        EXPECT_LT(tokens->ids.size(), text.size() / 2); // merges were found
        EXPECT_EQ(tokenizer->decode(tokens->ids, true), text);
    }
}

} // namespace
