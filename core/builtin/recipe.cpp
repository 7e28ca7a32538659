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
    recipe.d_vocab = 4096;
    recipe.model = llamaShape(4, 128, 4, 512);
    recipe.corpusTokens = 4'000'000;
    recipe.languageModel.training_tokens = 6'000'000;
    recipe.languageModel.train_batch_size_tokens = 1024;
    recipe.languageModel.context_size = 128;
    recipe.languageModel.schedule = {.lr = 2e-3,
        .lr_scheduler_name = LrScheduler::Linear,
        .lr_warm_up_steps = 100,
        .lr_end = 3e-5};
    recipe.languageModel.adam = {.beta2 = 0.98, .weightDecay = 0.05, .maxGradNorm = 1.0};
    recipe.activations.maxTokens = 400'000;
    recipe.activations.isHalf = true;
    // Few features a token, and none of the weak firings beside a feature's meaning, keep an SAE's
    // features to one thing each. Features that begin as tokens of the text stay what they began
    // as, one thing each: begun at random, most share the states out among them, and more than half
    // never fire.
    recipe.sae.k = 6;
    recipe.saeThresholdShare = 0.14;
    recipe.sae.d_sae = 1024;
    recipe.transcoderK = {4, 4, 6, 8};
    recipe.transcoder.d_sae = 2048;
    for (DictionaryTrainerOptions* options : {&recipe.sae, &recipe.transcoder}) {
        options->initFromData = true;
        options->training_tokens = 2'000'000;
        options->train_batch_size_tokens = 1024;
        options->schedule.lr = 1e-3;
        options->schedule.lr_decay_steps = 1000;
    }
    // Twelve thousand features must fit into the file.
    recipe.harvest.topExamples = 8;
    recipe.harvest.examplesPerInterval = 3;
    recipe.harvest.samples = 48;
    recipe.harvest.nearest = 6;
    recipe.harvest.cofiring = 6;
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
    recipe.transcoderK.clear();
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
