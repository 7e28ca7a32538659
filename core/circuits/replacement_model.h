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
    std::shared_ptr<const Dictionary>
        transcoder; ///< Null where the layer has none: its whole MLP output is error.
    at::Tensor pattern; ///< [n_heads, T, T], frozen.
    at::Tensor scale1, scale2; ///< [T, 1], frozen.
    at::Tensor postScale1, postScale2; ///< [T, 1], frozen; only where norms stand behind attention
                                       ///< and MLP.
    bool writesRaw = false; ///< The transcoder predicts `mlp.hook_out`, before such a norm.
    at::Tensor errors; ///< [T, d_model]: what the transcoder should give minus what it does (with
                       ///< b_dec and skip).
    at::Tensor active; ///< [n, 2] int64 (position, feature), in that order.
    at::Tensor activations; ///< [n]
};

/// The model on one prompt with attention patterns and norm scales frozen and MLPs replaced by
/// transcoders plus error vectors, so that logits and features are linear in the sources
/// (FORMATS.md section 6.2).
struct ReplacementModel {
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

/// One forward pass. Unsupported when a dictionary is not a transcoder of this model's MLPs, or two
/// claim a layer.
Result<ReplacementModel> buildReplacementModel(std::shared_ptr<const Transformer> model,
    const Dictionaries& transcoders, const std::vector<TokenId>& ids,
    const ReplacementOptions& options = {});

/// int64 [1, T], as the model takes it.
at::Tensor idsTensor(const std::vector<TokenId>& ids);

} // namespace core
