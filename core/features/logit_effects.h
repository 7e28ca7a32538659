#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace core {

/// For rows of decoder directions [n, d_model]: the tokens whose logits each raises and lowers
/// most, through the final norm's gain and the unembedding, relative to the mean over the
/// vocabulary. The norm's scale is left out: it depends on the text. Empty for a dictionary that
/// does not write to the residual stream. `vocabulary` leaves out rows of W_U that no token uses.
Result<std::vector<StoredEffects>> logitEffects(const Transformer& model,
    const at::Tensor& directions, int count, std::int64_t vocabulary, std::stop_token stop = {},
    const std::function<void()>& pause = {});

/// The same for rows [n, d_model] of what the unembedding itself reads, behind the final norm.
Result<std::vector<StoredEffects>> unembeddedEffects(const Transformer& model,
    const at::Tensor& rows, int count, std::int64_t vocabulary, std::stop_token stop = {},
    const std::function<void()>& pause = {});

/// How rows of directions [n, d_model] move every token's logit, as `logitEffects` counts it:
/// [n, used tokens of the vocabulary] on the model's device. Undefined where the directions are not
/// of d_model. All of it at once: n * d_vocab floats.
at::Tensor effectsOnVocabulary(
    const Transformer& model, const at::Tensor& directions, std::int64_t vocabulary);

/// What features of a dictionary add to the residual stream [n, d_out], the scales of norms left
/// out: their decoder rows, through the gain of the norm behind it where they are written before
/// one (Gemma's attention and MLP outputs).
at::Tensor addedDirections(
    const Transformer& model, const Dictionary& dictionary, const at::Tensor& features);

/// For each of the features `from` to `to` (not included): the features of the same dictionary
/// whose decoder directions have the largest cosine with it.
Result<std::vector<StoredNearest>> nearestFeatures(const Dictionary& dictionary, std::int64_t from,
    std::int64_t to, int count, std::stop_token stop = {}, const std::function<void()>& pause = {});

} // namespace core
