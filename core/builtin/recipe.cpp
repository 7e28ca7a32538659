#include "core/builtin/recipe.h"

namespace core {

namespace {

ModelConfig llamaShape(int n_layers, int d_model, int n_heads, int d_mlp)
{
    ModelConfig config;
    config.modelType = "llama";
    config.name = "featurescope-builtin";
    config.n_layers = n_layers;
    config.d_model = d_model;
    config.n_heads = config.n_key_value_heads = n_heads;
    config.d_head = d_model / n_heads;
    config.d_mlp = d_mlp;
    config.n_ctx = 256;
    config.isTied = true;
    return config;
}

} // namespace

BuiltinRecipe builtinRecipe()
{
    BuiltinRecipe recipe;
    recipe.model = llamaShape(4, 128, 4, 384);
    recipe.corpusTokens = 4'000'000;
    recipe.languageModel.training_tokens = 6'000'000;
    recipe.languageModel.train_batch_size_tokens = 2048;
    recipe.languageModel.context_size = 128;
    recipe.languageModel.schedule = {.lr = 3e-3,
        .lr_scheduler_name = LrScheduler::Linear,
        .lr_warm_up_steps = 100,
        .lr_end = 3e-5};
    recipe.languageModel.adam = {.beta2 = 0.98, .weightDecay = 0.05, .maxGradNorm = 1.0};
    recipe.activations.maxTokens = 400'000;
    recipe.activations.isHalf = true;
    // Few features a token, and none of the weak firings beside a feature's meaning, keep an SAE's
    // features to one thing each. A transcoder must be exact: a small error of one layer is large
    // beside what that layer does.
    recipe.sae.k = 6;
    recipe.saeK = {6, 7, 6, 6}; // With 6, a tenth of layer 1's features would never fire.
    recipe.saeThresholdShare = 0.14;
    recipe.transcoder.k = 24;
    for (DictionaryTrainerOptions* options : {&recipe.sae, &recipe.transcoder}) {
        options->d_sae = 1024;
        options->training_tokens = 3'000'000;
        options->schedule.lr_decay_steps = 600;
    }
    recipe.harvestTokens = 200'000;
    return recipe;
}

BuiltinRecipe tinyBuiltinRecipe()
{
    BuiltinRecipe recipe = builtinRecipe();
    recipe.vocabularyTexts = 200;
    recipe.d_vocab = 400;
    recipe.model = llamaShape(2, 16, 2, 32);
    recipe.corpusTokens = 10'000;
    recipe.languageModel.training_tokens = 8'192;
    recipe.activations.maxTokens = 4'096;
    recipe.saeK.clear();
    for (DictionaryTrainerOptions* options : {&recipe.sae, &recipe.transcoder}) {
        options->d_sae = 32;
        options->k = 4;
        options->training_tokens = 8'192;
        options->train_batch_size_tokens = 512;
        options->schedule = {.lr = 2e-3};
    }
    recipe.harvestTokens = 4'000;
    return recipe;
}

} // namespace core
