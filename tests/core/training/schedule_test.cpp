#include "core/training/schedule.h"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(Schedule, WarmsUpFromAboveZeroToTheFullRate)
{
    const ScheduleOptions options{.lr = 2.0, .lr_warm_up_steps = 4};
    EXPECT_DOUBLE_EQ(learningRate(options, 0, 100), 0.5);
    EXPECT_DOUBLE_EQ(learningRate(options, 3, 100), 2.0);
    EXPECT_DOUBLE_EQ(learningRate(options, 50, 100), 2.0);
}

TEST(Schedule, CosineIsHalfWayInTheMiddleAndEndsAtLrEnd)
{
    const ScheduleOptions options{
        .lr = 1.0, .lr_scheduler_name = LrScheduler::CosineAnnealing, .lr_end = 0.2};
    EXPECT_DOUBLE_EQ(learningRate(options, 0, 1000), 1.0);
    EXPECT_NEAR(learningRate(options, 500, 1000), 0.6, 1e-12);
    EXPECT_NEAR(learningRate(options, 999, 1000), 0.2, 1e-5);
    EXPECT_NEAR(learningRate(options, 5000, 1000), 0.2, 1e-5);
}

TEST(Schedule, LinearFallsEvenly)
{
    const ScheduleOptions options{
        .lr = 1.0, .lr_scheduler_name = LrScheduler::Linear, .lr_warm_up_steps = 10};
    EXPECT_NEAR(learningRate(options, 10 + 45, 100), 0.5, 1e-12);
    EXPECT_NEAR(learningRate(options, 99, 100), 1.0 / 90.0, 1e-12);
}

TEST(Schedule, DecayStepsBringAConstantRateDownWithoutReachingZeroEarly)
{
    const ScheduleOptions options{.lr = 1.0, .lr_decay_steps = 10};
    EXPECT_DOUBLE_EQ(learningRate(options, 89, 100), 1.0);
    double before = 1.0;
    for (int step = 90; step < 100; ++step) {
        const double lr = learningRate(options, step, 100);
        EXPECT_LT(lr, before);
        EXPECT_GT(lr, 0.0);
        before = lr;
    }
    EXPECT_NEAR(before, 1.0 / 11.0, 1e-12);
}

TEST(Schedule, WarmUpOfZeroStepsIsFullAtOnce)
{
    EXPECT_DOUBLE_EQ(warmUp(0, 0), 1.0);
    EXPECT_DOUBLE_EQ(warmUp(0, 5), 0.2);
    EXPECT_DOUBLE_EQ(warmUp(4, 5), 1.0);
}

} // namespace
} // namespace core
