#include "core/training/cross_layer_objective.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

CrossLayerObjective::CrossLayerObjective(
    const std::vector<DictionaryTrainerOptions>& layers, const std::shared_ptr<Workers>& workers)
{
    for (const DictionaryTrainerOptions& options : layers) {
        m_layers.push_back(Objective::create(options));
        m_layers.back()->workWith(workers);
    }
}

std::vector<DictionaryLosses> CrossLayerObjective::lossAndGradients(
    const CrossLayerWeights& weights, const CrossLayerBatch& batch, double sparsityShare,
    const std::vector<const std::vector<std::uint8_t>*>& isDead, CrossLayerWeights& gradients)
{
    const at::NoGradGuard noGrad;
    const std::int64_t n = weights.count();
    const auto B = static_cast<double>(batch.y.size(0));
    std::vector<at::Tensor> biases;
    for (const DictionaryWeights& layer : weights.layers)
        biases.push_back(layer.b_dec);
    m_error = at::cat(biases) - batch.y; // becomes y_hat - y
    for (std::int64_t l = 0; l < n; ++l) {
        const auto i = static_cast<std::size_t>(l);
        at::Tensor written = writtenColumns(m_error, l, n);
        m_layers[i]->addOutput(weights.layers[i], batch.x[i], *isDead[i], written);
    }

    std::vector<DictionaryLosses> losses(m_layers.size());
    for (std::int64_t l = 0; l < n; ++l) {
        const auto i = static_cast<std::size_t>(l);
        const at::Tensor error = outputColumns(m_error, l, n), y = outputColumns(batch.y, l, n);
        const double squared = sumOfSquares(error);
        losses[i].mse = squared / B;
        losses[i].fvu = squared / std::max(sumOfSquares(y - y.mean(0)), 1e-30);
        const Objective::Loss paid = m_layers[i]->addGradients(weights.layers[i], batch.x[i],
            writtenColumns(m_error, l, n), sparsityShare, *isDead[i], gradients.layers[i]);
        gradients.layers[i].b_dec.add_(error.sum(0), 2.0 / B);
        losses[i].sparsity = paid.sparsity;
        losses[i].aux = paid.aux;
        losses[i].loss = losses[i].mse + paid.sparsity + paid.aux;
        losses[i].l0 = m_layers[i]->l0();
    }
    return losses;
}

} // namespace core
