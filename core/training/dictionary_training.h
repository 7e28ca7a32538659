#pragma once

#include "core/dictionary/dictionary.h"
#include "core/model/hook_point.h"
#include "core/training/adam.h"
#include "core/training/schedule.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// How features are kept few. BatchTopK and Matryoshka (BatchTopK at nested widths) are trained
/// over the batch and saved, as SAELens does, as JumpReLU. AbsTopK's activations are signed.
enum class DictionaryObjective : std::uint8_t {
    L1,
    TopK,
    BatchTopK,
    JumpRelu,
    Gated,
    Matryoshka,
    AbsTopK
};

/// What JumpReLU pays for activations that are not zero (docs/definitions.md section 2).
enum class JumpReluPenalty : std::uint8_t {
    Tanh, ///< A saturating function of their size.
    Step, ///< Their number, L0.
    Quadratic ///< The square of L0's distance from `target_l0`.
};

/// What to train and how, with SAELens' field names where it has one. An SAE when hookIn and
/// hookOut are the same place, a transcoder when they are not.
struct DictionaryTrainerOptions {
    std::string name; ///< "saes/layer_2"
    HookPoint hookIn, hookOut;
    DictionaryObjective objective = DictionaryObjective::BatchTopK;
    std::int64_t d_sae = 0; ///< 0 = expansion_factor * d_in
    std::int64_t expansion_factor = 8;
    bool has_skip = false; ///< Transcoders: a linear path beside the features (W_skip).
    std::string baseModel; ///< Written into the file, as are the facts.
    TrainingFacts facts;

    std::int64_t training_tokens = 1'638'400;
    std::int64_t train_batch_size_tokens = 2048;
    ScheduleOptions schedule{.lr = 2e-3, .lr_warm_up_steps = 50, .lr_decay_steps = 240};
    AdamOptions adam{.beta2 = 0.99};
    std::uint64_t seed = 0;

    std::int64_t k = 24; ///< TopK, AbsTopK: features a token; BatchTopK, Matryoshka: on average.
    /// Matryoshka: the first so many features rebuild the target alone; ascending, the last is
    /// d_sae. Empty: `matryoshka_levels` of them, each half of the next.
    std::vector<std::int64_t> matryoshka_widths;
    std::int64_t matryoshka_levels = 5;
    double l1_coefficient = 1.0; ///< L1 and Gated.
    std::int64_t l1_warm_up_steps = 0; ///< Also of the JumpReLU penalty.
    double l0_coefficient = 1.0; ///< JumpReLU: weight of its penalty.
    JumpReluPenalty jumprelu_sparsity_loss_mode = JumpReluPenalty::Tanh;
    double target_l0 = 0.0; ///< JumpReLU with the quadratic penalty.
    double jumprelu_init_threshold = 0.01;
    double jumprelu_bandwidth = 0.05;
    double jumprelu_tanh_scale = 4.0;
    double pre_act_loss_coefficient = 3e-6;

    std::int64_t dead_feature_window
        = 163'840; ///< Tokens without firing after which a feature counts as dead.
    std::int64_t aux_k = 32; ///< Those with k: dead features a token that learn from the error.
    double aux_loss_coefficient = 1.0 / 32.0;
    std::int64_t resample_every
        = 0; ///< L1, Gated and JumpReLU: steps between restarts of dead features; 0 = never.
    /// None in the last so many steps: what begins anew needs them to learn.
    bool isRestartDue(std::int64_t step, std::int64_t totalSteps) const
    {
        return resample_every > 0 && step % resample_every == 0
            && step + resample_every <= totalSteps;
    }
    bool useGeometricMedian
        = false; ///< b_dec starts at the geometric median of the target, not at its mean.

    /// Features begin as tokens of the text, drawn far apart (the seeding of k-means++), each
    /// firing on what is near its own token; else they begin in random directions.
    bool initFromData = false;

    /// Decoder rows are kept at length one, so that no penalty needs their length. Otherwise they
    /// are free and every penalty counts an activation times its row's length (those with k compare
    /// activations and need rows of one length).
    bool normalizesDecoder = true;
    double decoder_init_norm = 0.0; ///< Of free rows at the start, and of the encoder's; 0 = one.

    /// Begins with this dictionary's weights instead (fine-tuning); d_sae is its. See checkStart.
    std::shared_ptr<const Dictionary> start;

    bool isTranscoder() const { return hookIn != hookOut; }
    bool hasK() const
    {
        return objective == DictionaryObjective::TopK || objective == DictionaryObjective::BatchTopK
            || objective == DictionaryObjective::Matryoshka
            || objective == DictionaryObjective::AbsTopK;
    }
    /// Trained with the k a token largest of a batch; used with one threshold.
    bool picksFromBatch() const
    {
        return objective == DictionaryObjective::BatchTopK
            || objective == DictionaryObjective::Matryoshka;
    }
    /// Matryoshka's ascending widths for that many features, the last of them d_sae.
    std::vector<std::int64_t> widths(std::int64_t features) const;
    /// Weight of the penalty, as `setRates` sets it; 0 where there is none.
    double lambda() const
    {
        return objective == DictionaryObjective::L1 || objective == DictionaryObjective::Gated
            ? l1_coefficient
            : objective == DictionaryObjective::JumpRelu ? l0_coefficient
                                                         : 0.0;
    }
    /// The learning rate, and of those without k the weight of the penalty.
    void setRates(double learningRate, double lambda)
    {
        schedule.lr = learningRate;
        if (objective == DictionaryObjective::L1 || objective == DictionaryObjective::Gated)
            l1_coefficient = lambda;
        else if (objective == DictionaryObjective::JumpRelu)
            l0_coefficient = lambda;
    }
};

/// The weights while they are trained; W_enc has features as rows. Gradients have the same shape.
struct DictionaryWeights {
    at::Tensor W_enc; ///< [d_sae, d_in]
    at::Tensor b_enc; ///< [d_sae]; Gated: b_mag.
    at::Tensor W_dec; ///< [d_sae, d_out]
    at::Tensor b_dec; ///< [d_out]
    at::Tensor log_threshold; ///< [d_sae], JumpReLU only; otherwise undefined.
    at::Tensor W_skip; ///< [d_out, d_in], skip transcoders only; otherwise undefined.
    at::Tensor b_gate = {}, r_mag = {}; ///< [d_sae], Gated only; otherwise undefined.

    std::int64_t d_sae() const { return W_enc.size(0); }
    DictionaryWeights zerosLike() const;
};

/// One batch as the objectives see it: scaled, and for an SAE with b_dec not yet subtracted.
struct DictionaryBatch {
    at::Tensor x; ///< [B, d_in]
    at::Tensor y; ///< [B, d_out]
};

} // namespace core
