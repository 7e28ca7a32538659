// SentencePiece .model files, written here field by field. The expectations are those of a
// tokenizer.json with the same pieces, or brute force.
#include "core/text/sentence_piece_model.h"

#include "core/files/json_file.h"
#include "core/text/tokenizer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/text/oracle_checks.h"
#include "tests/core/text/sentence_piece_file.h"
#include "tests/support/fixtures.h"

#include <cmath>
#include <map>
#include <random>

#include <gmock/gmock.h>

namespace {

using core::TokenId;
using core::Tokenizer;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::SentencePieceFile;
using tests::TemporaryFolder;
using tests::WireWriter;
namespace fs = std::filesystem;

core::Result<std::shared_ptr<const Tokenizer>> openBytes(
    const std::string& bytes, const std::string& config = {})
{
    const TemporaryFolder folder;
    tests::writeAll(folder / "tokenizer.model", bytes);
    if (!config.empty())
        tests::writeAll(folder / "tokenizer_config.json", config);
    return Tokenizer::open(folder.path());
}

std::vector<std::string> pieces(const Tokenizer& tokenizer, const std::string& text)
{
    return tokenizer.encode(text, false).value().pieces;
}

/// The pieces of a tokenizer.json as a .model: a merge's place is its score.
std::string asModel(const json& tokenizer, bool addsPrefix)
{
    std::map<int, std::string> byId;
    for (const auto& [piece, id] : tokenizer["model"]["vocab"].items())
        byId[id.get<int>()] = piece;
    std::map<std::string, float> scores;
    float next = 0;
    for (const json& merge : tokenizer["model"]["merges"]) {
        std::string left;
        std::string right;
        if (merge.is_string()) {
            const auto text = merge.get<std::string>();
            left = text.substr(0, text.find(' '));
            right = text.substr(text.find(' ') + 1);
        } else {
            left = merge[0];
            right = merge[1];
        }
        scores.emplace(left + right, next);
        next -= 1;
    }
    std::map<std::string, bool> added;
    for (const json& token : tokenizer["added_tokens"])
        added[token["content"]] = token["special"];
    SentencePieceFile file;
    file.addsPrefix = addsPrefix;
    const std::string unknown = tokenizer["model"]["unk_token"];
    for (const auto& [id, piece] : byId) {
        const bool isByte = piece.size() == 6 && piece.starts_with("<0x");
        const int type = piece == unknown ? 2
            : added.contains(piece)       ? (added[piece] ? 3 : 4)
            : isByte                      ? 6
                                          : 1;
        const float score = scores.contains(piece) ? scores[piece] : next - static_cast<float>(id);
        file.piece(piece, type == 1 ? score : 0, type);
    }
    return file.bytes();
}

TEST(SentencePiece, SameScoresSameIds)
{
    for (const char* name :
        {"oracles/tokenizers/tiny-mistral-v01", "oracles/tokenizers/tiny-gemma2", "stories260K"}) {
        REQUIRE_SHARED_FIXTURE(name);
        const auto folder = tests::sharedFixture(name);
        const auto reference = tests::openTokenizer(folder);
        ASSERT_NE(reference, nullptr);
        const json tokenizer = core::readJson(folder / "tokenizer.json").value();
        const bool isGemma = std::string(name).ends_with("gemma2");
        const auto model = openBytes(asModel(tokenizer, !isGemma),
            isGemma ? R"({"bos_token": "<bos>", "eos_token": "<eos>"})" : "");
        ASSERT_TRUE(model) << model.error().message;
        EXPECT_EQ((*model)->size(), reference->size());
        EXPECT_EQ((*model)->bos(), reference->bos());
        EXPECT_EQ((*model)->eos(), reference->eos());
        const auto oracle = core::readJson(
            tests::sharedFixture("oracles/tokenizers/tiny-mistral-v01/expected.json"));
        ASSERT_TRUE(oracle);
        for (const json& entry : (*oracle)["cases"]) {
            const auto text = entry["text"].get<std::string>();
            const auto expected = reference->encode(text, true).value();
            const auto tokens = (*model)->encode(text, true).value();
            EXPECT_EQ(tokens.ids, expected.ids) << name << ": " << entry["text"];
            EXPECT_EQ(tokens.pieces, expected.pieces);
            EXPECT_EQ(tokens.offsets, expected.offsets) << name << ": " << entry["text"];
            EXPECT_EQ((*model)->decode(tokens.ids), reference->decode(expected.ids));
            EXPECT_EQ((*model)->decode(tokens.ids, true), reference->decode(expected.ids, true));
        }
    }
}

/// The rule, read aloud: of all neighbours that make a piece, join those of the highest score, the
/// leftmost first.
std::vector<std::string> slowly(const std::string& word, const std::map<std::string, float>& scores)
{
    std::vector<std::string> parts;
    for (const char c : word)
        parts.emplace_back(1, c);
    for (;;) {
        std::size_t best = parts.size();
        float score = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto found = scores.find(parts[i] + parts[i + 1]);
            if (found != scores.end() && (best == parts.size() || found->second > score)) {
                best = i;
                score = found->second;
            }
        }
        if (best == parts.size())
            return parts;
        parts[best] += parts[best + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

TEST(SentencePiece, AgreesWithTheRule)
{
    std::mt19937 random(21);
    for (int trial = 0; trial < 40; ++trial) {
        SentencePieceFile file;
        file.addsPrefix = false;
        file.specials();
        std::map<std::string, float> scores;
        const auto add = [&](const std::string& piece, float score) {
            if (scores.emplace(piece, score).second)
                file.piece(piece, score);
        };
        for (const char* character : {"a", "b", "c"})
            add(character, -100);
        for (int i = 0; i < 30; ++i) {
            std::string piece;
            for (unsigned k = 0; k < 2 + random() % 5; ++k)
                piece += "abc"[random() % 3];
            add(piece, -static_cast<float>(random() % 8)); // equal scores are common
        }
        const auto tokenizer = openBytes(file.bytes());
        ASSERT_TRUE(tokenizer) << tokenizer.error().message;
        for (int k = 0; k < 60; ++k) {
            std::string word;
            for (unsigned i = 0; i < 1 + random() % 150; ++i)
                word += "abc"[random() % 3];
            EXPECT_EQ(pieces(**tokenizer, word), slowly(word, scores)) << word;
        }
    }
}

TEST(SentencePiece, SpacesAsTheNormalizerSays)
{
    SentencePieceFile file;
    file.specials().piece("▁", -3).piece("a", -4).piece("b", -5).piece("▁a", -1).piece("▁▁", -2);
    EXPECT_THAT(pieces(**openBytes(file.bytes()), "a  b"), ElementsAre("▁a", "▁▁", "b"));
    EXPECT_THAT(pieces(**openBytes(file.bytes()), ""), ElementsAre());
    file.addsPrefix = false;
    EXPECT_THAT(pieces(**openBytes(file.bytes()), "a a"), ElementsAre("a", "▁a"));
    file.removesExtraSpaces = true;
    EXPECT_THAT(pieces(**openBytes(file.bytes()), "  a   a "), ElementsAre("a", "▁a"));
    EXPECT_THAT(pieces(**openBytes(file.bytes()), "   "), ElementsAre());
    const auto tokens = (*openBytes(file.bytes()))->encode("  a   a ", false).value();
    EXPECT_EQ(tokens.offsets[0], std::pair(2, 3));
    EXPECT_EQ(tokens.offsets[1].second, 7);
}

TEST(SentencePiece, BytesAndUnknownCharacters)
{
    SentencePieceFile file;
    file.addsPrefix = false;
    file.specials().piece("a", -1);
    EXPECT_THAT(pieces(**openBytes(file.bytes()), "aéàa"), ElementsAre("a", "<unk>", "a"));
    file.bytePieces();
    const auto tokenizer = openBytes(file.bytes());
    EXPECT_THAT(pieces(**tokenizer, "aé"), ElementsAre("a", "<0xC3>", "<0xA9>"));
    EXPECT_EQ((*tokenizer)->decode((*tokenizer)->encode("aé世", false)->ids), "aé世");
    file.hasByteFallback = false;
    EXPECT_THAT(pieces(**openBytes(file.bytes()), "aé"), ElementsAre("a", "<unk>"));
}

TEST(SentencePiece, UserDefinedPiecesStayWhole)
{
    SentencePieceFile file;
    file.addsPrefix = false;
    file.specials().piece("<tag>", 0, 4).piece("▁▁▁", 0, 4).piece("▁", -1).piece("a", -2);
    file.piece("▁a", -1).piece("t", -3);
    const auto tokenizer = openBytes(file.bytes());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_THAT(pieces(**tokenizer, "a<tag>a    a"), ElementsAre("a", "<tag>", "a", "▁▁▁", "▁a"));
    EXPECT_FALSE((*tokenizer)->isSpecial(TokenId(3)));
    EXPECT_TRUE((*tokenizer)->isSpecial(TokenId(1)));
}

TEST(SentencePiece, SideFilesDecideTheEnds)
{
    SentencePieceFile file;
    file.specials().piece("▁", -1).piece("a", -2).piece("▁a", -1);
    const auto ids = [&](const char* text, const char* config) {
        const auto tokenizer = openBytes(file.bytes(), config);
        EXPECT_TRUE(tokenizer) << tokenizer.error().message;
        return tests::numbers((*tokenizer)->encode(text, true)->ids).dump();
    };
    EXPECT_EQ(ids("a", ""), "[1,5]");
    EXPECT_EQ(ids("a", R"({"add_bos_token": false})"), "[5]");
    EXPECT_EQ(ids("a", R"({"add_eos_token": true})"), "[1,5,2]");
    EXPECT_EQ(ids("a", R"({"bos_token": "</s>"})"), "[2,5]");
    EXPECT_EQ(ids("a<x>", R"({"added_tokens_decoder": {"6": {"content": "<x>"}}})"), "[1,5,6]");
    // `legacy`: whether what follows a special token begins with a space of its own.
    EXPECT_EQ(ids("a</s>a", ""), "[1,5,2,5]");
    EXPECT_EQ(ids("a</s>a", R"({"legacy": false})"), "[1,5,2,4]");
    EXPECT_EQ((*openBytes(file.bytes()))->typeName(), "SentencePiece-style BPE");
}

TEST(SentencePieceHostile, WhatIsNotSupportedIsNamed)
{
    const auto refusal = [](const std::string& bytes) {
        const auto opened = openBytes(bytes);
        return opened ? std::string() : opened.error().message;
    };
    SentencePieceFile file;
    file.specials();
    EXPECT_EQ(refusal(file.bytes()), "");
    for (const auto& [type, name] :
        {std::pair(1, "unigram"), {3, "word"}, {4, "char"}, {9, "unknown"}}) {
        file.modelType = type;
        EXPECT_THAT(refusal(file.bytes()), HasSubstr(name));
    }
    file.modelType = 2;
    const auto with = [&](std::uint32_t field, const WireWriter& message) {
        WireWriter more;
        more.bytes(field, message.text());
        return refusal(file.bytes() + more.text());
    };
    EXPECT_EQ(with(4, WireWriter().bytes(1, "self test data")), "");
    EXPECT_THAT(with(2, WireWriter().number(24, 1)), HasSubstr("treat_whitespace_as_suffix"));
    EXPECT_THAT(with(3, WireWriter().bytes(2, "rules")), HasSubstr("character rules"));
    EXPECT_THAT(with(5, WireWriter().bytes(2, "rules")), HasSubstr("character rules"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "x").number(3, 5)), HasSubstr("unused"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "x").number(3, 7)), HasSubstr("type"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "")), HasSubstr("is empty"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "\xff")), HasSubstr("UTF-8"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "x").real(2, NAN)), HasSubstr("finite"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "<s>")), HasSubstr("are both `<s>`"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, "<unk2>").number(3, 2)), HasSubstr("2 unknown"));
    EXPECT_THAT(with(1, WireWriter().bytes(1, std::string(4000, 'x'))), HasSubstr("4000 bytes"));
    EXPECT_EQ(with(1, WireWriter().bytes(1, std::string(4000, 'x')).number(3, 4)), "");
    EXPECT_EQ(
        refusal(SentencePieceFile().specials().bytes() + WireWriter().number(99, 7).text()), "");
}

TEST(SentencePieceHostile, DamagedBytes)
{
    SentencePieceFile file;
    file.specials().bytePieces().piece("▁", -1).piece("a", -2).piece("▁a", -1);
    const std::string good = file.bytes();
    const auto parses = [](const std::string& bytes) {
        const auto model = core::SentencePieceModel::parse(bytes, "t.model");
        if (!model) {
            EXPECT_THAT(model.error().message, HasSubstr("t.model"));
        }
        return model.has_value();
    };
    EXPECT_TRUE(parses(good));
    EXPECT_FALSE(parses(""));
    EXPECT_FALSE(parses("\x0a"));
    EXPECT_FALSE(parses("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")); // a length of 2^64 - 1
    EXPECT_FALSE(parses("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    EXPECT_FALSE(parses(good + "\x0b")); // a group
    EXPECT_FALSE(parses(good + std::string("\x02\x00", 2))); // field 0
    EXPECT_FALSE(parses(good + "\x0d\x01")); // half a fixed32
    EXPECT_FALSE(parses(good + "\x09\x01\x02\x03")); // half a fixed64
    EXPECT_FALSE(parses("not a model at all"));
    int whole = 0;
    for (std::size_t length = 0; length < good.size(); ++length)
        whole += parses(good.substr(0, length)) ? 1 : 0;
    EXPECT_EQ(whole, 1); // what stands last, the normalizer, may be absent
    std::mt19937 random(4);
    for (int trial = 0; trial < 3000; ++trial) {
        std::string bytes = good;
        for (unsigned change = 0; change <= random() % 4; ++change)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        if (const auto opened = trial % 20 == 0 ? openBytes(bytes) : tl::unexpected(core::Error{}))
            (*opened)->encode("a aé", true);
        parses(bytes);
    }
}

} // namespace
