#include "core/engine/steering_checks.h"

#include <cmath>

#include <fmt/format.h>

namespace core {

namespace {

constexpr int kMostCandidates = 64;
constexpr int kMostHalvings = 20;

} // namespace

Result<void> checkGuard(const std::optional<FluencyGuard>& given)
{
    if (!given)
        return {};
    const FluencyGuard& guard = *given;
    const auto isBudget = [](double nats) { return std::isfinite(nats) && nats >= 0; };
    if (!isBudget(guard.meanKl) || !isBudget(guard.peakKl))
        return fail(Error::Code::Unsupported,
            fmt::format(
                "The budget of {} nats per token with a peak of {} is none. Give two numbers "
                "from 0 on, such as 0.2 and 12.",
                guard.meanKl, guard.peakKl));
    if (guard.candidates < 1 || guard.candidates > kMostCandidates)
        return fail(Error::Code::Unsupported,
            fmt::format("{} beginnings cannot be drawn side by side. Give a number from 1 to {}.",
                guard.candidates, kMostCandidates));
    if (guard.halvings < 0 || guard.halvings > kMostHalvings)
        return fail(Error::Code::Unsupported,
            fmt::format("A change cannot be halved {} times. Give a number from 0 to {}.",
                guard.halvings, kMostHalvings));
    if (guard.moreSurprisal && !isBudget(*guard.moreSurprisal))
        return fail(Error::Code::Unsupported,
            fmt::format(
                "The surprisal allowed beyond the entropy is {} nats. Give a number from 0 on.",
                *guard.moreSurprisal));
    return {};
}

} // namespace core
