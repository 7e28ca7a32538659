#pragma once

#include "core/training/cross_layer_weights.h"
#include "core/training/objective.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace core {

/// What a cross-layer transcoder minimises (Lindsey et al. 2025, "Circuit Tracing"; with decoder
/// rows of unit norm over all the layers they write to):
///   sum_m ||y_m - y_hat_m||^2 + sum_l (what layer l's features pay),
///   y_hat_m = b_dec_m + sum_{l <= m} f_l W_dec[l -> m].
/// Which features of a layer are active and what they pay is a layer's own `Objective`, so that all
/// of them can be trained across layers; the error they answer for is that of all outputs they
/// write to. Gradients by hand, walked by active entries (docs/performance.md section 4).
class CrossLayerObjective {
public:
    explicit CrossLayerObjective(const std::vector<DictionaryTrainerOptions>& layers,
        const std::shared_ptr<Workers>& workers = {});

    /// Loss of the batch, of each layer: `mse` and `fvu` of its output, the rest of its features.
    /// `gradients` (zeroed by the caller) receive dL/dweight of their sum; `isDead` flags the
    /// features of each layer.
    std::vector<DictionaryLosses> lossAndGradients(const CrossLayerWeights& weights,
        const CrossLayerBatch& batch, double sparsityShare,
        const std::vector<const std::vector<std::uint8_t>*>& isDead, CrossLayerWeights& gradients);
    const ActiveEntries& acts(std::size_t layer) const { return m_layers[layer]->acts(); }
    /// Of the last batch: y_hat - y, [B, n_layers * d].
    const at::Tensor& error() const { return m_error; }

private:
    std::vector<std::unique_ptr<Objective>> m_layers;
    at::Tensor m_error;
};

} // namespace core
