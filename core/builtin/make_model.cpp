#include "core/builtin/make_stages.h"

#include "core/builtin/bpe_trainer.h"
#include "core/builtin/world.h"
#include "core/builtin/world_corpus.h"
#include "core/files/atomic_write.h"
#include "core/text/tokenizer.h"
#include "core/training/language_model_trainer.h"

namespace core {

namespace fs = std::filesystem;

Result<void> makeTokenizer(const MakeStage& stage)
{
    const fs::path folder = stage.folder / "model";
    if (fs::exists(folder / "tokenizer_config.json"))
        return {};
    stage.progress({"Learning the vocabulary", 0, 0, ""});
    World world(splitSeed(stage.seed, WorldSplit::Vocabulary));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < stage.recipe.vocabularyTexts; ++i)
        texts.push_back(world.next().text);
    const BpeVocabulary vocabulary = trainBpe(texts, stage.recipe.d_vocab);
    if (auto written = writeAtomically(folder / "tokenizer.json", tokenizerJson(vocabulary));
        !written)
        return written;
    return writeAtomically(folder / "tokenizer_config.json",
        tokenizerConfigJson(static_cast<std::size_t>(stage.recipe.model.n_ctx)));
}

Result<void> makeLanguageModel(const MakeStage& stage)
{
    const fs::path folder = stage.folder / "model";
    if (fs::exists(folder / "model.safetensors"))
        return {};
    const auto tokenizer = Tokenizer::open(folder);
    if (!tokenizer)
        return fail(tokenizer.error());
    stage.progress({"Writing the text", 0, 0, ""});
    const auto corpus = writeWorldCorpus(**tokenizer, splitSeed(stage.seed, WorldSplit::Training),
        stage.recipe.corpusTokens, false, stage.stop);
    if (!corpus)
        return fail(corpus.error());

    ModelConfig config = stage.recipe.model;
    config.d_vocab = (*tokenizer)->size();
    config.bosToken = config.eosToken = (*tokenizer)->bos()->value;
    auto model = Transformer::create(config, stage.seed);
    auto options = stage.recipe.languageModel;
    options.seed = stage.seed;
    auto trainer = LanguageModelTrainer::create(model, corpus->tokens, options);
    if (!trainer)
        return fail(trainer.error());

    const fs::path checkpoint = stage.folder / kUnfinished / "language_model.safetensors";
    std::error_code ignored;
    fs::create_directories(checkpoint.parent_path(), ignored);
    // One of another recipe or seed is not an error: training then starts anew.
    if (fs::exists(checkpoint))
        (void)(*trainer)->resume(checkpoint);
    while (!(*trainer)->isDone()) {
        const auto trained = (*trainer)->runFor(
            std::chrono::seconds(30), [&](const LanguageModelMetrics& metrics) {
                stage.progress({"Training the language model", metrics.tokens,
                    options.training_tokens, "tokens"});
            });
        if (!trained)
            return trained;
        if (auto saved = (*trainer)->saveCheckpoint(checkpoint); !saved)
            return saved;
        if (stage.stop.stop_requested())
            return cancelled();
    }
    trainer->reset(); // the weights stop asking for gradients
    return model->save(folder, stage.recipe.dtype);
}

} // namespace core
