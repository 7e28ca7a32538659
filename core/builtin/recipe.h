#pragma once

#include "core/features/feature_accumulator.h"
#include "core/model/model_config.h"
#include "core/training/activation_store.h"
#include "core/training/dictionary_training.h"
#include "core/training/language_model_trainer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace core {

/// Every number that goes into making the built-in model. The same recipe and seed give the same
/// files on one machine.
struct BuiltinRecipe {
    std::size_t vocabularyTexts = 30'000; ///< Documents the tokenizer learns from.
    std::size_t d_vocab = 3072;
    ModelConfig model; ///< Sizes; d_vocab and token ids are filled in once the tokenizer is known.
    std::int64_t corpusTokens
        = 0; ///< Training text written; the trainers go over it again if they need more.
    LanguageModelTrainerOptions languageModel;
    ActivationStoreOptions activations; ///< What the dictionaries learn from.
    DictionaryTrainerOptions sae; ///< For blocks.L.hook_resid_post of every layer.
    std::vector<std::int64_t> saeK; ///< Of each layer; empty = sae.k everywhere.
    /// An SAE feature's threshold is at least this share of its largest activation.
    double saeThresholdShare = 0;
    /// Of each layer; empty = transcoder.k everywhere.
    std::vector<std::int64_t> transcoderK;
    DictionaryTrainerOptions transcoder; ///< From blocks.L.mlp.hook_in to blocks.L.hook_mlp_out.
    /// The transcoders' text has this share more of documents about states.
    double moreStates = 0;
    std::int64_t harvestTokens = 0;
    HarvestSettings harvest; ///< Of the workspace; fewer examples make smaller files.
    /// Labels are learnt from a larger harvest, of which nothing else is kept.
    std::int64_t labelTokens = 0;
    int labelSamples = 0;
    std::string dtype = "float16"; ///< Of the files.
};

/// What `builtin make` uses.
BuiltinRecipe builtinRecipe();

/// The same steps in a few seconds, for tests: nothing is learnt.
BuiltinRecipe tinyBuiltinRecipe();

} // namespace core
