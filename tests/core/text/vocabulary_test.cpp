#include "core/text/vocabulary.h"

#include <map>
#include <random>

#include <gmock/gmock.h>

namespace {

using core::PieceList;
using core::Vocabulary;
using testing::HasSubstr;

PieceList pieceList(const std::vector<std::pair<std::string, std::int64_t>>& entries)
{
    PieceList pieces;
    for (const auto& [text, id] : entries) {
        pieces.texts.add(text);
        pieces.ids.push_back(id);
    }
    return pieces;
}

std::string vocabularyRefusal(const std::vector<std::pair<std::string, std::int64_t>>& entries)
{
    const auto made = Vocabulary::fromPieces(pieceList(entries), "t.json");
    return made ? std::string() : made.error().message;
}

// Pieces in no order, ids with holes, the empty piece among them.
TEST(Vocabulary, AgreesWithAMap)
{
    std::mt19937 random(6);
    for (int trial = 0; trial < 50; ++trial) {
        std::map<std::string, int> ids;
        std::map<int, std::string> pieces;
        std::vector<std::pair<std::string, std::int64_t>> entries;
        for (int i = 0; i < 400; ++i) {
            std::string piece;
            for (unsigned k = random() % 5; k > 0; --k)
                piece += static_cast<char>(random() % 6);
            const int id = static_cast<int>(random() % 2000);
            if (ids.contains(piece) || pieces.contains(id))
                continue;
            ids[piece] = id;
            pieces[id] = piece;
            entries.emplace_back(piece, id);
        }
        const auto vocabulary = Vocabulary::fromPieces(pieceList(entries), "t.json");
        ASSERT_TRUE(vocabulary) << vocabulary.error().message;
        EXPECT_EQ(vocabulary->size(), pieces.rbegin()->first + 1);
        for (int id = -1; id <= vocabulary->size(); ++id) {
            const auto known = pieces.find(id);
            ASSERT_EQ(vocabulary->piece(id).has_value(), known != pieces.end()) << id;
            if (known != pieces.end()) {
                EXPECT_EQ(*vocabulary->piece(id), known->second);
                EXPECT_EQ(vocabulary->find(known->second), id);
            }
        }
        for (const char* absent : {"\x06", "x", "\x01\x01\x01\x01\x01"})
            EXPECT_EQ(vocabulary->find(absent), std::nullopt);
    }
}

TEST(Vocabulary, OfAPieceThatIsListedTwiceTheLastIdCounts)
{
    const auto vocabulary = Vocabulary::fromPieces(
        pieceList({{"a", 0}, {"c", -1}, {"a", 5}, {"b", 0}, {"c", 1}}), "t");
    ASSERT_TRUE(vocabulary) << vocabulary.error().message;
    EXPECT_EQ(vocabulary->find("a"), 5);
    EXPECT_EQ(vocabulary->find("b"), 0);
    EXPECT_EQ(vocabulary->find("c"), 1);
    EXPECT_EQ(vocabulary->piece(0), "b");
    EXPECT_EQ(vocabulary->size(), 6);
    EXPECT_THAT(vocabularyRefusal({{"a", 0}, {"b", 1}, {"a", 1}}), HasSubstr("both have id 1"));
    EXPECT_THAT(vocabularyRefusal({{"a", 0}, {"a", -2}}), HasSubstr("the id of `a`"));
}

TEST(Vocabulary, RefusesImpossibleIds)
{
    EXPECT_EQ(vocabularyRefusal({{"a", 0}}), "");
    EXPECT_THAT(vocabularyRefusal({}), HasSubstr("t.json: field `model.vocab` must be an object"));
    EXPECT_THAT(
        vocabularyRefusal({{"a", PieceList::kNoId}}), HasSubstr("t.json: `model.vocab`: the id"));
    EXPECT_THAT(
        vocabularyRefusal({{"a", core::kMaxTokenId + 1}}), HasSubstr("must be a whole number"));
    EXPECT_THAT(
        vocabularyRefusal({{"a", core::kMaxTokenId}}), HasSubstr("far beyond the 1 pieces"));
}

TEST(Vocabulary, AListHasHolesButNothingTwice)
{
    const auto vocabulary = Vocabulary::fromList({"a", "", "b"}, "t.model");
    ASSERT_TRUE(vocabulary);
    EXPECT_EQ(vocabulary->find("b"), 2);
    EXPECT_EQ(vocabulary->find(""), std::nullopt);
    EXPECT_EQ(vocabulary->piece(1), std::nullopt);
    EXPECT_EQ(vocabulary->size(), 3);
    EXPECT_THAT(Vocabulary::fromList({"a", "b", "a"}, "t.model").error().message,
        HasSubstr("t.model: pieces 0 and 2 are both `a`"));
}

} // namespace
