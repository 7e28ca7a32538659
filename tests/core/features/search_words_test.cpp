#include "core/text/search_words.h"

#include "core/text/porter_stem.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

namespace {

using namespace core;

// Here and not with the tests of its room, which know no SQLite.
/// The oracle: what SQLite's own tokenizer makes of a text.
std::vector<std::string> wordsOfSqlite(const std::string& text)
{
    SQLite::Database db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec(
        "CREATE VIRTUAL TABLE t USING fts5(x, tokenize='porter unicode61 remove_diacritics 2')");
    db.exec("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'instance')");
    SQLite::Statement put(db, "INSERT INTO t VALUES(?)");
    put.bind(1, text);
    put.exec();
    std::vector<std::string> words;
    SQLite::Statement query(db, "SELECT term FROM v ORDER BY offset");
    while (query.executeStep())
        words.push_back(query.getColumn(0).getString());
    return words;
}

std::vector<std::string> stemsOf(const std::string& text)
{
    std::vector<std::string> stems;
    for (const SearchWord& word : searchWords(text))
        stems.push_back(word.stem);
    return stems;
}

TEST(SearchWords, AreThoseOfTheFullTextIndex)
{
    for (const char* text : {"The golden-gate BRIDGES, it's 3.5 km!",
             "Le chèvre, œufs et ÉTÉ naïve", "Straße größer ångström Žluťoučký",
             "e\u0301te\u0301 combined", "日本語 テキスト 한국어",
             "caresses ponies ties caress cats feed agreed plastered bled motoring sing",
             "conflated troubled sized hopping tanned falling hissing fizzed failing filing happy "
             "sky",
             "relational conditional rational valenci hesitanci digitizer conformabli radicalli",
             "differentli vileli analogousli vietnamization predication operator feudalism",
             "decisiveness hopefulness callousness formaliti sensitiviti sensibiliti triplicate",
             "formative formalize electriciti electrical hopeful goodness revival allowance",
             "inference airliner gyroscopic adjustable defensible irritant replacement adjustment",
             "dependent adoption homologou communism activate angulariti homologous effective",
             "bowdlerize probate rate cease controll roll generalizations oscillators yes say by",
             "a_b c/d <|endoftext|> ▁word \xff\xfe broken"})
        EXPECT_EQ(stemsOf(text), wordsOfSqlite(text)) << text;
}

TEST(SearchWords, StemEveryMadeUpWordAsTheFullTextIndexDoes)
{
    // Syllables and endings in all combinations reach every rule and its refusals.
    const std::vector<std::string> begins{
        "", "b", "tr", "ab", "hop", "fil", "rel", "crypt", "sy", "oy", "eas", "adapt"};
    const std::vector<std::string> ends{"s", "es", "ies", "sses", "eed", "ed", "ing", "y",
        "ational", "tional", "enci", "izer", "logi", "bli", "ousli", "ization", "ation", "ator",
        "iveness", "biliti", "icate", "ative", "alize", "ical", "ness", "ful", "al", "ance", "er",
        "able", "ement", "ment", "ent", "ion", "sion", "tion", "ou", "ism", "ate", "iti", "ous",
        "ive", "ize", "e", "ll", "lle", "ated", "bled", "izing", "tting", "lling", "wed", "ying"};
    std::string text;
    for (const std::string& a : begins)
        for (const std::string& b : begins)
            for (const std::string& end : ends)
                if (!(a + b + end).empty())
                    text += a + b + end + " ";
    const auto expected = wordsOfSqlite(text);
    const auto words = searchWords(text);
    ASSERT_EQ(words.size(), expected.size());
    for (std::size_t i = 0; i < words.size(); ++i)
        EXPECT_EQ(words[i].stem, expected[i]) << words[i].text;
    // Few need to be stemmed to be compared, since stems begin as their words do.
    const auto few = searchWords(text, "ch");
    ASSERT_EQ(few.size(), words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
        EXPECT_EQ(words[i].stem.front(), words[i].text.front());
        const bool isNeeded = words[i].text.front() == 'c' || words[i].text.front() == 'h';
        EXPECT_EQ(few[i].stem, isNeeded ? words[i].stem : words[i].text);
    }
}

TEST(SearchWords, SayWhereTheyStand)
{
    const std::string text = "  Été, 9!";
    const auto words = searchWords(text);
    ASSERT_EQ(words.size(), 2u);
    EXPECT_EQ(words[0].text, "ete");
    EXPECT_EQ(text.substr(words[0].begin, words[0].end - words[0].begin), "Été");
    EXPECT_EQ(text.substr(words[1].begin, words[1].end - words[1].begin), "9");
    EXPECT_TRUE(searchWords("").empty());
}

} // namespace
