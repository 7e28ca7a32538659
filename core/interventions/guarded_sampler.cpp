#include "core/interventions/guarded_sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ATen/ATen.h>

namespace core {

namespace {

// 2^-16 of lambda: a few millionths of a nat.
constexpr int kBisections = 16;
// Where the steered model finds a token impossible, this many nats stand for infinity.
constexpr double kMostNats = 80.0;

/// The largest lambda in [0, 1] that fits, if all below it do; one that fits in any case.
double largestThat(const std::function<bool(double)>& fits)
{
    if (fits(1.0))
        return 1.0;
    double low = 0.0, high = 1.0;
    for (int i = 0; i < kBisections; ++i) {
        const double middle = 0.5 * (low + high);
        (fits(middle) ? low : high) = middle;
    }
    return low;
}

at::Tensor logSoftmax(std::span<const float> logits, double temperature)
{
    // Read and not written: from_blob knows no constant memory.
    const at::Tensor row = at::from_blob(
        const_cast<float*>(logits.data()), {static_cast<std::int64_t>(logits.size())}, at::kFloat);
    return at::nan_to_num(row, -std::numeric_limits<double>::infinity())
        .div(temperature)
        .log_softmax(-1);
}

std::span<const float> values(const at::Tensor& row)
{
    return {row.data_ptr<float>(), static_cast<std::size_t>(row.numel())};
}

/// KL of what is left of `choices` from q, nats.
double klOf(const Choices& choices, std::span<const float> reference)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const auto id = static_cast<std::size_t>(choices.idAt(i));
        const double p = static_cast<double>(choices.weights[id]) / choices.kept;
        if (p > 0.0)
            sum += p * (std::log(p) - static_cast<double>(reference[id]));
    }
    return std::max(0.0, sum);
}

} // namespace

Mixture::Mixture(
    std::span<const float> steered, std::span<const float> reference, double temperature)
    : m_reference(logSoftmax(reference, temperature))
{
    const at::Tensor p = logSoftmax(steered, temperature);
    m_isFinite = std::isfinite(p.max().item<float>()); // all of a row that is none are NaN
    m_hasReference = std::isfinite(m_reference.max().item<float>());
    m_reference.clamp_min_(-1e4); // a weight of zero, without infinities to subtract
    m_difference
        = m_isFinite ? (p - m_reference).clamp_(-kMostNats, 1e4) : at::zeros_like(m_reference);
    m_logits = at::empty_like(m_reference);
    m_weights = at::empty_like(m_reference);
}

double Mixture::weigh(double lambda, double& most) const
{
    at::add_out(m_logits, m_reference, m_difference, lambda);
    // ln q and ln p are at most 0, so no weight is above 1; all of them vanish only where q and p
    // have nothing in common.
    most = 0.0;
    at::exp_out(m_weights, m_logits);
    double total = m_weights.sum().item<double>();
    constexpr double kVanished = 1e-30;
    if (total < kVanished) {
        most = m_logits.max().item<double>();
        m_weights.copy_((m_logits - most).exp_());
        total = m_weights.sum().item<double>();
    }
    return total;
}

double Mixture::klAt(double lambda) const
{
    double most = 0.0;
    const double total = weigh(lambda, most);
    const double gain = at::dot(m_weights, m_difference).item<double>() / total;
    return std::max(0.0, lambda * gain - std::log(total) - most);
}

double Mixture::surprisalAt(double lambda) const
{
    double most = 0.0;
    const double total = weigh(lambda, most);
    return -at::dot(m_weights, m_reference).item<double>() / total;
}

std::span<const float> Mixture::logits(double lambda) const
{
    at::add_out(m_logits, m_reference, m_difference, lambda);
    return values(m_logits);
}

std::span<const float> Mixture::reference() const
{
    return values(m_reference);
}

GuardedSampler::Choice GuardedSampler::choose(const Sampler& sampler,
    std::span<const float> steered, std::span<const float> reference, std::uint64_t step)
{
    const SamplerSettings& settings = sampler.settings();
    const bool isGreedy = settings.temperature <= 0.0;
    const double temperature = isGreedy ? 1.0 : settings.temperature;
    const Mixture mixture(sampler.penalized(steered), sampler.penalized(reference), temperature);
    Choice choice;
    if (!mixture.hasReference())
        return choice;
    const double budget = std::max(0.0, m_level);
    const double mostSurprisal = m_guard.moreSurprisal
        ? mixture.surprisalAt(0.0) + *m_guard.moreSurprisal
        : std::numeric_limits<double>::infinity();

    const auto drawnAt = [&](double lambda) { // one temperature was divided by already
        return choicesOf(mixture.logits(lambda), settings, 1.0);
    };
    const auto costOfBest = [&](double lambda) {
        const auto best = mostProbable(mixture.logits(lambda));
        return -static_cast<double>(mixture.reference()[static_cast<std::size_t>(best)]);
    };
    const bool isCut = !isGreedy
        && (settings.topP < 1.0
            || (settings.topK > 0 && settings.topK < static_cast<int>(steered.size())));
    choice.lambda = !mixture.isFinite() ? 0.0 : largestThat([&](double lambda) {
        if (m_guard.moreSurprisal && mixture.surprisalAt(lambda) > mostSurprisal)
            return false;
        if (isGreedy)
            return costOfBest(lambda) <= budget;
        return mixture.klAt(lambda) <= budget
            && (!isCut || klOf(drawnAt(lambda), mixture.reference()) <= budget);
    });
    if (isGreedy) {
        choice.id = TokenId(mostProbable(mixture.logits(choice.lambda)));
        choice.kl = costOfBest(choice.lambda);
    } else {
        const Choices drawn = drawnAt(choice.lambda);
        choice.id = TokenId(draw(drawn, uniformAt(settings.seed, step)));
        choice.kl = isCut ? klOf(drawn, mixture.reference()) : mixture.klAt(choice.lambda);
    }
    choice.beyond = std::max(0.0, choice.kl - budget);
    m_level = std::min(m_guard.peakKl, m_level - (choice.kl - choice.beyond) + m_guard.meanKl);
    return choice;
}

} // namespace core
