#include "core/training/objective.h"

#include "core/training/tiles.h"
#include "core/training/vector_kernels.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace core {

double sumOfSquares(const at::Tensor& rows)
{
    const auto d = static_cast<std::size_t>(rows.size(1));
    const auto stride = static_cast<std::size_t>(rows.stride(0));
    const float* data = rows.data_ptr<float>();
    std::vector<float> sums(static_cast<std::size_t>(rows.size(0)));
    at::parallel_for(0, rows.size(0), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto t = static_cast<std::size_t>(first); t < static_cast<std::size_t>(last); ++t)
            sums[t] = dot(data + t * stride, data + t * stride, d);
    });
    double total = 0.0;
    for (const float sum : sums)
        total += static_cast<double>(sum);
    return total;
}

std::vector<std::int64_t> DictionaryTrainerOptions::widths(std::int64_t features) const
{
    std::vector<std::int64_t> widths = matryoshka_widths;
    if (widths.empty())
        for (std::int64_t level = std::max<std::int64_t>(matryoshka_levels, 1); level-- > 1;)
            widths.push_back(std::max<std::int64_t>(features >> level, 1));
    if (widths.empty() || widths.back() != features)
        widths.push_back(features);
    return widths;
}

DictionaryWeights DictionaryWeights::zerosLike() const
{
    const auto zeros
        = [](const at::Tensor& t) { return t.defined() ? at::zeros_like(t) : at::Tensor(); };
    return {zeros(W_enc), zeros(b_enc), zeros(W_dec), zeros(b_dec), zeros(log_threshold),
        zeros(W_skip), zeros(b_gate), zeros(r_mag)};
}

void Objective::encode(const DictionaryWeights& weights, const at::Tensor& sae_in,
    const std::vector<std::uint8_t>& isDead)
{
    const std::int64_t B = sae_in.size(0), d_sae = weights.d_sae();
    m_deadFeatures.clear();
    if (usesAuxiliaryLoss())
        for (std::size_t f = 0; f < isDead.size(); ++f)
            if (isDead[f] != 0)
                m_deadFeatures.push_back(static_cast<std::int32_t>(f));

    const std::int64_t tile
        = std::clamp<std::int64_t>(kTileFloats / d_sae, std::min<std::int64_t>(B, kRowsPerTask), B);
    if (!m_hidden_pre.defined() || m_hidden_pre.size(0) != tile || m_hidden_pre.size(1) != d_sae)
        m_hidden_pre = at::empty({tile, d_sae}, at::kFloat);
    const at::Tensor W = weights.W_enc.t();
    do {
        m_acts.clear();
        m_deadActs.clear();
        startBatch(weights);
        for (std::int64_t begin = 0; begin < B; begin += tile) {
            const std::int64_t n = std::min(tile, B - begin);
            at::Tensor hidden_pre = m_hidden_pre.narrow(0, 0, n);
            at::addmm_out(hidden_pre, encoderBias(weights), sae_in.narrow(0, begin, n), W);
            const float* data = hidden_pre.data_ptr<float>();
            // Rows are cut into fixed tasks and put together in order: no trace of the number of
            // threads.
            const std::int64_t tasks = (n + kRowsPerTask - 1) / kRowsPerTask;
            std::vector<ActiveEntries> rows(static_cast<std::size_t>(tasks)),
                dead(static_cast<std::size_t>(tasks));
            at::parallel_for(0, tasks, 1, [&](std::int64_t first, std::int64_t last) {
                Scratch scratch;
                scratch.features.resize(static_cast<std::size_t>(d_sae) + 16);
                scratch.pre.resize(static_cast<std::size_t>(d_sae) + 16);
                for (std::int64_t task = first; task < last; ++task)
                    for (std::int64_t t = task * kRowsPerTask;
                         t < std::min(n, (task + 1) * kRowsPerTask); ++t) {
                        selectRow(
                            data + t * d_sae, d_sae, scratch, rows[static_cast<std::size_t>(task)]);
                        if (!m_deadFeatures.empty())
                            selectDead(
                                data + t * d_sae, scratch, dead[static_cast<std::size_t>(task)]);
                    }
            });
            for (std::int64_t task = 0; task < tasks; ++task) {
                m_acts.append(rows[static_cast<std::size_t>(task)]);
                if (!m_deadFeatures.empty())
                    m_deadActs.append(dead[static_cast<std::size_t>(task)]);
            }
        }
    } while (!finishSelection(B));
}

void Objective::selectDead(const float* hidden_pre, Scratch& scratch, ActiveEntries& rows) const
{
    const bool isBySize = picksBySize();
    const auto key
        = [&](std::int32_t f) { return isBySize ? std::fabs(hidden_pre[f]) : hidden_pre[f]; };
    auto& candidates = scratch.sorted;
    candidates.clear();
    for (const std::int32_t f : m_deadFeatures)
        if (key(f) > 0.0f)
            candidates.push_back(key(f));
    float bound = 0.0f;
    const auto k = static_cast<std::size_t>(m_options.aux_k);
    if (candidates.size() > k) {
        std::nth_element(candidates.begin(), candidates.begin() + m_options.aux_k, candidates.end(),
            std::greater<>());
        bound = candidates[k];
    }
    std::size_t count = 0;
    for (const std::int32_t f : m_deadFeatures) {
        if (key(f) > bound && count < k) {
            scratch.features[count] = f;
            scratch.pre[count++] = hidden_pre[f];
        }
    }
    rows.addRow(scratch.features.data(), scratch.pre.data(), scratch.pre.data(), count);
}

Objective::Loss Objective::penalize(const DictionaryWeights&, const at::Tensor&, double,
    const std::vector<std::uint8_t>&, std::vector<float>&, DictionaryWeights&)
{
    return {}; // An active feature's slope is one and it pays nothing.
}

double Objective::auxiliaryLoss(const DictionaryWeights& weights, const at::Tensor& sae_in,
    const at::Tensor& error, DictionaryWeights& gradients)
{
    // Gao et al. 2024, section 2.4: the dead features' own reconstruction of the error, which is
    // held fixed.
    at::Tensor left = error.clone();
    addDecoded(m_deadActs, weights.W_dec, left);
    const double coefficient = m_options.aux_loss_coefficient / static_cast<double>(error.size(0));
    const auto scale = static_cast<float>(2.0 * coefficient);
    const std::vector<float> g = actGradients(m_deadActs, weights.W_dec, left, scale);
    addWeightGradients(m_deadActs, g, sae_in, left, scale, gradients.W_enc, encoderBias(gradients),
        gradients.W_dec);
    return coefficient * sumOfSquares(left);
}

at::Tensor Objective::addReconstruction(const DictionaryWeights& weights, at::Tensor& error, Loss&)
{
    addDecoded(m_acts, weights.W_dec, error);
    return error;
}

std::vector<float> Objective::errorGradients(
    const DictionaryWeights& weights, const at::Tensor& error, float scale)
{
    return actGradients(m_acts, weights.W_dec, error, scale);
}

void Objective::addEntryGradients(const std::vector<float>& preGradients, const at::Tensor& sae_in,
    const at::Tensor& error, float scale, DictionaryWeights& gradients)
{
    addWeightGradients(m_acts, preGradients, sae_in, error, scale, gradients.W_enc,
        encoderBias(gradients), gradients.W_dec);
}

void Objective::addNormGradients(const DictionaryWeights& weights,
    const std::vector<double>& ofNorms, DictionaryWeights& gradients) const
{
    const auto d = static_cast<std::size_t>(weights.W_dec.size(1));
    const float* rows = weights.W_dec.data_ptr<float>();
    float* to = gradients.W_dec.data_ptr<float>();
    at::parallel_for(0, weights.d_sae(), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto f = static_cast<std::size_t>(first); f < static_cast<std::size_t>(last); ++f)
            if (ofNorms[f] != 0.0)
                addScaled(to + f * d,
                    static_cast<float>(ofNorms[f] / std::max(decoderNorm(f), 1e-12)), rows + f * d,
                    d);
    });
}

void Objective::addOutput(const DictionaryWeights& weights, const at::Tensor& sae_in,
    const std::vector<std::uint8_t>& isDead, at::Tensor& output)
{
    measureDecoder(weights);
    encode(weights, sae_in, isDead);
    addDecoded(m_acts, weights.W_dec, output);
}

Objective::Loss Objective::addGradients(const DictionaryWeights& weights, const at::Tensor& sae_in,
    const at::Tensor& error, double sparsityShare, const std::vector<std::uint8_t>& isDead,
    DictionaryWeights& gradients)
{
    const auto scale = static_cast<float>(2.0 / static_cast<double>(error.size(0)));
    std::vector<float> g = errorGradients(weights, error, scale);
    Loss loss = penalize(weights, sae_in, sparsityShare, isDead, g, gradients);
    addEntryGradients(g, sae_in, error, scale, gradients);
    if (!m_deadFeatures.empty())
        loss.aux += auxiliaryLoss(weights, sae_in, error, gradients);
    return loss;
}

void Objective::measureDecoder(const DictionaryWeights& weights)
{
    if (!hasFreeDecoder())
        return;
    const at::Tensor norms = weights.W_dec.norm(2, 1);
    m_decoderNorms.assign(norms.data_ptr<float>(), norms.data_ptr<float>() + norms.numel());
}

double Objective::l0() const
{
    const auto active = std::count_if(m_acts.feature_acts.begin(), m_acts.feature_acts.end(),
        [](float act) { return act != 0.0f; });
    return static_cast<double>(active) / static_cast<double>(m_acts.tokens());
}

DictionaryLosses Objective::lossAndGradients(const DictionaryWeights& weights,
    const DictionaryBatch& batch, double sparsityShare, const std::vector<std::uint8_t>& isDead,
    DictionaryWeights& gradients)
{
    const at::NoGradGuard noGrad;
    const auto B = static_cast<double>(batch.x.size(0));
    const bool isSae = !m_options.isTranscoder();
    const at::Tensor sae_in = isSae ? batch.x - weights.b_dec : batch.x;
    measureDecoder(weights);
    encode(weights, sae_in, isDead);

    at::Tensor error = weights.b_dec - batch.y; // becomes y_hat - y
    if (weights.W_skip.defined())
        error.addmm_(batch.x, weights.W_skip.t());
    DictionaryLosses losses;
    Loss rebuilding;
    const at::Tensor shared = addReconstruction(weights, error, rebuilding);
    m_error = error;
    const double squared = sumOfSquares(error);
    losses.mse = squared / B;
    losses.fvu = squared / std::max(sumOfSquares(batch.y - batch.y.mean(0)), 1e-30);

    const Loss paid = addGradients(weights, sae_in, error, sparsityShare, isDead, gradients);
    losses.sparsity = paid.sparsity;
    losses.aux = rebuilding.aux + paid.aux;

    const auto scale = static_cast<float>(2.0 / B);
    gradients.b_dec.add_(shared.sum(0), scale);
    if (isSae) // b_dec is also taken off the input
        gradients.b_dec.sub_(at::mv(weights.W_enc.t(), encoderBias(gradients)));
    if (weights.W_skip.defined())
        gradients.W_skip.addmm_(shared.t(), batch.x, 1, scale);
    m_error = at::Tensor();
    losses.loss = losses.mse + losses.sparsity + losses.aux;
    losses.l0 = l0();
    return losses;
}

} // namespace core
