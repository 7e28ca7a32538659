// Every tokenizer against what Hugging Face tokenizers 0.23.2 says about 184 awkward strings, and
// against llama.cpp's vectors.
#include "core/text/tokenizer.h"

#include "core/files/json_file.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/text/oracle_checks.h"
#include "tests/support/fixtures.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace {

using core::TokenId;
using core::Tokenizer;
using nlohmann::json;
namespace fs = std::filesystem;
using tests::expectOracle;
using tests::numbers;
using tests::openTokenizer;

/// The oracles known to exist, and any others that lie in the folder beside the checkout.
std::vector<std::string> oracleNames()
{
    std::set<std::string> names{"gpt2", "gpt_neox-20B", "qwen3", "tiny-gpt2", "tiny-gpt_neox",
        "tiny-llama3", "tiny-qwen2", "tiny-gemma2", "tiny-gemma3", "tiny-mistral-v01",
        "edge-added-tokens"};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(
             fs::path(FEATURESCOPE_SHARED_FIXTURES) / "oracles/tokenizers", ignored)) {
        if (fs::exists(entry.path() / "expected.json"))
            names.insert(entry.path().filename().string());
    }
    return {names.begin(), names.end()};
}

class Shared : public testing::TestWithParam<std::string> { };

TEST_P(Shared, AgreesWithHuggingFace)
{
    const fs::path folder = fs::path("oracles/tokenizers") / GetParam();
    REQUIRE_SHARED_FIXTURE(folder / "expected.json");
    const auto tokenizer = openTokenizer(tests::sharedFixture(folder));
    ASSERT_NE(tokenizer, nullptr);
    expectOracle(*tokenizer, tests::sharedFixture(folder / "expected.json"));
}

INSTANTIATE_TEST_SUITE_P(TokenizerOracle, Shared, testing::ValuesIn(oracleNames()));

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

TEST(TokenizerLlamaCpp, Llama3VectorsAgree)
{
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/llama3");
    expectLlamaCpp("llama-bpe", "oracles/tokenizers/llama3");
}

TEST(TokenizerLlamaCpp, Qwen2VectorsAgree)
{
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/llama_cpp_fixtures/qwen2.inp");
    expectLlamaCpp("qwen2", "oracles/tokenizers/qwen3");
}

// llama-spm.json is for Llama 2's vocabulary, of which no file is here.
TEST(TokenizerLlamaCpp, VectorFilesAgree)
{
    const std::vector<std::pair<std::string, std::string>> pairs{
        {"formats/gpt2-tokenizer/vectors.json", "formats/gpt2-tokenizer"},
        {"formats/tokenizer-vectors/qwen2.json", "oracles/tokenizers/qwen3"},
        {"formats/tokenizer-vectors/mpt.json", "oracles/tokenizers/gpt_neox-20B"},
        {"formats/tokenizer-vectors/llama-bpe.json", "oracles/tokenizers/llama3"}};
    for (const auto& [vectors, folder] : pairs) {
        REQUIRE_SHARED_FIXTURE(vectors);
        REQUIRE_SHARED_FIXTURE(folder);
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

// Meta's own test of its Llama 3 tokenizer.
TEST(TokenizerLlamaCpp, Llama3ChatVectorsAgree)
{
    REQUIRE_SHARED_FIXTURE("formats/tokenizer-vectors/llama3-chat.json");
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/llama3");
    const auto tokenizer = openTokenizer(tests::sharedFixture("oracles/tokenizers/llama3"));
    ASSERT_NE(tokenizer, nullptr);
    const auto vectors
        = core::readJson(tests::sharedFixture("formats/tokenizer-vectors/llama3-chat.json"));
    ASSERT_TRUE(vectors);
    for (const auto& [piece, id] : (*vectors)["special"].items())
        EXPECT_EQ(tokenizer->find(piece), TokenId(id.get<int>()));
    for (const json& expected : (*vectors)["encode_bos_eos"]) {
        const std::string text
            = "<|begin_of_text|>" + expected["text"].get<std::string>() + "<|end_of_text|>";
        EXPECT_EQ(numbers(tokenizer->encode(text, false)->ids), expected["ids"]);
    }
    const json& message = (*vectors)["user_message"];
    const std::string text = "<|start_header_id|>user<|end_header_id|>\n\n"
        + message["text"].get<std::string>() + "<|eot_id|>";
    EXPECT_EQ(numbers(tokenizer->encode(text, false)->ids), message["ids"]);
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
