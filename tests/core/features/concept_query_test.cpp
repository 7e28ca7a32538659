#include "core/features/concept_query.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

namespace {

using namespace core;

std::string shape(const std::string& text)
{
    const ConceptQuery query(text);
    std::string shape;
    const auto add = [&](const std::vector<ConceptQuery::Term>& terms, const char* sign) {
        for (const auto& term : terms) {
            shape += shape.empty() ? sign : std::string(" ") + sign;
            for (std::size_t i = 0; i < term.words.size(); ++i)
                shape += (i ? "_" : "") + term.words[i].text;
            shape += term.isUnfinished ? "*" : "";
        }
    };
    add(query.wanted(), "+");
    add(query.excluded(), "-");
    return shape;
}

TEST(ConceptQuery, ReadsWordsPhrasesExclusionsAndBeginnings)
{
    EXPECT_EQ(shape("Golden gate"), "+golden +gate*");
    EXPECT_EQ(shape("golden gate "), "+golden +gate");
    EXPECT_EQ(shape("\"Golden Gate\""), "+golden_gate");
    EXPECT_EQ(shape("\"golden ga"), "+golden_ga");
    EXPECT_EQ(shape("\"golden gat"), "+golden_gat*");
    EXPECT_EQ(shape("bridge -gate fog "), "+bridge +fog -gate");
    EXPECT_EQ(shape("bridge -\"golden gate\""), "+bridge -golden_gate");
    EXPECT_EQ(shape("bridge -london"), "+bridge -london");
    EXPECT_EQ(shape("bridge NOT gate "), "+bridge -gate");
    EXPECT_EQ(shape("chèvre été "), "+chevre +ete");
    EXPECT_EQ(shape("a\"b c\"d "), "+a +b_c +d");
}

TEST(ConceptQuery, WhatMakesNoSenseIsReadAsWords)
{
    EXPECT_EQ(shape(""), "");
    EXPECT_EQ(shape(" ?! \"\" - "), "");
    EXPECT_EQ(shape("-golden "), "+golden") << "exclusions alone are looked for";
    EXPECT_EQ(shape("bridge NOT"), "+bridge +not*");
    EXPECT_EQ(shape("not bridge "), "+not +bridge");
    EXPECT_EQ(shape("golden - gate "), "+golden +gate");
    EXPECT_EQ(shape("well-known "), "+well +known");
    EXPECT_EQ(shape("--bridge fog "), "+fog -bridge");
    EXPECT_EQ(shape("NEAR(a b) OR x* AND (y:z^ "), "+near +a +b +or +x +and +y +z");
}

/// The definition, word by word.
bool says(const std::vector<SearchWord>& text, const ConceptQuery::Term& term)
{
    for (std::size_t at = 0; at + term.words.size() <= text.size(); ++at) {
        bool isThere = true;
        for (std::size_t i = 0; i < term.words.size() && isThere; ++i)
            isThere = text[at + i].stem == term.words[i].stem
                || (term.isUnfinished && i + 1 == term.words.size()
                    && text[at + i].text.rfind(term.words[i].text, 0) == 0);
        if (isThere)
            return true;
    }
    return false;
}

TEST(ConceptQuery, FindsWhatBruteForceFindsHereAndInBothKindsOfIndex)
{
    const std::vector<std::string> vocabulary{
        "golden", "gate", "gates", "bridge", "animal", "animated", "foggy", "Été"};
    std::mt19937 random(3);
    const auto pick = [&] { return vocabulary[random() % vocabulary.size()]; };
    std::vector<std::string> texts;
    for (int i = 0; i < 200; ++i) {
        std::string& text = texts.emplace_back();
        for (unsigned w = 0; w < 1 + random() % 6; ++w)
            text += pick() + (random() % 3 ? " " : ", ");
    }
    SQLite::Database db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (const char* detail : {"full", "none"}) {
        db.exec(std::string("CREATE VIRTUAL TABLE ") + (detail[0] == 'f' ? "places" : "noplaces")
            + " USING fts5(x, detail=" + detail
            + ", tokenize='porter unicode61 remove_diacritics 2')");
        SQLite::Statement put(db,
            std::string("INSERT INTO ") + (detail[0] == 'f' ? "places" : "noplaces")
                + "(rowid, x) VALUES(?,?)");
        for (std::size_t i = 0; i < texts.size(); ++i) {
            put.bind(1, static_cast<std::int64_t>(i));
            put.bind(2, texts[i]);
            put.exec();
            put.reset();
        }
    }
    const auto hitsOf = [&](const char* table, const std::string& expression) {
        std::set<std::size_t> hits;
        SQLite::Statement match(
            db, std::string("SELECT rowid FROM ") + table + " WHERE " + table + " MATCH ?");
        match.bind(1, expression);
        while (match.executeStep())
            hits.insert(static_cast<std::size_t>(match.getColumn(0).getInt64()));
        return hits;
    };
    for (int q = 0; q < 300; ++q) {
        std::string typed;
        for (unsigned t = 0; t < 1 + random() % 3; ++t) {
            typed += random() % 4 == 0 ? "-" : "";
            typed += random() % 3 == 0 ? "\"" + pick() + " " + pick() + "\"" : pick();
            typed += " ";
        }
        if (random() % 2)
            typed.resize(typed.size() - 1 - random() % 2); // a beginning, or an open quote
        ConceptQuery query(typed);
        query.complete(vocabulary);
        ASSERT_FALSE(query.isEmpty()) << typed;
        for (const auto needs : {ConceptQuery::Needs::AllTerms, ConceptQuery::Needs::AnyTerm}) {
            std::set<std::size_t> expected, here, again;
            const auto places
                = hitsOf("places", query.fullText(needs, ConceptQuery::Index::KeepsPlaces));
            const auto noPlaces
                = hitsOf("noplaces", query.fullText(needs, ConceptQuery::Index::KeepsNoPlaces));
            for (std::size_t i = 0; i < texts.size(); ++i) {
                const auto words = searchWords(texts[i]);
                std::size_t said = 0;
                for (const auto& term : query.wanted())
                    said += says(words, term);
                bool isOut = false;
                for (const auto& term : query.excluded())
                    isOut = isOut || says(words, term);
                const std::size_t least
                    = needs == ConceptQuery::Needs::AllTerms ? query.wanted().size() : 1;
                if (said >= least && !isOut)
                    expected.insert(i);
                EXPECT_EQ(query.countSaid(words), said) << typed << ": " << texts[i];
                if (!query.isMetBy(words, needs))
                    continue;
                here.insert(i);
                if (noPlaces.contains(i) && places.contains(i))
                    again.insert(i);
            }
            EXPECT_EQ(here, expected) << typed;
            EXPECT_EQ(again, expected) << typed << ": an index left some out";
        }
    }
}

TEST(ConceptQuery, MarksTheWordsThatAreSaid)
{
    const auto said = [](const char* query, const char* text) {
        std::string marks;
        for (const char mark : ConceptQuery(query).saidWords(searchWords(text)))
            marks += mark ? '1' : '0';
        return marks;
    };
    EXPECT_EQ(said("\"golden gate\" fog ", "the golden gate, gate in fogs"), "011001");
    EXPECT_EQ(said("gat", "the golden gates"), "001");
    for (const char* typed : {"nat", "nati", "natio", "nation", "nationa", "national", "nationals"})
        EXPECT_EQ(said(typed, "the nationals"), "01") << typed;
    EXPECT_EQ(said("golden", "gold"), "0") << "what is shorter was not typed";
}

} // namespace
