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
    // features to one thing each.
    recipe.sae.k = 7;
    recipe.saeThresholdShare = 0.14;
    recipe.sae.d_sae = 1024;
    recipe.sae.training_tokens = 3'000'000;
    recipe.sae.schedule.lr_decay_steps = 600;
    // Begun at random, a transcoder's features share the states out among them, and more than half
    // never fire; begun as tokens of the text, they stay one thing each. For SAEs the reverse
    // holds: features of a topic do not come from single tokens.
    recipe.transcoder.initFromData = true;
    // A state is one or two features only where few fire, and only where many texts are about it.
    recipe.transcoderK = {4, 5, 14, 12};
    recipe.moreStates = 0.5;
    recipe.transcoder.d_sae = 2048;
    recipe.transcoder.training_tokens = 3'000'000;
    recipe.transcoder.train_batch_size_tokens = 1024;
    recipe.transcoder.schedule.lr = 1e-3;
    recipe.transcoder.schedule.lr_decay_steps = 1000;
    // Twelve thousand features must fit into the file.
    recipe.harvest.topExamples = 5;
    recipe.harvest.examplesPerInterval = 1;
    recipe.harvest.samples = 16;
    recipe.harvest.nearest = 5;
    recipe.harvest.cofiring = 5;
    recipe.harvest.window = 16;
    recipe.harvest.windowBefore = 11;
    recipe.harvest.raisedPlaces = 0; // taken over from where the labels are learnt
    recipe.harvestTokens = 110'000;
    recipe.labelTokens = 400'000;
    recipe.labelSamples = 256;
    return recipe;
}

BuiltinRecipe tinyBuiltinRecipe()
{
    BuiltinRecipe recipe = builtinRecipe();
    recipe.vocabularyTexts = 200;
    recipe.d_vocab = 400;
    recipe.model = llamaShape(2, 16, 2, 32);
    recipe.model.n_ctx = 512; // so few pieces of words make texts long
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
    recipe.labelTokens = 6'000;
    recipe.labelSamples = 64;
    return recipe;
}

} // namespace core
