#include "core/features/search.h"
#include "tests/core/features/tiny_harvest.h"

#include <functional>

namespace {

using namespace core;

/// A world of 40 passages: one in four about the bridge, saying its name once; the others about a
/// library, with the word "golden" now and then. Features are planted by saying where they fire.
class Search : public ::testing::Test {
protected:
    enum Feature { Topic, GoldenWord, NameWords, Everywhere, LibraryTopic, HalfTopic, Count };

    void SetUp() override
    {
        std::vector<std::vector<TokenId>> documents;
        for (int p = 0; p < 40; ++p) {
            const bool isBridge = p % 4 == 0;
            std::string text
                = isBridge ? "the golden gate bridge is red" : "a quiet library is small";
            for (int i = 0; i < 5; ++i)
                text += isBridge ? " the fog in the harbour is red ."
                                 : " a reader in the library of a shelf .";
            if (p % 8 == 1)
                text += " a golden book .";
            documents.push_back(m_tokenizer.encode(text, true)->ids);
        }
        m_corpus = corpusFromTokens(documents, m_tokenizer);
        m_writer = WorkspaceWriter::open(m_folder / "w.db").value();
        store();
        m_reader = WorkspaceReader::open(m_folder / "w.db").value();
    }

    bool fires(int feature, int passage, TokenId token) const
    {
        const bool isBridge = passage % 4 == 0;
        const std::int32_t t = token.value; // 3 golden, 4 gate, 5 bridge
        switch (feature) {
        case Topic:
            return isBridge && t != 2;
        case GoldenWord:
            return t == 3;
        case NameWords:
            return t == 3 || t == 4 || t == 5;
        case Everywhere:
            return true;
        case LibraryTopic:
            return !isBridge;
        default:
            return passage % 8 == 0;
        }
    }

    void store()
    {
        std::vector<std::string> vocabulary;
        for (int i = 0; i < 64; ++i)
            vocabulary.push_back(m_tokenizer.display(TokenId(i)));
        ASSERT_TRUE(m_writer->putVocabulary(vocabulary));
        HarvestedDictionary harvested;
        harvested.dictionary = {0, "saes/a", "", "h", "blocks.0.hook_resid_post", Layer(0), Count,
            false, m_corpus.tokens, 0};
        harvested.dictionary.corpus
            = m_writer->putCorpus(m_corpus.hash, m_corpus.tokens, m_corpus.passages).value();
        FeatureAccumulator accumulator(Count, {});
        std::vector<std::int64_t> ids;
        std::vector<std::pair<SparseActs, BatchPassage>> batches;
        for (std::size_t p = 0; p < m_corpus.passages.size(); ++p) {
            const Passage& passage = m_corpus.passages[p];
            ids.push_back(passage.id);
            SparseActs acts;
            for (std::size_t t = 0; t < passage.tokens.size(); ++t) {
                for (int f = 0; f < Count; ++f)
                    if (t > 0 && fires(f, static_cast<int>(p), passage.tokens[t])) {
                        acts.features.push_back(static_cast<std::uint32_t>(f));
                        acts.values.push_back(1.0f + 0.01f * static_cast<float>(t));
                    }
                acts.rowBegin.push_back(static_cast<std::uint32_t>(acts.features.size()));
            }
            batches.push_back({acts, {static_cast<std::int64_t>(p), 0, passage.tokens.size()}});
        }
        for (const auto& [acts, passage] : batches)
            accumulator.count(acts, {passage});
        accumulator.startCollecting();
        for (const auto& [acts, passage] : batches)
            accumulator.collect(acts, {passage});
        harvested.columns = accumulator.columns(m_corpus.tokens);
        for (std::size_t f = 0; f < Count; ++f) {
            harvested.evidence.push_back(accumulator.evidence(f, ids));
            harvested.effects.push_back({{{TokenId(f == LibraryTopic ? 6 : 40), 1.0f}}, {}});
            harvested.nearest.emplace_back();
            harvested.promoted.push_back(f == LibraryTopic ? " fog\n" : " word40\n");
            const char* words[]{"bridge fog harbour red", "golden", "golden gate bridge", "",
                "library shelf", "fog"};
            harvested.words.push_back(words[f]);
            harvested.suggestedLabels.emplace_back();
        }
        harvested.samples = accumulator.samples(ids);
        ASSERT_TRUE(m_writer->putHarvest(harvested));
    }

    std::vector<int> order(const std::string& text)
    {
        m_last = searchFeatures(*m_reader, {text, {}, 10}).value();
        std::vector<int> features;
        for (const SearchHit& hit : m_last.hits)
            features.push_back(hit.row.feature.feature.value);
        return features;
    }

    const tests::WordTokenizer m_tokenizer;
    tests::TemporaryFolder m_folder;
    HarvestCorpus m_corpus;
    std::unique_ptr<WorkspaceWriter> m_writer;
    std::unique_ptr<WorkspaceReader> m_reader;
    SearchHits m_last;
};

TEST_F(Search, AFeatureOfTheTopicComesBeforeAFeatureOfTheWord)
{
    const auto found = order("golden gate");
    ASSERT_GE(found.size(), 4u);
    EXPECT_EQ(found[0], Topic); // Fires also where the words are not said.
    const auto place = [&](int feature) {
        return std::find(found.begin(), found.end(), feature) - found.begin();
    };
    EXPECT_LT(place(Topic), place(GoldenWord));
    EXPECT_LT(place(NameWords), place(GoldenWord)); // Covers both words.
    EXPECT_LT(place(HalfTopic), place(Everywhere));
    EXPECT_EQ(place(LibraryTopic),
        std::ptrdiff_t(found.size())); // Says golden at times, never golden gate.
    EXPECT_NE(m_last.hits[0].why.find("100 % of its firing"), std::string::npos)
        << m_last.hits[0].why;
    EXPECT_GT(m_last.hits[0].score, m_last.hits[1].score);
}

TEST_F(Search, PluralsBeginningsAndCaseFindTheSame)
{
    const auto plain = order("bridge");
    EXPECT_EQ(plain[0], Topic);
    EXPECT_EQ(order("Bridges"), plain);
    EXPECT_EQ(order("BRIDG"), plain);
    EXPECT_TRUE(order("zeppelin").empty());
    EXPECT_TRUE(order("?!").empty());
}

TEST_F(Search, WhereNoPassageSaysAllWordsAnyOfThemWillDo)
{
    const auto found = order("library bridge"); // Never together.
    EXPECT_FALSE(found.empty());
}

TEST_F(Search, APersonsLabelComesFirst)
{
    const std::int32_t dictionary = m_reader->dictionary("saes/a").value()->id;
    ASSERT_TRUE(m_writer->setLabel(
        {dictionary, FeatureId(Everywhere)}, {"Golden Gate", "", LabelSource::Person}));
    EXPECT_EQ(order("golden gate")[0], Everywhere);
    EXPECT_EQ(m_last.hits[0].why.substr(0, 5), "label");
    ASSERT_TRUE(m_writer->setLabel({dictionary, FeatureId(Everywhere)}, {}));
    EXPECT_EQ(order("golden gate")[0], Topic);
}

TEST_F(Search, PromotedTokensCount)
{
    const auto found = order("fog");
    EXPECT_EQ(found[0], Topic);
    const auto library = std::find(found.begin(), found.end(), int(LibraryTopic));
    ASSERT_NE(library, found.end());
    EXPECT_NE(
        m_last.hits[static_cast<std::size_t>(library - found.begin())].why.find("promotes ' fog'"),
        std::string::npos);
}

TEST_F(Search, LimitsAndDictionariesAreObeyed)
{
    const auto cut = searchFeatures(*m_reader, {"golden gate", {}, 2}).value();
    EXPECT_EQ(cut.hits.size(), 2u);
    EXPECT_GT(cut.total, 2);
    EXPECT_TRUE(searchFeatures(*m_reader, {"golden gate", {"other"}, 10})->hits.empty());
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(searchFeatures(*m_reader, {"golden gate", {}, 10}, source.get_token()).error().code,
        Error::Code::Cancelled);
}

TEST_F(Search, TheWholeResultIsSortedBeforeItIsCut)
{
    const auto byMatch = order("golden gate");
    ASSERT_GE(byMatch.size(), 4u);
    const auto sorted = [&](FeatureSort sort, bool isDescending, int limit) {
        std::vector<int> features;
        const SearchQuery query{"golden gate", {}, limit, sort, isDescending, {}};
        m_last = searchFeatures(*m_reader, query).value();
        for (const SearchHit& hit : m_last.hits)
            features.push_back(hit.row.feature.feature.value);
        return features;
    };
    auto expected = byMatch;
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(sorted(FeatureSort::Index, false, 10), expected);
    // The first of all that match, also where only one is wanted.
    EXPECT_EQ(sorted(FeatureSort::Index, true, 1), std::vector<int>{expected.back()});
    EXPECT_EQ(m_last.total, std::ssize(byMatch));
    const auto all = sorted(FeatureSort::Density, true, 10);
    ASSERT_EQ(all.size(), byMatch.size());
    EXPECT_EQ(all.front(), Everywhere); // it fires on every token
    for (std::size_t i = 1; i < m_last.hits.size(); ++i)
        EXPECT_GE(m_last.hits[i - 1].row.density, m_last.hits[i].row.density);
    const std::int32_t dictionary = m_reader->dictionary("saes/a").value()->id;
    ASSERT_TRUE(
        m_writer->setLabel({dictionary, FeatureId(HalfTopic)}, {"Zebra", "", LabelSource::Person}));
    ASSERT_TRUE(
        m_writer->setLabel({dictionary, FeatureId(Topic)}, {"apple", "", LabelSource::Person}));
    const auto labels = sorted(FeatureSort::Label, true, 10);
    EXPECT_EQ(labels.front(), HalfTopic);
    EXPECT_EQ(sorted(FeatureSort::Match, true, 10).front(), byMatch.front());
}

} // namespace
