#include "core/builtin/recipe.h"

namespace core {

BuiltinRecipe builtinRecipe()
{
    BuiltinRecipe recipe;
    recipe.model.modelType = "llama";
    recipe.model.name = "featurescope-builtin";
    recipe.model.n_layers = 4;
    recipe.model.d_model = 128;
    recipe.model.n_heads = 4;
    recipe.model.n_key_value_heads = 4;
    recipe.model.d_head = 32;
    recipe.model.d_mlp = 384;
    recipe.model.n_ctx = 256;
    recipe.model.isTied = true;
    recipe.corpusTokens = 5'000'000;
    recipe.languageModel.training_tokens = 10'000'000;
    recipe.languageModel.train_batch_size_tokens = 2048;
    recipe.languageModel.context_size = 128;
    recipe.languageModel.schedule = {.lr = 4e-3,
                                     .lr_scheduler_name = LrScheduler::Linear,
                                     .lr_warm_up_steps = 100,
                                     .lr_end = 4e-5};
    recipe.languageModel.adam = {.beta2 = 0.98, .weightDecay = 0.05, .maxGradNorm = 1.0};
    recipe.sae.d_sae = 1024;
    recipe.sae.k = 24;
    recipe.transcoder.d_sae = 1024;
    recipe.transcoder.k = 24;
    recipe.harvestTokens = 200'000;
    return recipe;
}

BuiltinRecipe tinyBuiltinRecipe()
{
    BuiltinRecipe recipe = builtinRecipe();
    recipe.vocabularyTexts = 200;
    recipe.d_vocab = 400;
    recipe.model.n_layers = 2;
    recipe.model.d_model = 16;
    recipe.model.n_heads = recipe.model.n_key_value_heads = 2;
    recipe.model.d_head = 8;
    recipe.model.d_mlp = 32;
    recipe.corpusTokens = 10'000;
    recipe.languageModel.training_tokens = 8'192;
    recipe.sae.d_sae = recipe.transcoder.d_sae = 32;
    recipe.sae.k = recipe.transcoder.k = 4;
    recipe.sae.training_tokens = recipe.transcoder.training_tokens = 8'192;
    recipe.harvestTokens = 4'000;
    return recipe;
}

} // namespace core
