#include "tests/core/text/oracle_checks.h"

#include "core/files/json_file.h"
#include "core/text/utf8.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/text/gzip.h"

#include <gtest/gtest.h>

namespace tests {

using core::TokenId;
using core::Tokenizer;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

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

} // namespace

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

void expectOracle(const Tokenizer& tokenizer, const fs::path& expectedFile)
{
    const auto oracle = core::readJson(expectedFile);
    ASSERT_TRUE(oracle) << oracle.error().message;
    EXPECT_EQ(tokenizer.size(), (*oracle)["vocab_size_with_added"]);
    ASSERT_GE((*oracle)["cases"].size(), 150u);
    for (const json& expected : (*oracle)["cases"]) {
        const auto text = expected["text"].get<std::string>();
        SCOPED_TRACE(
            expectedFile.parent_path().filename().string() + ": " + expected["text"].dump());
        const auto plain = tokenizer.encode(text, false);
        ASSERT_TRUE(plain) << plain.error().message;
        EXPECT_EQ(numbers(plain->ids), expected["ids"]);
        expectPieces(tokenizer, *plain, expected["tokens"]);
        EXPECT_EQ(codePointOffsets(text, plain->offsets), expected["offsets"]);
        EXPECT_EQ(tokenizer.decode(plain->ids, false), expected["decode"]);
        EXPECT_EQ(tokenizer.decode(plain->ids, true), expected["decode_skip_special"]);
        const auto special = tokenizer.encode(text, true);
        ASSERT_TRUE(special) << special.error().message;
        EXPECT_EQ(numbers(special->ids), expected.value("ids_with_special", expected["ids"]));
        EXPECT_EQ(special->offsets.size(), special->ids.size());
        EXPECT_EQ(special->pieces.size(), special->ids.size());
    }
    for (const json& expected : (*oracle)["decode_cases"])
        EXPECT_EQ(tokenizer.decode(idsFrom(expected["ids"]), false), expected["text"])
            << expected["ids"].dump();
}

} // namespace tests
