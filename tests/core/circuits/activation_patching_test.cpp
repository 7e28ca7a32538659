// Exact patching against passes of their own in which the activation is replaced by hand.
#include "core/circuits/activation_patching.h"
#include "tests/core/circuits/patch_case.h"

namespace {

using namespace core;
using tests::PatchCase;

class ActivationPatching : public testing::TestWithParam<const char*> { };

struct Place {
    HookPoint hook;
    int position = -1, head = -1;
};

void expectExact(const PatchCase& given, std::int64_t rows, double tolerance)
{
    const auto points = tests::positionPoints(*given.model);
    const PatchRun base = given.run(given.baseIds, points),
                   other = given.run(given.otherIds, points);
    std::vector<Place> places;
    std::vector<PatchCell> cells;
    for (const auto& [hook, value] : other.cache.values()) {
        for (int position = 0; position < 6; ++position) {
            places.push_back({hook, position, -1});
            cells.push_back(positionCell(hook, position, other));
        }
        for (int head = 0; hook.kind == HookKind::Z && head < 4; ++head) {
            places.push_back({hook, -1, head});
            cells.push_back(headCell(hook, head, other));
        }
    }
    PatchOptions options;
    options.rows = rows;
    const auto exact = patchExactly(*given.model, base, given.metric, cells, options);
    ASSERT_TRUE(exact) << exact.error().message;
    const double before = given.metricOf(given.baseIds);
    double largest = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const Place& place = places[i];
        const at::Tensor donor = other.cache.at(place.hook)[0];
        const double after = given.metricWith(place.hook, [&](at::Tensor& value) {
            using at::indexing::Slice;
            if (place.head >= 0)
                value.index_put_({Slice(), place.head}, donor.index({Slice(), place.head}));
            else
                value[place.position] = donor[place.position];
        });
        EXPECT_NEAR(exact->effects[i], after - before, tolerance)
            << place.hook.name() << " position " << place.position << " head " << place.head;
        largest = std::max(largest, std::abs(after - before));
    }
    EXPECT_GT(largest, 0.1) << "the prompts must differ in what they answer";
    if (rows > 0) {
        const auto count = std::ssize(cells);
        EXPECT_EQ(exact->passes, (count + rows - 1) / rows);
    }
}

TEST_P(ActivationPatching, EqualsReplacingByHandInDoublePrecision)
{
    for (const std::int64_t rows : {0, 1, 5})
        expectExact(PatchCase(GetParam()), rows, 1e-9);
}

TEST_P(ActivationPatching, EqualsReplacingByHandInFloat)
{
    expectExact(PatchCase(GetParam(), at::kFloat), 0, 1e-3);
}

/// Prompts that differ in one token: its embedding is all the difference, and nothing reaches back.
TEST_P(ActivationPatching, TheOneTokenThatDiffersBringsAllBack)
{
    PatchCase given(GetParam());
    given.otherIds = given.baseIds.clone();
    given.otherIds[0][2] = (given.baseIds[0][2].item<std::int64_t>() + 1) % 64;
    const HookPoint first{HookKind::ResidPre, Layer(0)}, second{HookKind::ResidPre, Layer(1)};
    const PatchRun base = given.run(given.baseIds, {first, second}),
                   other = given.run(given.otherIds, {first, second});
    std::vector<PatchCell> cells;
    for (const HookPoint hook : {first, second})
        for (int position = 0; position < 6; ++position)
            cells.push_back(positionCell(hook, position, other));
    const auto exact = patchExactly(*given.model, base, given.metric, cells);
    ASSERT_TRUE(exact);
    const double gap = given.metricOf(given.otherIds) - given.metricOf(given.baseIds);
    for (int position = 0; position < 6; ++position)
        EXPECT_NEAR(
            exact->effects[static_cast<std::size_t>(position)], position == 2 ? gap : 0.0, 1e-9);
    EXPECT_NEAR(exact->effects[6], 0.0, 1e-9);
    EXPECT_NEAR(exact->effects[7], 0.0, 1e-9);
    PatchCell all; // several writes at once
    for (std::size_t i = 6; i < 12; ++i)
        all.writes.push_back(cells[i].writes.front());
    const auto together = patchExactly(*given.model, base, given.metric, {all});
    ASSERT_TRUE(together);
    EXPECT_NEAR(together->effects.front(), gap, 1e-9);
}

TEST_P(ActivationPatching, ARunPatchedWithItselfDoesNotChange)
{
    const PatchCase given(GetParam());
    const auto points = tests::positionPoints(*given.model);
    const PatchRun base = given.run(given.baseIds, points);
    std::vector<PatchCell> cells;
    for (const auto& [hook, value] : base.cache.values())
        for (int position = 0; position < 6; ++position)
            cells.push_back(positionCell(hook, position, base));
    const auto exact = patchExactly(*given.model, base, given.metric, cells);
    ASSERT_TRUE(exact);
    for (const double effect : exact->effects)
        EXPECT_NEAR(effect, 0.0, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Families, ActivationPatching, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

TEST(ActivationPatchingRun, CountsCellsAndStopsWhenAsked)
{
    const PatchCase given("llama");
    const HookPoint hook{HookKind::MlpOut, Layer(0)};
    const PatchRun base = given.run(given.baseIds, {hook}),
                   other = given.run(given.otherIds, {hook});
    std::vector<PatchCell> cells;
    for (int position = 0; position < 6; ++position)
        cells.push_back(positionCell(hook, position, other));
    std::stop_source stop;
    std::vector<std::int64_t> seen;
    PatchOptions options;
    options.rows = 2;
    options.stop = stop.get_token();
    options.progress = [&](const Progress& progress) {
        EXPECT_EQ(progress.total, 6);
        seen.push_back(progress.done);
    };
    ASSERT_TRUE(patchExactly(*given.model, base, given.metric, cells, options));
    EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 2, 4, 6}));
    seen.clear();
    options.progress = [&](const Progress& progress) {
        seen.push_back(progress.done);
        if (progress.done == 2)
            stop.request_stop();
    };
    const auto stopped = patchExactly(*given.model, base, given.metric, cells, options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 2})) << "no pass after the one that was stopped";
}

} // namespace
