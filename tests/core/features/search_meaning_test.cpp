#include "core/features/search.h"
#include "core/features/search_meaning.h"
#include "core/features/word_features.h"
#include "tests/core/store/workspace_fixture.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::TemporaryFolder;

struct Planted {
    const char* promoted;
    const char* words;
    const char* label;
};

/// A corpus in which French and animals meet only in the words for animals, and features that
/// promote what they promote; nothing says "french animals".
class SearchByMeaning : public ::testing::Test {
protected:
    void SetUp() override
    {
        const std::vector<std::array<const char*, 3>> animals{{"owl", "hibou", "tree"},
            {"pig", "cochon", "farm"}, {"hen", "poule", "yard"}, {"wolf", "loup", "forest"}};
        const std::vector<std::array<const char*, 2>> others{
            {"strong", "fort"}, {"cold", "froid"}, {"small", "petit"}, {"rich", "riche"}};
        std::mt19937 random(7);
        std::vector<Passage> passages;
        const auto add = [&](const std::string& text) {
            passages.push_back({0, {TokenId(0), TokenId(1)}, text});
        };
        for (int i = 0; i < 400; ++i) {
            const auto& a = animals[random() % animals.size()];
            const auto& o = others[random() % others.size()];
            switch (i % 5) {
            case 0:
                add(std::string("The French word for ") + a[0] + " is " + a[1] + ".");
                break;
            case 1:
                add(std::string("The French word for ") + o[0] + " is " + o[1] + ".");
                break;
            case 2:
                add(std::string("The ") + a[0] + " lives in the " + a[2] + ". It is an animal. Le "
                    + a[1] + " dort.");
                break;
            case 3:
                add("The capital of Texas is Austin. Dallas lies in the state of Texas.");
                break;
            default:
                add("Sailors love the golden cables of the bridge in the fog of the bay.");
            }
        }
        const std::vector<Planted> planted{{" Austin\n Texas\n Dallas\n", "texas capital", ""},
            {" hibou\n cochon\n poule\n loup\n", "word", "\"is\""},
            {" fort\n froid\n petit\n riche\n", "word", "\"is\""},
            {" tree\n farm\n yard\n forest\n", "lives animal", ""},
            {" fog\n cables\n", "bridge bay", "golden, bridge"}};
        m_writer = WorkspaceWriter::open(m_folder / "w.db").value();
        ASSERT_TRUE(m_writer->putVocabulary({"The", " word"}));
        HarvestedDictionary harvest;
        harvest.dictionary = {0, "saes/a", "", "h", "blocks.0.hook_resid_post", Layer(0),
            std::ssize(planted), false, 800, 0};
        harvest.dictionary.corpus = m_writer->putCorpus("c", 800, passages).value();
        const WordVectors vectors = WordVectors::learn(passages);
        for (std::size_t f = 0; f < planted.size(); ++f) {
            const Planted& one = planted[f];
            harvest.promoted.push_back(one.promoted);
            harvest.words.push_back(one.words);
            harvest.suggestedLabels.push_back(one.label);
        }
        harvest.columns.density.assign(planted.size(), 0.01f);
        harvest.columns.max = harvest.columns.mean = harvest.columns.samples
            = harvest.columns.density;
        harvest.evidence.resize(planted.size());
        harvest.effects.resize(planted.size());
        harvest.nearest.resize(planted.size());
        ASSERT_TRUE(m_writer->putWordVectors(harvest.dictionary.corpus, vectors.write()));
        ASSERT_TRUE(m_writer->putHarvest(harvest));
        m_corpus = harvest.dictionary.corpus;
        m_reader = WorkspaceReader::open(m_folder / "w.db").value();
        ASSERT_TRUE(storeWordFeatures(
            *m_reader, *m_writer, m_reader->dictionary("saes/a").value().value()));
    }

    std::vector<int> order(const std::string& text)
    {
        m_last = searchFeatures(*m_reader, {text, {}, 10}).value();
        std::vector<int> features;
        for (const SearchHit& hit : m_last.hits)
            features.push_back(hit.row.feature.feature.value);
        return features;
    }

    enum { State, FrenchAnimals, FrenchOther, Places, Bridge };
    TemporaryFolder m_folder;
    std::unique_ptr<WorkspaceWriter> m_writer;
    std::unique_ptr<WorkspaceReader> m_reader;
    std::int32_t m_corpus = 0;
    SearchHits m_last;
};

TEST_F(SearchByMeaning, FrenchAnimalsFindsTheFeatureThatPromotesTheirNames)
{
    const auto found = order("french animals");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0], FrenchAnimals);
    EXPECT_EQ(std::count(found.begin(), found.end(), int(State)), 0);
    EXPECT_EQ(std::count(found.begin(), found.end(), int(Bridge)), 0);
    const std::string& why = m_last.hits[0].why;
    EXPECT_NE(why.find("promotes "), std::string::npos) << why;
    EXPECT_NE(why.find("near in meaning to french, animal"), std::string::npos) << why;
    EXPECT_TRUE(why.find("hibou") != std::string::npos || why.find("cochon") != std::string::npos
        || why.find("poule") != std::string::npos || why.find("loup") != std::string::npos)
        << why;
    EXPECT_TRUE(m_last.note.empty());
}

TEST_F(SearchByMeaning, WhatTheWordsHitExactlyStaysOnTop)
{
    const auto found = order("bridge");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0], Bridge);
    EXPECT_GE(m_last.hits[0].score, 1.0);
    EXPECT_EQ(order("golden bridge")[0], Bridge);
}

TEST_F(SearchByMeaning, ExclusionsHoldAlsoForMeaning)
{
    const auto isFound = [&](const char* text) {
        const auto found = order(text);
        return std::count(found.begin(), found.end(), int(FrenchAnimals)) == 1;
    };
    EXPECT_TRUE(isFound("french animals -fog"));
    EXPECT_FALSE(isFound("french animals -cochon"));
    EXPECT_FALSE(isFound("french animals NOT cochons"));
}

TEST_F(SearchByMeaning, OfAnOldWorkspaceTheWordsAreSearchedAndItSaysHowToGetMeaning)
{
    m_writer->database().connection().exec("DROP TABLE word_vectors; DROP TABLE word_features");
    m_reader = WorkspaceReader::open(m_folder / "w.db").value();
    EXPECT_EQ(order("bridge")[0], Bridge);
    EXPECT_NE(m_last.note.find("Harvest again"), std::string::npos);
    // Opened for writing it gets the tables, and nothing else changes.
    m_writer.reset();
    m_writer = WorkspaceWriter::open(m_folder / "w.db").value();
    EXPECT_EQ(m_writer->wordVectors(m_corpus).value(), std::nullopt);
    EXPECT_EQ(order("bridge")[0], Bridge);
}

TEST_F(SearchByMeaning, NearnessIsTheLeastCosineToAnyWord)
{
    const auto vectors = WordVectors::read(**m_reader->wordVectors(m_corpus), "x").value();
    std::vector<std::string> known;
    const auto both = nearness(vectors, ConceptQuery("french animals zeppelin "), &known);
    const auto french = vectors.cosines(vectors.find("french"));
    const auto animal = vectors.cosines(vectors.find("anim"));
    ASSERT_EQ(both.size(), vectors.size());
    EXPECT_EQ(known, (std::vector<std::string>{"french", "animal"}));
    for (std::size_t w = 0; w < both.size(); ++w)
        EXPECT_EQ(both[w], std::max(0.0f, std::min(french[w], animal[w])));
    EXPECT_TRUE(nearness(vectors, ConceptQuery("zeppelin ")).empty());
}

TEST_F(SearchByMeaning, ASearchThatIsSupersededStops)
{
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(
        searchFeatures(*m_reader, {"french animals", {}, 10}, source.get_token()).error().code,
        Error::Code::Cancelled);
    const ConceptQuery query("french animals");
    const StoredDictionary dictionary = m_reader->dictionary("saes/a").value().value();
    EXPECT_EQ(findMeaning(*m_reader, query, {{dictionary.id, dictionary}}, {}, source.get_token())
                  .error()
                  .code,
        Error::Code::Cancelled);
    EXPECT_EQ(order("french animals")[0], FrenchAnimals) << "and the next one runs";
}

TEST_F(SearchByMeaning, ListsMadeAnewFollowTheLabels)
{
    const StoredDictionary dictionary = m_reader->dictionary("saes/a").value().value();
    const auto vectors
        = WordVectors::read(m_reader->wordVectors(m_corpus).value().value(), "them").value();
    const std::int32_t owl = vectors.find("owl");
    ASSERT_GE(owl, 0);
    const auto saysOwl = [&] {
        const auto listed = m_reader->wordFeatures(dictionary.id, owl, 100).value();
        return std::any_of(listed.begin(), listed.end(),
            [](const WordFeature& one) { return one.feature == FeatureId(State); });
    };
    EXPECT_FALSE(saysOwl());
    ASSERT_TRUE(
        m_writer->setLabel({dictionary.id, FeatureId(State)}, {"owl", "", LabelSource::Person}));
    ASSERT_TRUE(storeWordFeatures(*m_reader, *m_writer, dictionary));
    EXPECT_TRUE(saysOwl());
    // A workspace of an older program has nothing to list by: not an error.
    m_writer->database().connection().exec("DELETE FROM word_vectors");
    EXPECT_TRUE(storeWordFeatures(*m_reader, *m_writer, dictionary));
}

} // namespace
