#include "core/training/dead_features.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

DeadFeatures::DeadFeatures(std::int64_t d_sae, std::int64_t window)
    : m_window(window)
    , m_tokensSinceFired(static_cast<std::size_t>(d_sae), 0)
    , m_isDead(static_cast<std::size_t>(d_sae), 0)
{
}

void DeadFeatures::count(const ActiveEntries& batch)
{
    for (std::int64_t& tokens : m_tokensSinceFired)
        tokens += batch.tokens();
    for (std::size_t e = 0; e < batch.features.size(); ++e)
        if (batch.feature_acts[e] != 0.0f)
            m_tokensSinceFired[static_cast<std::size_t>(batch.features[e])] = 0;
    updateFlags();
}

void DeadFeatures::count(const at::Tensor& fired, std::int64_t tokens)
{
    const float* firings = fired.data_ptr<float>();
    for (std::size_t f = 0; f < m_tokensSinceFired.size(); ++f)
        m_tokensSinceFired[f] = firings[f] > 0.0f ? 0 : m_tokensSinceFired[f] + tokens;
    updateFlags();
}

std::int64_t DeadFeatures::dead() const
{
    return std::count(m_isDead.begin(), m_isDead.end(), 1);
}

void DeadFeatures::revive(std::int64_t feature)
{
    m_tokensSinceFired[static_cast<std::size_t>(feature)] = 0;
    m_isDead[static_cast<std::size_t>(feature)] = 0;
}

at::Tensor DeadFeatures::tokensSinceFired() const
{
    return at::tensor(m_tokensSinceFired, at::kLong);
}

void DeadFeatures::restore(const at::Tensor& tokensSinceFired)
{
    const std::int64_t* values = tokensSinceFired.data_ptr<std::int64_t>();
    m_tokensSinceFired.assign(values, values + tokensSinceFired.numel());
    updateFlags();
}

void DeadFeatures::updateFlags()
{
    for (std::size_t f = 0; f < m_isDead.size(); ++f)
        m_isDead[f] = m_tokensSinceFired[f] > m_window;
}

namespace {

at::Tensor resampledActs(const DictionaryWeights& weights, const at::Tensor& p)
{
    if (weights.b_gate.defined())
        return at::relu(p * weights.r_mag.exp() + weights.b_enc) * (p + weights.b_gate).gt(0);
    const at::Tensor pre = p + weights.b_enc;
    return weights.log_threshold.defined() ? pre * pre.gt(weights.log_threshold.exp())
                                           : at::relu(pre);
}

/// Whether the parameter has a row, or a number, for each of these features.
bool isResampled(const DictionaryWeights& weights, const at::Tensor& parameter)
{
    for (const at::Tensor& own : {weights.W_enc, weights.b_enc, weights.W_dec, weights.b_gate,
             weights.r_mag, weights.log_threshold})
        if (own.defined() && own.is_same(parameter))
            return true;
    return false;
}

} // namespace

std::int64_t resampleDead(DeadFeatures& dead, DictionaryWeights& weights, Adam& adam,
    const DictionaryBatch& batch, const DictionaryTrainerOptions& options, std::uint64_t seed)
{
    // New encoder rows are this small so that they do not disturb the others (Bricken et al. 2023).
    constexpr double kEncoderShare = 0.2;
    constexpr double kLeastShare = 0.5;
    const at::NoGradGuard noGrad;
    const std::int64_t count = dead.dead();
    if (count == 0 || count == weights.d_sae())
        return 0;
    const at::Tensor sae_in = options.isTranscoder() ? batch.x : batch.x - weights.b_dec;
    const at::Tensor pre = at::mm(sae_in, weights.W_enc.t());
    const at::Tensor acts = resampledActs(weights, pre);
    const at::Tensor error = batch.y - weights.b_dec - at::mm(acts, weights.W_dec);
    const at::Tensor loss = error.square().sum(1).square().to(at::kDouble);
    const double* perToken = loss.data_ptr<double>();
    std::discrete_distribution<std::int64_t> draw(perToken, perToken + loss.numel());
    std::mt19937_64 random(seed);

    const at::Tensor isAlive
        = at::tensor(at::ArrayRef<std::uint8_t>(dead.isDead()), at::kByte).eq(0);
    const double norm = weights.W_enc.norm(2, 1).masked_select(isAlive).mean().item<double>();
    const double decoderNorm = options.normalizesDecoder
        ? 1.0
        : weights.W_dec.norm(2, 1).masked_select(isAlive).mean().item<double>();
    const at::Tensor target = batch.y - weights.b_dec;
    const auto unit = [](const at::Tensor& row) { return row / row.norm().clamp_min(1e-12); };
    for (std::int64_t f = 0; f < weights.d_sae(); ++f) {
        if (dead.isDead()[static_cast<std::size_t>(f)] == 0)
            continue;
        const std::int64_t token = draw(random);
        weights.W_dec[f].copy_(unit(target[token]) * decoderNorm);
        weights.W_enc[f].copy_(unit(sae_in[token]) * (kEncoderShare * norm));
        for (const at::Tensor& vector : {weights.b_enc, weights.b_gate, weights.r_mag})
            if (vector.defined())
                vector[f].zero_();
        for (std::size_t i = 0; i < adam.parameters().size(); ++i)
            if (isResampled(weights, adam.parameters()[i].value))
                adam.resetRow(i, f);
        if (weights.log_threshold.defined()) {
            // It fires on what is like its token, cosines from a half on, and not on everything
            // that is above the small threshold of the start.
            const double own = weights.W_enc[f].dot(sae_in[token]).item<double>();
            weights.log_threshold[f].fill_(
                std::log(std::max(kLeastShare * own, options.jumprelu_init_threshold)));
        }
        dead.revive(f);
    }
    return count;
}

} // namespace core
