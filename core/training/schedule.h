#pragma once

#include <cstdint>

namespace core {

enum class LrScheduler : std::uint8_t { Constant, Linear, CosineAnnealing };

/// The learning rate over a run, with SAELens' names: a linear warm-up, then constant, linear or
/// cosine down to `lr_end`, and over the last `lr_decay_steps` steps linearly on to zero.
struct ScheduleOptions {
    double lr = 1e-3;
    LrScheduler lr_scheduler_name = LrScheduler::Constant;
    std::int64_t lr_warm_up_steps = 0;
    std::int64_t lr_decay_steps = 0;
    double lr_end = 0.0; ///< Not used by Constant.
};

/// `step` counts from 0; the warm-up's first step is not zero. Past the end it stays where it
/// ended.
double learningRate(const ScheduleOptions& options, std::int64_t step, std::int64_t totalSteps);

/// From 0 to 1 over the first `warmUpSteps` steps, as SAELens raises the sparsity coefficient.
double warmUp(std::int64_t step, std::int64_t warmUpSteps);

} // namespace core
