// Attribution patching against central differences of the metric.
#include "tests/core/circuits/patch_case.h"
#include "tests/core/files/temporary_folder.h"

namespace {

using namespace core;
using tests::PatchCase;

class AttributionPatching : public testing::TestWithParam<const char*> { };

TEST_P(AttributionPatching, IsTheSlopeTowardsTheOtherRun)
{
    const PatchCase given(GetParam());
    const auto points = tests::positionPoints(*given.model);
    const PatchRun base = given.run(given.baseIds, points),
                   other = given.run(given.otherIds, points);
    const auto gradients = metricGradients(*given.model, given.baseIds, points, given.metric);
    ASSERT_TRUE(gradients) << gradients.error().message;
    constexpr double kStep = 1e-5;
    for (const auto& [hook, value] : base.cache.values()) {
        SCOPED_TRACE(hook.name());
        ASSERT_TRUE(gradients->has(hook));
        const at::Tensor donor = other.cache.at(hook)[0], towards = donor - value[0];
        const auto slope = [&](const auto& part) { // of the metric, moving a part of the value
            const auto at = [&](double step) {
                return given.metricWith(
                    hook, [&](at::Tensor& current) { part(current).add_(part(towards), step); });
            };
            return (at(kStep) - at(-kStep)) / (2 * kStep);
        };
        const at::Tensor byPosition
            = approximateByPosition(value, other.cache.at(hook), gradients->at(hook));
        for (int position = 0; position < 6; ++position) {
            const double numeric = slope([&](const at::Tensor& all) { return all[position]; });
            EXPECT_NEAR(
                byPosition[position].item<double>(), numeric, 1e-6 * (1.0 + std::abs(numeric)))
                << position;
        }
        if (hook.kind != HookKind::Z)
            continue;
        const at::Tensor byHead
            = approximateByHead(value, other.cache.at(hook), gradients->at(hook));
        for (int head = 0; head < 4; ++head) {
            const double numeric
                = slope([&](const at::Tensor& all) { return all.select(1, head); });
            EXPECT_NEAR(byHead[head].item<double>(), numeric, 1e-6 * (1.0 + std::abs(numeric)))
                << head;
        }
    }
}

TEST_P(AttributionPatching, FewerBlocksAtOnceGiveTheSameGradients)
{
    const PatchCase given(GetParam());
    const auto points = tests::positionPoints(*given.model);
    GradientOptions one;
    one.layersAtOnce = 1;
    const auto whole = metricGradients(*given.model, given.baseIds, points, given.metric),
               parts = metricGradients(*given.model, given.baseIds, points, given.metric, one);
    ASSERT_TRUE(whole);
    ASSERT_TRUE(parts);
    ASSERT_EQ(whole->values().size(), parts->values().size());
    for (const auto& [hook, value] : whole->values())
        EXPECT_LE((value - parts->at(hook)).abs().max().item<double>(), 1e-10) << hook.name();
}

/// Such weights stay in the file, in 16 bits, and are widened where they are used.
TEST_P(AttributionPatching, WeightsIn16BitsGiveGradientsInFloat)
{
    const PatchCase given(GetParam(), at::kFloat);
    const tests::TemporaryFolder folder;
    ASSERT_TRUE(given.model->save(folder.path(), "bfloat16"));
    const auto narrow = Transformer::open(folder.path());
    ASSERT_TRUE(narrow) << narrow.error().message;
    const auto wide = (*narrow)->copyTo(at::kFloat); // what those 16 bits say
    const auto points = tests::positionPoints(*wide);
    for (const int layers : {0, 1}) {
        GradientOptions options;
        options.layersAtOnce = layers;
        const auto expected = metricGradients(*wide, given.baseIds, points, given.metric),
                   actual = metricGradients(**narrow, given.baseIds, points, given.metric, options);
        ASSERT_TRUE(expected);
        ASSERT_TRUE(actual);
        for (const auto& [hook, value] : expected->values()) {
            EXPECT_EQ(actual->at(hook).scalar_type(), at::kFloat) << hook.name();
            EXPECT_LE((actual->at(hook) - value).abs().max().item<double>(), 1e-3) << hook.name();
        }
    }
}

/// The metric is linear in what the unembedding reads, but for Gemma 2's soft cap.
TEST_P(AttributionPatching, IsExactWhereTheMetricIsLinear)
{
    const PatchCase given(GetParam());
    const HookPoint hook{HookKind::UnembedPre, Layer()};
    const PatchRun base = given.run(given.baseIds, {hook}),
                   other = given.run(given.otherIds, {hook});
    const auto gradients = metricGradients(*given.model, given.baseIds, {hook}, given.metric);
    ASSERT_TRUE(gradients);
    const at::Tensor approximate
        = approximateByPosition(base.cache.at(hook), other.cache.at(hook), gradients->at(hook));
    const double gap = given.metricOf(given.otherIds) - given.metricOf(given.baseIds);
    if (given.model->config().finalSoftcap == 0.0) {
        EXPECT_NEAR(approximate[5].item<double>(), gap, 1e-9);
    } else {
        EXPECT_GT(std::abs(approximate[5].item<double>() - gap), 1e-3);
    }
    for (int position = 0; position < 5; ++position)
        EXPECT_EQ(approximate[position].item<double>(), 0.0);
}

INSTANTIATE_TEST_SUITE_P(Families, AttributionPatching, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

} // namespace
