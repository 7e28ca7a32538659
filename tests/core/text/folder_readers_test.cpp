// Folders without a tokenizer.json: vocab.json with merges.txt, and Llama 3's tiktoken file. The
// expectations are those of the tokenizer.json that the files are taken out of, or brute force.
#include "core/text/folder_readers.h"

#include "core/files/json_file.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/text/gzip.h"
#include "tests/core/text/oracle_checks.h"
#include "tests/support/fixtures.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

namespace {

using core::TokenId;
using core::Tokenizer;
using nlohmann::json;
using testing::HasSubstr;
using tests::TemporaryFolder;
namespace fs = std::filesystem;

json tokenizerJson(const fs::path& folder)
{
    const std::string text = fs::exists(folder / "tokenizer.json")
        ? tests::readAll(folder / "tokenizer.json")
        : tests::readMaybeGzip(folder / "tokenizer.json.gz");
    return core::parseJson(text, folder.string()).value();
}

std::string mergesText(const json& merges)
{
    std::string text = "#version: 0.2\n";
    for (const json& merge : merges) {
        text += merge.is_string() ? merge.get<std::string>()
                                  : merge[0].get<std::string>() + " " + merge[1].get<std::string>();
        text += "\n";
    }
    return text;
}

/// Without the added tokens, as vocab.json has it.
json plainVocabulary(const json& tokenizer)
{
    json vocabulary = tokenizer["model"]["vocab"];
    for (const json& token : tokenizer["added_tokens"]) {
        if (token["id"] >= 151643)
            vocabulary.erase(token["content"].get<std::string>());
    }
    return vocabulary;
}

TEST(VocabMerges, Gpt2UnderBothNames)
{
    REQUIRE_SHARED_FIXTURE("formats/gpt2-tokenizer/merges.txt");
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/gpt2/expected.json");
    const auto source = tests::sharedFixture("formats/gpt2-tokenizer");
    for (const auto& [vocab, merges] :
        {std::pair("vocab.json", "merges.txt"), std::pair("encoder.json", "vocab.bpe")}) {
        const TemporaryFolder folder;
        fs::copy_file(source / "vocab.json", folder / vocab);
        fs::copy_file(source / "merges.txt", folder / merges);
        const auto tokenizer = Tokenizer::open(folder.path());
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        EXPECT_EQ((*tokenizer)->bos(), TokenId(50256)); // no side file says so
        EXPECT_EQ((*tokenizer)->eos(), TokenId(50256));
        tests::expectOracle(
            **tokenizer, tests::sharedFixture("oracles/tokenizers/gpt2/expected.json"));
        EXPECT_TRUE(Tokenizer::open(folder / vocab));
        EXPECT_TRUE(Tokenizer::open(folder / merges));
    }
}

TEST(VocabMerges, Qwen3WithItsAddedTokens)
{
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/qwen3/expected.json");
    const auto source = tests::sharedFixture("oracles/tokenizers/qwen3");
    const json tokenizer = tokenizerJson(source);
    const TemporaryFolder folder;
    tests::writeAll(folder / "vocab.json", plainVocabulary(tokenizer).dump());
    tests::writeAll(folder / "merges.txt", mergesText(tokenizer["model"]["merges"]));
    fs::copy_file(source / "tokenizer_config.json", folder / "tokenizer_config.json");
    const auto opened = Tokenizer::open(folder.path());
    ASSERT_TRUE(opened) << opened.error().message;
    tests::expectOracle(**opened, source / "expected.json");
    EXPECT_TRUE((*opened)->isSpecial(TokenId(151643)));
    EXPECT_FALSE((*opened)->isSpecial(TokenId(151667))); // <think>
    EXPECT_EQ((*opened)->bos(), std::nullopt);
}

/// Opens a folder of small files.
core::Result<std::shared_ptr<const Tokenizer>> openFiles(
    const std::vector<std::pair<std::string, std::string>>& files)
{
    const TemporaryFolder folder;
    for (const auto& [name, content] : files)
        tests::writeAll(folder / name, content);
    return Tokenizer::open(folder.path());
}

std::string refusal(const std::vector<std::pair<std::string, std::string>>& files)
{
    const auto opened = openFiles(files);
    return opened ? std::string() : opened.error().message;
}

const std::string kVocab = R"({"a": 0, "b": 1, "ab": 2, "Ġ": 3, "<|endoftext|>": 4})";

TEST(VocabMerges, SideFilesAddTokens)
{
    const auto ids = [](const auto& tokenizer, const char* text) {
        return tests::numbers((*tokenizer)->encode(text, true)->ids);
    };
    auto opened = openFiles({{"vocab.json", kVocab}, {"merges.txt", "a b\r\n\n"},
        {"added_tokens.json", R"({"<x>": 5})"},
        {"special_tokens_map.json", R"({"additional_special_tokens": ["<x>"]})"}});
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(ids(opened, "ab<x>b<|endoftext|>"), json::parse("[2,5,1,4]"));
    EXPECT_TRUE((*opened)->isSpecial(TokenId(5)));
    EXPECT_EQ((*opened)->size(), 6);
    EXPECT_EQ((*opened)->typeName(), "byte-level BPE");
    // add_bos_token means "prepend bos"; add_prefix_space a space.
    opened = openFiles({{"vocab.json", kVocab}, {"merges.txt", "#version: 0.2\na b"},
        {"tokenizer_config.json",
            R"({"add_bos_token": true, "add_prefix_space": true, "bos_token": "<|endoftext|>"})"}});
    EXPECT_EQ(ids(opened, "ab"), json::parse("[4,3,2]"));
    // Only `#version` in the first line is a comment: "# #" is a merge.
    opened = openFiles({{"vocab.json", R"({"#": 0, "##": 1})"}, {"merges.txt", "# #\n"}});
    EXPECT_EQ(ids(opened, "##"), json::parse("[1]"));
}

TEST(VocabMergesHostile, DamagedFiles)
{
    const auto with = [](const std::string& vocab, const std::string& merges) {
        return refusal({{"vocab.json", vocab}, {"merges.txt", merges}});
    };
    EXPECT_EQ(with(kVocab, "a b\n"), "");
    EXPECT_THAT(with("{", ""), HasSubstr("vocab.json: not valid JSON"));
    EXPECT_THAT(with("[]", ""), HasSubstr("must be an object"));
    EXPECT_THAT(with(R"({"a": -1})", ""), HasSubstr("the id of `a`"));
    EXPECT_THAT(with(R"({"a": 16000000})", ""), HasSubstr("far beyond the 1 pieces"));
    EXPECT_THAT(with(kVocab, "ab\n"), HasSubstr("not two pieces"));
    EXPECT_THAT(with(kVocab, "a z\n"), HasSubstr("needs the piece `z`"));
    EXPECT_THAT(with(kVocab, " b\n"), HasSubstr("empty side"));
    EXPECT_THAT(with(kVocab, std::string("a \0b", 4)), HasSubstr("needs the piece"));
    EXPECT_THAT(with(kVocab, "\xff \xfe\n"), HasSubstr("needs the piece"));
    const auto side = [](const std::string& name, const std::string& content) {
        return refusal({{"vocab.json", kVocab}, {"merges.txt", ""}, {name, content}});
    };
    EXPECT_THAT(side("added_tokens.json", "[]"), HasSubstr("added_tokens.json"));
    EXPECT_THAT(side("added_tokens.json", R"({"<x>": "5"})"), HasSubstr("impossible id"));
    EXPECT_THAT(side("added_tokens.json", R"({"<x>": 1})"), HasSubstr("belongs to `b`"));
    EXPECT_THAT(side("added_tokens.json", R"({"": 9})"), HasSubstr("no content"));
    EXPECT_THAT(side("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {}}})"),
        HasSubstr("whole numbers"));
    EXPECT_THAT(side("tokenizer_config.json", R"({"added_tokens_decoder": {"7": 7}})"),
        HasSubstr("`added_tokens_decoder`"));
    EXPECT_THAT(side("tokenizer_config.json", R"({"added_tokens_decoder": {"7": {}}})"),
        HasSubstr("no content"));
    EXPECT_THAT(side("tokenizer_config.json",
                    R"({"added_tokens_decoder": {"99999999999": {"content": "x"}}})"),
        HasSubstr("impossible id"));
    EXPECT_THAT(side("tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})"),
        HasSubstr("CLIPTokenizer"));
    EXPECT_THAT(refusal({{"vocab.json", kVocab}}), HasSubstr("holds no tokenizer"));
    EXPECT_THAT(refusal({{"vocab.txt", "a"}}), HasSubstr("WordPiece"));
}

std::string base64(std::string_view bytes)
{
    constexpr std::string_view kDigits
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = (bits << 8u)
                | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k > bytes.size() ? '=' : kDigits[(bits >> (18u - 6u * k)) & 63u];
    }
    return text;
}

std::string tiktokenFile(const std::vector<std::string>& ranked)
{
    std::string text;
    for (std::size_t rank = 0; rank < ranked.size(); ++rank)
        text += base64(ranked[rank]) + " " + std::to_string(rank) + "\n";
    return text;
}

std::vector<std::string> everyByte()
{
    std::vector<std::string> ranked;
    for (int byte = 0; byte < 256; ++byte)
        ranked.emplace_back(1, static_cast<char>(byte));
    return ranked;
}

/// The rule, read aloud: join the neighbours whose joined bytes have the smallest rank.
json slowly(const std::string& word, const std::vector<std::string>& ranked)
{
    const auto rankOf = [&ranked](const std::string& bytes) {
        return std::find(ranked.begin(), ranked.end(), bytes) - ranked.begin();
    };
    const auto none = static_cast<std::ptrdiff_t>(ranked.size());
    std::vector<std::string> parts;
    if (rankOf(word) != none)
        return json::array({rankOf(word)});
    for (const char c : word)
        parts.emplace_back(1, c);
    for (;;) {
        std::size_t best = 0;
        std::ptrdiff_t bestRank = none;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            if (const auto rank = rankOf(parts[i] + parts[i + 1]); rank < bestRank) {
                bestRank = rank;
                best = i;
            }
        }
        if (bestRank == none)
            break;
        parts[best] += parts[best + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    json ids = json::array();
    for (const std::string& part : parts)
        ids.push_back(rankOf(part));
    return ids;
}

TEST(Tiktoken, AgreesWithTheRule)
{
    std::mt19937 random(9);
    for (int trial = 0; trial < 20; ++trial) {
        std::vector<std::string> ranked = everyByte();
        std::shuffle(ranked.begin(), ranked.end(), random);
        while (ranked.size() < 320) { // not every piece can be reached, as in files that people cut
            std::string piece;
            for (unsigned i = 0; i < 2 + random() % 4; ++i)
                piece += "abcé"[random() % 5];
            if (std::find(ranked.begin(), ranked.end(), piece) == ranked.end())
                ranked.push_back(piece);
        }
        const auto tokenizer = openFiles({{"tokenizer.model", tiktokenFile(ranked)}});
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        for (int k = 0; k < 60; ++k) {
            std::string word;
            for (unsigned i = 0; i < 1 + random() % 100; ++i)
                word += "abc"[random() % 3];
            const auto tokens = (*tokenizer)->encode(word, false);
            ASSERT_TRUE(tokens);
            EXPECT_EQ(tests::numbers(tokens->ids), slowly(word, ranked)) << word;
            EXPECT_EQ((*tokenizer)->decode(tokens->ids), word);
        }
    }
}

TEST(Tiktoken, SpecialTokensFollowTheRanks)
{
    std::vector<std::string> ranked = everyByte();
    ranked.push_back("Hi");
    auto tokenizer = openFiles({{"tokenizer.model", tiktokenFile(ranked)}});
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->size(), 257 + 256);
    EXPECT_EQ((*tokenizer)->bos(), TokenId(257));
    EXPECT_EQ((*tokenizer)->eos(), TokenId(258));
    EXPECT_EQ((*tokenizer)->find("<|start_header_id|>"), TokenId(257 + 6));
    EXPECT_EQ((*tokenizer)->find("<|end_header_id|>"), TokenId(257 + 7));
    EXPECT_EQ((*tokenizer)->find("<|eom_id|>"), TokenId(257 + 8));
    EXPECT_EQ((*tokenizer)->find("<|eot_id|>"), TokenId(257 + 9));
    EXPECT_EQ((*tokenizer)->typeName(), "byte-level BPE");
    const auto tokens = (*tokenizer)->encode("Hi<|eot_id|>", true);
    EXPECT_EQ(tests::numbers(tokens->ids), json::parse("[257,256,266]"));
    EXPECT_EQ((*tokenizer)->decode(tokens->ids, true), "Hi");
    tokenizer = openFiles({{"tokenizer.model", tiktokenFile(ranked)},
        {"tokenizer_config.json",
            R"({"add_bos_token": false, "added_tokens_decoder":
                {"257": {"content": "<start>", "special": true}}})"}});
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->find("<start>"), TokenId(257));
    EXPECT_EQ((*tokenizer)->find("<|begin_of_text|>"), std::nullopt);
    EXPECT_EQ((*tokenizer)->encode("Hi", true)->ids, std::vector{TokenId(256)});
}

// Qwen's vocabulary began as a tiktoken file: where its expression cuts as Llama 3's does, the ids
// are the same.
TEST(Tiktoken, AWholeVocabularyAgrees)
{
    REQUIRE_SHARED_FIXTURE("oracles/tokenizers/qwen3/expected.json");
    const auto source = tests::sharedFixture("oracles/tokenizers/qwen3");
    const json tokenizer = tokenizerJson(source);
    const json vocabulary = plainVocabulary(tokenizer);
    const auto bytesOf = tests::openTokenizer(source);
    ASSERT_NE(bytesOf, nullptr);
    std::vector<std::string> ranked(vocabulary.size());
    for (const auto& [piece, id] : vocabulary.items()) {
        std::string bytes;
        // Each stand-in is a piece of its own, whose bytes the file's own order gives.
        const std::vector<TokenId> one{TokenId(id.get<int>())};
        const std::string shown = bytesOf->display(one[0]);
        for (std::size_t i = 0; i < shown.size();) {
            const bool isByte
                = shown.compare(i, 3, "<0x") == 0 && shown.size() >= i + 6 && shown[i + 5] == '>';
            if (isByte)
                bytes += static_cast<char>(std::stoi(shown.substr(i + 3, 2), nullptr, 16));
            else
                bytes += shown[i];
            i += isByte ? 6 : 1;
        }
        ranked[id.get<std::size_t>()] = bytes;
    }
    const auto opened = openFiles({{"tokenizer.model", tiktokenFile(ranked)},
        {"tokenizer_config.json", R"({"add_bos_token": false})"}});
    ASSERT_TRUE(opened) << opened.error().message;
    const auto oracle = core::readJson(source / "expected.json");
    int count = 0;
    for (const json& expected : (*oracle)["cases"]) {
        const auto text = expected["text"].get<std::string>();
        const bool hasDigits = text.find_first_of("0123456789") != std::string::npos;
        const bool isAscii = std::all_of(
            text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        const bool hasAdded = text.find('<') != std::string::npos;
        if (hasDigits || !isAscii || hasAdded)
            continue;
        ++count;
        EXPECT_EQ(tests::numbers((*opened)->encode(text, true)->ids), expected["ids"])
            << expected["text"];
    }
    EXPECT_GT(count, 60);
}

TEST(TiktokenHostile, DamagedFiles)
{
    const std::string good = tiktokenFile(everyByte());
    const auto with = [](const std::string& text) { return refusal({{"tokenizer.model", text}}); };
    EXPECT_EQ(with(good), "");
    EXPECT_EQ(with(good + "\n\n"), "");
    EXPECT_THAT(with(good + "!!!! 256\n"), HasSubstr("line 257 is not a base64 text"));
    EXPECT_THAT(with(good + "YWI 256\n"), HasSubstr("line 257"));
    EXPECT_THAT(with(good + "YWI= 256 7\n"), HasSubstr("line 257"));
    EXPECT_THAT(with(good + "YWI= -1\n"), HasSubstr("line 257"));
    EXPECT_THAT(with(good + "YWI=\n"), HasSubstr("line 257"));
    EXPECT_THAT(with(good + "YWI= 99999999999999999999\n"), HasSubstr("line 257"));
    EXPECT_THAT(with(good + "YWI= 2000000000\n"), HasSubstr("more than there are lines"));
    EXPECT_THAT(with(good + "YWI= 255\n"), HasSubstr("for the second time"));
    EXPECT_THAT(with(good + "AA== 256\n"), HasSubstr("are both"));
    EXPECT_THAT(
        with(good.substr(0, good.rfind("\n", good.size() / 2) + 1)), HasSubstr("has no rank"));
    EXPECT_THAT(with(good + base64(std::string(5000, 'a')) + " 256\n"), HasSubstr("5000 bytes"));
}

} // namespace
