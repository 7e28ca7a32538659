#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/interventions/active_interventions.h"
#include "core/model/transformer.h"

#include <memory>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// How a change to features passes through the rest of the model (docs/definitions.md section 6.4).
struct InterventionOptions {
    bool freezeAttention
        = true; ///< Attention patterns over the prompt stay those of the unchanged run.
    /// Layers whose MLP outputs stay those of the unchanged run (with skip transcoders' linear part
    /// live), so that changes there do not wake other features; changes outside this range have no
    /// effect. Patterns are held too, and norm scales when the range covers every layer: then only
    /// direct effects remain. -1 = none.
    int constrainFirst = -1, constrainLast = -1;
    /// Words taken out, of `intervene` alone: the embedding there is the mean over the vocabulary.
    std::vector<Position> averagedTokens;
    bool keepActivations = false; ///< Fill `InterventionRun::activations`.
    MaxActivationFn maxActivation; ///< For changes that count multiples of it.
    std::stop_token stop;
};

struct InterventionRun {
    at::Tensor logits; ///< [T, d_vocab] after the change.
    /// Per dictionary, in the order given: hidden_pre and feature_acts [T, d_sae] of the changed
    /// run.
    std::vector<Encoding> activations;
};

/// Sets a feature, of the dictionary that reads its layer, to a value at its position. NotFound
/// when no dictionary does.
Result<Intervention> clampAt(const Dictionaries& dictionaries, const FeatureAt& at, double value);

/// Runs the prompt with features changed. `dictionaries`: at most one per layer, transcoders or
/// SAEs. Without changes the run is the model's own.
Result<InterventionRun> intervene(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, const std::vector<Intervention>& changes,
    const InterventionOptions& options = {});

struct InterventionText {
    std::vector<TokenId> ids; ///< The generated tokens alone.
    at::Tensor promptLogits; ///< [d_vocab] of the prompt's last position, changed.
    at::Tensor logits; ///< [generated, d_vocab]: what each token was chosen from.
};

/// The same, then greedy decoding: changes at open-ended positions go on acting, what is held is
/// held over the prompt only. Ends at `maxTokens`, the context's length or the model's end token.
Result<InterventionText> interveneAndGenerate(const Transformer& model,
    const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
    const std::vector<Intervention>& changes, int maxTokens,
    const InterventionOptions& options = {});

} // namespace core
