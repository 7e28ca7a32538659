#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// One block of the local replacement model: its frozen parts and its features on one prompt of T
/// tokens.
struct ReplacementLayer {
    /// A transcoder, or in a model over residual SAEs an SAE. Null where the layer has none: with
    /// transcoders its whole MLP output is error.
    std::shared_ptr<const Dictionary> dictionary;
    at::Tensor pattern; ///< [n_heads, T, T], frozen.
    at::Tensor scale1, scale2; ///< [T, 1], frozen.
    at::Tensor postScale1, postScale2; ///< [T, 1], frozen; only where norms stand behind attention
                                       ///< and MLP.
    bool writesRaw = false; ///< The transcoder predicts `mlp.hook_out`, before such a norm.
    at::Tensor errors; ///< [T, d_model]: what the dictionary should give minus what it does (with
                       ///< b_dec and skip).
    /// Over residual SAEs the MLP stays, as its derivative on this prompt [T, d_mlp]: of what goes
    /// through the activation function, and (gated MLPs only) of what multiplies it.
    at::Tensor mlpSlope, mlpGate;
    at::Tensor active; ///< [n, 2] int64 (position, feature), in that order.
    at::Tensor activations; ///< [n]
};

/// The model on one prompt with attention patterns and norm scales frozen and MLPs replaced by
/// transcoders plus error vectors, so that logits and features are linear in the sources
/// (docs/definitions.md section 6.1).
///
/// Over residual SAEs it is the residual stream that is replaced, at every SAE's hook, by features
/// plus an error vector: effects end there, so they join neighbouring SAEs only, and the MLPs
/// between them act by their derivative on this prompt.
struct ReplacementModel {
    bool isOverSaes = false;
    std::shared_ptr<const Transformer> model;
    std::vector<TokenId> ids;
    std::vector<ReplacementLayer> layers;
    at::Tensor finalScale; ///< [T, 1]
    at::Tensor tokenVectors; ///< [T, d_model]: the embeddings, without positions.
    at::Tensor logits; ///< [T, d_vocab]

    std::int64_t activeFeatures() const;
};

struct ReplacementOptions {
    int zeroedPositions
        = 1; ///< Features and errors of the first positions do not count: their norms are outliers.
    std::stop_token stop;
    ProgressFn progress;
};

/// One forward pass. Unsupported when the dictionaries are neither transcoders of this model's MLPs
/// nor residual SAEs, when they are of both kinds, or when two claim a layer.
Result<ReplacementModel> buildReplacementModel(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
    const ReplacementOptions& options = {});

/// One dictionary (or null) per layer, each checked: what `buildReplacementModel` accepts.
Result<Dictionaries> replacementLayers(const ModelConfig& model, const Dictionaries& dictionaries);

/// int64 [1, T], as the model takes it.
at::Tensor idsTensor(const std::vector<TokenId>& ids);

} // namespace core
