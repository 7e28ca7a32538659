#pragma once

#include "core/base/result.h"

#include <chrono>
#include <stop_token>

namespace core {

/// Steps of a trainer, `callback` after each, until the run is finished or `isEnough` after a step.
template <typename Trainer, typename IsEnough>
Result<void> takeSteps(
    Trainer& trainer, const typename Trainer::Callback& callback, const IsEnough& isEnough)
{
    while (!trainer.isDone()) {
        const auto metrics = trainer.step();
        if (!metrics)
            return fail(metrics.error());
        if (callback)
            callback(*metrics);
        if (isEnough())
            break;
    }
    return {};
}

/// To the end; Cancelled between two steps.
template <typename Trainer>
Result<void> takeAllSteps(
    Trainer& trainer, const std::stop_token& stop, const typename Trainer::Callback& callback)
{
    if (!trainer.isDone() && stop.stop_requested())
        return cancelled();
    auto taken = takeSteps(trainer, callback, [&stop] { return stop.stop_requested(); });
    if (taken && !trainer.isDone())
        return cancelled();
    return taken;
}

} // namespace core
