#include "core/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace core {

double warmUp(std::int64_t step, std::int64_t warmUpSteps)
{
    if (warmUpSteps <= 0 || step >= warmUpSteps)
        return 1.0;
    return static_cast<double>(step + 1) / static_cast<double>(warmUpSteps);
}

double learningRate(const ScheduleOptions& options, std::int64_t step, std::int64_t totalSteps)
{
    step = std::clamp<std::int64_t>(step, 0, std::max<std::int64_t>(totalSteps - 1, 0));
    if (step < options.lr_warm_up_steps)
        return options.lr * warmUp(step, options.lr_warm_up_steps);

    const std::int64_t mainEnd
        = std::max(totalSteps - options.lr_decay_steps, options.lr_warm_up_steps);
    const std::int64_t mainSteps = std::max<std::int64_t>(mainEnd - options.lr_warm_up_steps, 1);
    const double share = std::min(
        1.0, static_cast<double>(step - options.lr_warm_up_steps) / static_cast<double>(mainSteps));
    double lr = options.lr;
    if (options.lr_scheduler_name == LrScheduler::Linear)
        lr += (options.lr_end - options.lr) * share;
    else if (options.lr_scheduler_name == LrScheduler::CosineAnnealing)
        lr = options.lr_end
            + (options.lr - options.lr_end) * 0.5 * (1.0 + std::cos(std::numbers::pi * share));
    if (step >= mainEnd)
        lr *= static_cast<double>(totalSteps - step)
            / static_cast<double>(options.lr_decay_steps + 1);
    return lr;
}

} // namespace core
