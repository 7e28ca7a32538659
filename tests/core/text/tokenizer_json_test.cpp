// A tokenizer.json read into lists, against nlohmann's tree of the same text.
#include "core/text/tokenizer_json.h"

#include "core/text/tokenizer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/text/oracle_checks.h"
#include "tests/support/fixtures.h"

#include <gmock/gmock.h>

namespace {

using nlohmann::json;
using testing::HasSubstr;

void expectAsTheTree(const std::string& text)
{
    json tree = json::parse(text);
    const auto read = core::readTokenizerJson(text, "t.json");
    ASSERT_TRUE(read) << read.error().message;
    json& model = tree["model"];
    ASSERT_EQ(read->pieces.ids.size(), model["vocab"].size());
    for (std::size_t i = 0; i < read->pieces.ids.size(); ++i)
        EXPECT_EQ(model["vocab"][std::string(read->pieces.texts[i])], read->pieces.ids[i]);
    EXPECT_EQ(read->merges.problem(), std::nullopt);
    ASSERT_EQ(read->merges.size(), model["merges"].size());
    for (std::size_t i = 0; i < read->merges.size(); ++i) {
        const std::string left(read->merges.left(i)), right(read->merges.right(i));
        const json& merge = model["merges"][i];
        EXPECT_EQ(merge, merge.is_array() ? json({left, right}) : json(left + " " + right));
    }
    model["vocab"] = json::object();
    model["merges"] = json::array();
    EXPECT_EQ(read->rest, tree);
}

TEST(TokenizerJson, HoldsWhatTheTreeHolds)
{
    for (const char* name : {"tiny-gpt2", "tiny-llama3", "tiny-mistral-v01"})
        expectAsTheTree(
            tests::readAll(tests::testFixture("oracles/tokenizers") / name / "tokenizer.json"));
    expectAsTheTree(R"({"vocab": {"x": 1}, "merges": ["x"], "list": [{"vocab": {"y": []}}, [[]]],
        "model": {"inner": {"vocab": {"z": 7}, "merges": [3]}, "merges": ["a b", ["c d", ""]],
                  "vocab": {"": 3, "\u00e9\"": 0}, "merges": ["b a"]},
        "last": {"model": {"vocab": 1}}})");
}

std::string problemOf(const std::string& merges)
{
    const auto read = core::readTokenizerJson(R"({"model": {"merges": [)" + merges + "]}}", "t");
    return read ? read->merges.problem().value_or("") : read.error().message;
}

TEST(TokenizerJson, TheFirstEntryThatIsNoMergeIsNamed)
{
    EXPECT_EQ(problemOf(R"("a b", ["c", "d"])"), "");
    for (const char* odd : {"1", "null", "{}", "[]", R"(["c"])", R"(["c", "d", "e"])",
             R"(["c", 1])", R"(["c", "d", 1])", R"([["c", "d"]])", R"(["c", "d", []])",
             R"(["c", ["d"]])", R"({"c": "d", "e": "f"})", R"([{"c": "d", "e": "f"}])"})
        EXPECT_EQ(problemOf(std::string(R"("a b", )") + odd + R"(, "f")"),
            "`model.merges` entry 1 must be a text or a pair of texts.")
            << odd;
    EXPECT_THAT(problemOf(R"("a b", "cd", 3)"), HasSubstr("entry 1, `cd`, is not two pieces"));
}

TEST(TokenizerJson, OtherValuesGiveNoPieces)
{
    for (const char* text : {"[]", "[5]", "5", "null", R"([{"a": 1}])", R"(["a", 1])", "{}"}) {
        const auto pieces = core::readPiecesJson(text, "vocab.json");
        ASSERT_TRUE(pieces) << text;
        EXPECT_EQ(pieces->ids.size(), 0u) << text;
    }
    const auto pieces = core::readPiecesJson(
        R"({"a": 1, "b": {"c": 2}, "d": 1.5, "e": "2", "f": 18446744073709551615, "g": [3]})", "t");
    ASSERT_TRUE(pieces);
    EXPECT_EQ(pieces->ids[0], 1);
    ASSERT_EQ(pieces->ids.size(), 6u);
    for (std::size_t i = 1; i < 6; ++i)
        EXPECT_LT(pieces->ids[i], 0) << pieces->texts[i];
}

/// The ids that a text gets from a tokenizer.json with this `model`.
json idsWith(const std::string& model, const char* text)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "tokenizer.json",
        R"({"added_tokens": [], "model": {"type": "BPE", )" + model + "}}");
    const auto opened = core::Tokenizer::open(folder.path());
    return opened ? tests::numbers((*opened)->encode(text, false)->ids)
                  : json(opened.error().message);
}

// The ids are those of Hugging Face tokenizers 0.23.3.
TEST(TokenizerJson, DoubledEntriesCountAsForHuggingFace)
{
    EXPECT_EQ(idsWith(R"("vocab":{"a":0,"b":1,"a":2,"ab":3},"merges":["a b"])", "a"), json({2}));
    EXPECT_EQ(idsWith(R"("vocab":{"a":0,"a":5,"b":0},"merges":[])", "ab"), json({5, 0}));
    EXPECT_EQ(idsWith(R"("vocab":{"a":0},"vocab":{"a":1},"merges":[])", "a"), json({1}));
    EXPECT_EQ(idsWith(R"("merges":["a b"],"vocab":{"a":0,"b":1,"ab":2})", "ab"), json({2}));
    const std::string vocab = R"("vocab":{"a":0,"b":1,"c":2,"ab":3,"bc":4},"merges":)";
    EXPECT_EQ(idsWith(vocab + R"(["a b","b c"])", "abc"), json({3, 2}));
    EXPECT_EQ(idsWith(vocab + R"(["a b","b c","a b"])", "abc"), json({0, 4}));
    EXPECT_EQ(idsWith(vocab + R"([["a","b"],["b","c"],["a","b"]])", "abc"), json({0, 4}));
}

// What was read before a second entry took its place is gone.
TEST(TokenizerJson, TheLastOfDoubledEntriesIsTheOneThatIsChecked)
{
    const std::string good = R"("vocab":{"a":0},"merges":[])";
    EXPECT_EQ(idsWith(good, "a"), json({0}));
    EXPECT_THAT(idsWith(good + R"(,"vocab":null)", "a").dump(), HasSubstr("must be an object"));
    EXPECT_THAT(idsWith(good + R"(,"vocab":[])", "a").dump(), HasSubstr("must be an object"));
    EXPECT_THAT(idsWith(good + R"(,"merges":7)", "a").dump(), HasSubstr("must be a list"));
    EXPECT_EQ(idsWith(R"("vocab":{"a":0},"merges":["ab"],"merges":[])", "a"), json({0}));
    EXPECT_THAT(
        idsWith(good + R"(},"model":{"merges":[])", "a").dump(), HasSubstr("must be an object"));
}

} // namespace
