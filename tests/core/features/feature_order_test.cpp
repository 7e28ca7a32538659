#include "core/features/feature_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include <gtest/gtest.h>

namespace {

using namespace core;
using SortBy = FeatureOrderQuery::SortBy;

FeatureOrderSource randomSource(const std::string& name, std::size_t size, std::uint32_t seed)
{
    std::mt19937 random(seed);
    auto columns = std::make_shared<FeatureColumns>();
    for (std::size_t i = 0; i < size; ++i) {
        const bool isDead = random() % 4 == 0;
        columns->density.push_back(isDead ? 0.0f : static_cast<float>(random() % 50) / 100 + 0.01f);
        // Few values, so that many are equal; some are unknown, and those of "empty" all are.
        columns->outputScore.push_back(random() % 5 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                                         : static_cast<float>(random() % 8) / 8);
        columns->max.push_back(isDead ? 0.0f : static_cast<float>(random() % 30)); // Many equal.
    }
    FeatureOrderSource source;
    source.dictionary = name;
    source.size = size;
    source.density = std::make_shared<const std::vector<float>>(columns->density);
    source.max = std::make_shared<const std::vector<float>>(columns->max);
    source.outputScore = std::make_shared<const std::vector<float>>(columns->outputScore);
    for (std::size_t i = 0; i < size; ++i)
        source.labelScores.push_back(random() % 3 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                                       : static_cast<float>(random() % 9) / 8);
    for (std::size_t i = 0; i < size; i += 7)
        source.labels[FeatureId(static_cast<std::int64_t>(i))]
            = {"label " + std::to_string(random() % 9), "",
                i % 2 ? LabelSource::Person : LabelSource::Suggested};
    return source;
}

struct Plain {
    std::size_t source = 0;
    std::size_t feature = 0;
};

/// The definition: filter, then a stable sort with the comparison written out.
std::vector<FeatureRef> plainOrder(
    const std::vector<FeatureOrderSource>& sources, const FeatureOrderQuery& query)
{
    std::vector<Plain> rows;
    const auto labelOf = [&](const Plain& row) -> const Label* {
        const auto found
            = sources[row.source].labels.find(FeatureId(static_cast<std::int64_t>(row.feature)));
        return found == sources[row.source].labels.end() ? nullptr : &found->second;
    };
    for (std::size_t s = 0; s < sources.size(); ++s)
        for (std::size_t f = 0; f < sources[s].size; ++f) {
            const Plain row{s, f};
            const float density = (*sources[s].density)[f];
            const auto& known = *sources[s].outputScore;
            if (query.minOutputScore > 0
                && (known.empty() || !(double(known[f]) >= query.minOutputScore)))
                continue;
            if (query.isLabelledOnly
                && (!labelOf(row) || labelOf(row)->source != LabelSource::Person))
                continue;
            if (sources[s].isHarvested
                && ((query.hideDead && density == 0) || density < query.minDensity
                    || density > query.maxDensity))
                continue;
            rows.push_back(row);
        }
    const auto before = [&](const Plain& a, const Plain& b) {
        const FeatureOrderSource &x = sources[a.source], &y = sources[b.source];
        const auto less = [&](auto u, auto v) { return query.descending ? v < u : u < v; };
        switch (query.sortBy) {
        case SortBy::Index:
            return less(std::pair(a.source, a.feature), std::pair(b.source, b.feature));
        case SortBy::Density:
            return less((*x.density)[a.feature], (*y.density)[b.feature]);
        case SortBy::MaxActivation:
            return less((*x.max)[a.feature], (*y.max)[b.feature]);
        case SortBy::OutputScore:
        case SortBy::LabelScore: {
            const auto scoreOf = [&](const FeatureOrderSource& of, std::size_t feature) {
                const std::vector<float>& scores
                    = query.sortBy == SortBy::OutputScore ? *of.outputScore : of.labelScores;
                return scores.empty() || std::isnan(scores[feature]) ? std::optional<float>()
                                                                     : scores[feature];
            };
            const auto u = scoreOf(x, a.feature), v = scoreOf(y, b.feature);
            return u && v ? less(*u, *v) : u && !v;
        }
        case SortBy::Promotes: // tested with the search, which has the tokens
        case SortBy::Label:
            break;
        }
        const Label *u = labelOf(a), *v = labelOf(b);
        if (!u || !v)
            return u && !v;
        return less(u->text, v->text);
    };
    std::stable_sort(rows.begin(), rows.end(), before);
    std::vector<FeatureRef> refs;
    for (const Plain& row : rows)
        refs.push_back(
            {sources[row.source].dictionary, FeatureId(static_cast<std::int64_t>(row.feature))});
    return refs;
}

TEST(FeatureOrder, EqualsAPlainStableSortForEveryQuery)
{
    std::vector<FeatureOrderSource> sources{randomSource("a", 500, 1), randomSource("empty", 0, 2),
        randomSource("b", 300, 3), randomSource("unharvested", 50, 4)};
    sources[3].isHarvested = false;
    sources[3].outputScore = std::make_shared<const std::vector<float>>();
    sources[3].labelScores.clear();
    for (const SortBy sortBy : {SortBy::Index, SortBy::Density, SortBy::MaxActivation,
             SortBy::Label, SortBy::OutputScore, SortBy::LabelScore})
        for (int bits = 0; bits < 32; ++bits) {
            FeatureOrderQuery query;
            query.sortBy = sortBy;
            query.descending = bits & 1;
            query.hideDead = bits & 2;
            query.isLabelledOnly = bits & 4;
            query.minDensity = bits & 8 ? 0.1 : 0.0;
            query.maxDensity = bits & 8 ? 0.3 : 1.0;
            query.minOutputScore = bits & 16 ? 0.375 : 0.0;
            const auto order = FeatureOrder::build(sources, query).value();
            const auto plain = plainOrder(sources, query);
            ASSERT_EQ(order->size(), static_cast<std::int64_t>(plain.size()));
            // From the end, where nothing is sorted yet.
            for (std::int64_t row = order->size(); row-- > 0;)
                ASSERT_EQ(order->at(row), plain[static_cast<std::size_t>(row)])
                    << int(sortBy) << " " << bits;
            const auto again = FeatureOrder::build(sources, query).value();
            for (std::size_t row = 0; row < plain.size(); row += 97)
                ASSERT_EQ(again->rowOf(plain[row]), std::int64_t(row)) << int(sortBy);
            EXPECT_EQ(again->rowOf({"b", FeatureId(300)}), -1);
            EXPECT_EQ(again->rowOf({"absent", FeatureId(0)}), -1);
        }
}

TEST(FeatureOrder, HidesWhatFiresEverywhereAndCountsIt)
{
    // Quartiles 0.001 and 0.004: the fence stands at 0.004 * 4^1.5 = 0.032.
    std::vector<float> density;
    for (const float value : {0.0f, 0.0005f, 0.001f, 0.001f, 0.002f, 0.002f, 0.004f, 0.004f, 0.9f})
        density.push_back(value);
    EXPECT_NEAR(everywhereFrom(density), 0.032, 0.032 * 0.03);
    EXPECT_EQ(everywhereFrom({0.0f, 0.5f, 0.9f}), 1.0) << "too few to say";
    EXPECT_EQ(everywhereFrom({0.9f, 0.9f, 0.9f, 0.9f}), 0.5);
    FeatureOrderSource source;
    source.dictionary = "d";
    source.size = density.size();
    source.density = std::make_shared<const std::vector<float>>(density);
    source.everywhereFrom = everywhereFrom(density);
    FeatureOrderQuery query;
    query.sortBy = SortBy::Density;
    const auto order = FeatureOrder::build({source}, query).value();
    EXPECT_EQ(order->hiddenEverywhere(), 1);
    EXPECT_EQ(order->size(), 7); // without the dead one and the one above the fence
    EXPECT_EQ(order->at(0).feature, FeatureId(6));
}

TEST(FeatureOrder, AMillionFeaturesTakeEightBytesEachWithTheColumnTheyAreSortedBy)
{
    constexpr std::size_t kSize = 1'000'000;
    std::mt19937 random(5);
    std::vector<float> max(kSize);
    for (float& value : max)
        value = std::exp2(static_cast<float>(random() % 4096) / 1024.0f);
    FeatureOrderSource source;
    source.dictionary = "d";
    source.size = kSize;
    source.max = std::make_shared<const std::vector<float>>(max);
    const auto order = FeatureOrder::build({source}, {}).value();
    // A table adds a density and an output score of 4 bytes each: 16 in all.
    EXPECT_LE(order->bytes(), 8 * kSize + 64 * 1024);
    float before = std::numeric_limits<float>::infinity();
    for (std::int64_t row = 0; row < order->size(); row += 1237) {
        const float value = max[order->at(row).feature.index()];
        EXPECT_LE(value, before);
        before = value;
    }
}

TEST(FeatureOrder, StopsWhenAsked)
{
    std::stop_source source;
    source.request_stop();
    const auto order = FeatureOrder::build({randomSource("a", 10, 1)}, {}, source.get_token());
    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().code, Error::Code::Cancelled);
}

} // namespace
