#include "core/features/feature_cards.h"
#include "core/model/activation_cache.h"
#include "core/store/workspace_reader.h"
#include "tests/core/features/tiny_harvest.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

namespace {

using namespace core;
using tests::TinyHarvest;

/// On which tokens (counted through the corpus) each feature fires, one passage at a time.
std::vector<std::set<int>> firingTokens(const TinyHarvest& tiny, const Dictionary& dictionary)
{
    const at::NoGradGuard noGrad;
    std::vector<std::set<int>> firing(static_cast<std::size_t>(dictionary.config().d_sae));
    int token = 0;
    for (const Passage& passage : tiny.corpus.passages) {
        at::Tensor ids
            = at::empty({1, static_cast<std::int64_t>(passage.tokens.size())}, at::kLong);
        for (std::size_t t = 0; t < passage.tokens.size(); ++t)
            ids.data_ptr<std::int64_t>()[t] = passage.tokens[t].value;
        const auto run = runWithCache(*tiny.model, ids, {dictionary.config().hookIn});
        const at::Tensor acts
            = dictionary.encode(run->cache.at(dictionary.config().hookIn)).feature_acts[0];
        for (std::int64_t t = 0; t < acts.size(0); ++t, ++token)
            for (std::size_t f = 0; t > 0 && f < firing.size(); ++f) // 0 is the special token
                if (acts[t][static_cast<std::int64_t>(f)].item<float>() > 0)
                    firing[f].insert(token);
    }
    return firing;
}

std::unique_ptr<WorkspaceReader> harvestInto(
    const TinyHarvest& tiny, const std::filesystem::path& path, const HarvestSettings& settings)
{
    auto writer = WorkspaceWriter::open(path).value();
    const auto outcome
        = harvest(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer, settings);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return WorkspaceReader::open(path).value();
}

std::size_t together(const std::set<int>& a, const std::set<int>& b)
{
    std::size_t both = 0;
    for (const int token : a)
        both += b.count(token);
    return both;
}

TEST(Cofiring, EqualsTheJaccardIndexWhereEveryFiringTokenIsSampled)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    HarvestSettings settings;
    settings.samples = 4096; // more than the corpus has
    auto reader = harvestInto(tiny, folder / "w.db", settings);
    int compared = 0;
    for (const auto& dictionary : tiny.dictionaries) {
        const std::string& name = dictionary->config().name;
        const auto firing = firingTokens(tiny, *dictionary);
        for (std::size_t f = 0; f < firing.size(); ++f) {
            const FeatureCard card
                = featureCard(*reader, {name, FeatureId(static_cast<std::int64_t>(f))}).value();
            EXPECT_TRUE(card.knowsCofiring);
            std::vector<double> truth;
            std::map<std::int32_t, double> by;
            for (std::size_t g = 0; g < firing.size(); ++g) {
                const std::size_t both = together(firing[f], firing[g]);
                if (g == f || both == 0)
                    continue;
                const double jaccard
                    = double(both) / double(firing[f].size() + firing[g].size() - both);
                truth.push_back(jaccard);
                by[static_cast<std::int32_t>(g)] = jaccard;
            }
            std::sort(truth.rbegin(), truth.rend());
            ASSERT_EQ(card.cofiring.size(), std::min<std::size_t>(10, truth.size()));
            for (std::size_t i = 0; i < card.cofiring.size(); ++i, ++compared) {
                const CofiringFeature& one = card.cofiring[i];
                EXPECT_NEAR(static_cast<double>(one.jaccard), truth[i], 1e-6);
                EXPECT_NEAR(static_cast<double>(one.jaccard), by[one.feature.feature.value], 1e-6);
            }
        }
    }
    EXPECT_GT(compared, 200);
}

TEST(Cofiring, OfAFewSampledTokensIsNearTheTruth)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    HarvestSettings settings;
    settings.samples = 32;
    settings.cofiring = 100;
    auto reader = harvestInto(tiny, folder / "w.db", settings);
    double wrong = 0, count = 0;
    for (const auto& dictionary : tiny.dictionaries) {
        const auto firing = firingTokens(tiny, *dictionary);
        for (std::size_t f = 0; f < firing.size(); ++f) {
            if (firing[f].size() <= 32)
                continue; // exact
            const FeatureCard card = featureCard(
                *reader, {dictionary->config().name, FeatureId(static_cast<std::int64_t>(f))})
                                         .value();
            for (const CofiringFeature& one : card.cofiring) {
                const auto& other = firing[one.feature.feature.index()];
                const auto both = double(together(firing[f], other));
                wrong += double(one.jaccard)
                    - both / (double(firing[f].size() + other.size()) - both);
                ++count;
                EXPECT_LE(one.jaccard, 1.0f);
            }
        }
    }
    ASSERT_GT(count, 50);
    EXPECT_NEAR(wrong / count, 0.0, 0.02); // no bias to speak of
}

TEST(Cofiring, OfAnOlderWorkspaceIsUnknown)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    harvestInto(tiny, folder / "w.db", {}).reset();
    SQLite::Database(folder / "w.db", SQLite::OPEN_READWRITE).exec("DROP TABLE feature_cofiring");
    auto reader = WorkspaceReader::open(folder / "w.db").value();
    const auto card = featureCard(*reader, {"saes/a", FeatureId(1)});
    ASSERT_TRUE(card) << card.error().message;
    EXPECT_FALSE(card->knowsCofiring);
    EXPECT_TRUE(card->cofiring.empty());
}

} // namespace
