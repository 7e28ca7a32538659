#include "core/features/feature_map.h"

#include "core/features/harvest.h"
#include "core/features/neighbour_layout.h"
#include "tests/core/features/tiny_harvest.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace {

using namespace core;

/// Features in clusters: those of one number modulo `clusters` write nearly the same.
std::shared_ptr<const Dictionary> clustered(
    const std::string& name, int d_sae, int clusters, std::uint64_t seed)
{
    const at::Generator centre = at::detail::createCPUGenerator(77);
    const at::Generator noise = at::detail::createCPUGenerator(seed);
    DictionaryConfig config;
    config.name = name;
    config.path = "/nowhere";
    config.format = "SAELens";
    config.architecture = "standard";
    config.d_in = config.d_out = 24;
    config.d_sae = d_sae;
    config.hookIn = config.hookOut = HookPoint::parse("blocks.0.hook_resid_post").value();
    Dictionary::Weights weights;
    const at::Tensor centres = at::randn({clusters, 24}, centre, at::kFloat);
    weights.W_enc = at::zeros({d_sae, 24});
    weights.b_enc = at::zeros({d_sae});
    weights.b_dec = at::zeros({24});
    // Of any length: only the direction counts.
    weights.W_dec = (centres.index_select(0, at::arange(d_sae, at::kLong) % clusters)
                        + 0.15 * at::randn({d_sae, 24}, noise, at::kFloat))
        * (0.2 + 3 * at::rand({d_sae, 1}, noise, at::kFloat));
    return Dictionary::create(config, weights).value();
}

struct MapPlace {
    int cluster;
    float x, y;
};

/// Of how many points the nearest other one on the map is of the same cluster.
double shareAmongTheirOwn(const std::vector<MapPlace>& places)
{
    int good = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        double least = 1e30;
        int nearest = -1;
        for (std::size_t j = 0; j < places.size(); ++j) {
            const double distance
                = std::hypot(double(places[i].x - places[j].x), double(places[i].y - places[j].y));
            if (j != i && distance < least) {
                least = distance;
                nearest = places[j].cluster;
            }
        }
        good += nearest == places[i].cluster;
    }
    return double(good) / double(places.size());
}

std::vector<MapPlace> mapPlacesOf(const DirectionMap& map, int clusters)
{
    std::vector<MapPlace> places;
    for (const StoredMap& one : map.dictionaries)
        for (std::size_t i = 0; i < one.x.size(); ++i)
            if (!std::isnan(one.x[i]))
                places.push_back({static_cast<int>(i) % clusters, one.x[i], one.y[i]});
    return places;
}

const Dictionaries& twoDictionaries()
{
    static const Dictionaries both{clustered("a", 300, 12, 1), clustered("b", 240, 12, 2)};
    return both;
}

std::vector<std::vector<char>> allOfThem()
{
    return {std::vector<char>(300, 1), std::vector<char>(240, 1)};
}

TEST(FeatureMap, FeaturesThatWriteAlikeStandTogetherWhateverTheirDictionary)
{
    auto isMapped = allOfThem();
    isMapped[0][5] = 0; // dead
    const auto map = mapDirections(twoDictionaries(), isMapped);
    ASSERT_TRUE(map) << map.error().message;
    EXPECT_EQ(map->mapped, 539);
    EXPECT_EQ(map->landmarks, 539);
    EXPECT_TRUE(std::isnan(map->dictionaries[0].x[5]));
    const auto places = mapPlacesOf(*map, 12);
    ASSERT_EQ(places.size(), 539u);
    EXPECT_GE(shareAmongTheirOwn(places), 0.97); // by chance one in twelve
    // The same input, the same map.
    EXPECT_EQ(
        mapDirections(twoDictionaries(), isMapped)->dictionaries[1].x, map->dictionaries[1].x);
}

TEST(FeatureMap, WithoutLandmarksOfTheirOwnOthersStandAmongTheirLike)
{
    FeatureMapSettings settings;
    settings.landmarks = 180;
    const auto map = mapDirections(twoDictionaries(), allOfThem(), settings);
    ASSERT_TRUE(map) << map.error().message;
    EXPECT_EQ(map->landmarks, 180);
    EXPECT_NE(map->method.find("180 of the features; the other 360"), std::string::npos)
        << map->method;
    const auto places = mapPlacesOf(*map, 12);
    ASSERT_EQ(places.size(), 540u);
    // A little less surely: with 15 landmarks a cluster the last of 15 neighbours is a stranger.
    EXPECT_GE(shareAmongTheirOwn(places), 0.9);
}

TEST(FeatureMap, StopsWhenAskedAndLeavesOutOtherWidths)
{
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = mapDirections(twoDictionaries(), allOfThem(), {}, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    Dictionaries mixed{
        twoDictionaries()[0], tests::randomDictionary("narrow", "blocks.0.hook_resid_post", 20, 1)};
    const auto map = mapDirections(mixed, {std::vector<char>(300, 1), std::vector<char>(20, 1)});
    ASSERT_TRUE(map);
    EXPECT_EQ(map->mapped, 300);
    EXPECT_TRUE(std::isnan(map->dictionaries[1].x[0]));
}

TEST(FeatureMap, IsStoredInPlaceOfTheOneBeforeAndGoesWithItsHarvest)
{
    const tests::TinyHarvest tiny;
    tests::TemporaryFolder folder;
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    const auto harvestThem = [&](const Dictionaries& dictionaries) {
        return harvest(tiny.model, dictionaries, tiny.tokenizer, tiny.corpus, *writer).has_value();
    };
    ASSERT_TRUE(harvestThem(tiny.dictionaries));
    auto reader = WorkspaceReader::open(folder / "w.db").value();
    const auto a = reader->dictionary("saes/a").value().value();
    const auto b = reader->dictionary("saes/b").value().value();
    EXPECT_TRUE(reader->column(a, kMapX).value()->empty());
    const auto map = storeFeatureMap(tiny.dictionaries, *reader, *writer);
    ASSERT_TRUE(map) << map.error().message;
    const auto columns = reader->columns(b).value();
    const auto x = *reader->column(b, kMapX).value();
    for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_EQ(std::isnan(x[i]), columns->density[i] == 0.0f);
    EXPECT_FALSE(reader->mapMethod().value().empty());

    // A map of one dictionary takes the other's places away: they were of another map.
    ASSERT_TRUE(storeFeatureMap({tiny.dictionaries[1]}, *reader, *writer));
    EXPECT_TRUE(reader->column(a, kMapX).value()->empty());
    EXPECT_FALSE(reader->column(b, kMapX).value()->empty());
    ASSERT_TRUE(harvestThem(tiny.dictionaries));
    EXPECT_TRUE(reader->column(b, kMapX).value()->empty());
}

TEST(NeighbourPairs, AreTheFuzzyUnionOfBothWays)
{
    // Three points in a row; the memberships of each point's two neighbours sum to log2(2) = 1, and
    // that of the nearest is 1, so the farther one's comes out as nearly 0.
    NeighbourGraph graph{2, {1, 2, 0, 2, 1, 0}, {0.1f, 0.4f, 0.1f, 0.3f, 0.3f, 0.4f}};
    const auto pairs = neighbourPairs(graph);
    ASSERT_EQ(pairs.size(), 6u);
    const auto weight = [&](int from, int to) {
        const auto found = std::find_if(pairs.begin(), pairs.end(),
            [&](const NeighbourPair& pair) { return pair.from == from && pair.to == to; });
        return found == pairs.end() ? -1.0f : found->weight;
    };
    EXPECT_FLOAT_EQ(weight(0, 1), 1.0f); // each the nearest of the other
    EXPECT_FLOAT_EQ(weight(1, 2), 1.0f); // 1 is the nearest of 2: 1 + w - w
    EXPECT_NEAR(weight(0, 2), 0.0f, 0.01f);
    for (const NeighbourPair& pair : pairs)
        EXPECT_EQ(pair.weight, weight(pair.to, pair.from));
}

} // namespace
