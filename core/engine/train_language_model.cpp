#include "core/api/train.h"

#include "core/base/text_file.h"
#include "core/builtin/bpe_trainer.h"
#include "core/engine/request_table.h"
#include "core/engine/text_corpus.h"
#include "core/engine/training_config.h"
#include "core/engine/training_folder.h"
#include "core/files/atomic_write.h"
#include "core/training/language_model_trainer.h"

#include <filesystem>

namespace core {

namespace {

namespace fs = std::filesystem;

/// Every so many steps one line of metrics is kept.
constexpr std::int64_t kLanguageMetricsEvery = 20;

/// The tokenizer of the config, or one trained on the corpus; written to the model's folder.
Result<void> putTokenizer(
    const LanguageModelTrainingConfig& config, const std::string& text, const fs::path& out)
{
    if (!config.tokenizer.empty()) {
        fs::path source = config.tokenizer;
        if (fs::is_directory(source))
            source /= "tokenizer.json";
        for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
            const fs::path from = source.parent_path() / name;
            std::error_code error;
            if (fs::exists(from))
                fs::copy_file(from, out / name, fs::copy_options::overwrite_existing, error);
            if (error || (!fs::exists(from) && std::string_view(name) == "tokenizer.json"))
                return fail(Error::Code::Io,
                    from.string() + ": cannot be copied. Check `tokenizer` in the configuration.");
        }
        return {};
    }
    std::vector<std::string> documents;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find("\n\n", at), text.size());
        if (end > at)
            documents.push_back(text.substr(at, end - at));
        at = end + 2;
    }
    const BpeVocabulary vocabulary = trainBpe(documents, static_cast<std::size_t>(config.d_vocab));
    if (auto written = writeAtomically(out / "tokenizer.json", tokenizerJson(vocabulary)); !written)
        return written;
    return writeAtomically(out / "tokenizer_config.json",
        tokenizerConfigJson(static_cast<std::size_t>(config.model.n_ctx)));
}

} // namespace

Result<std::vector<TrainMetrics>> run(const TrainLanguageModelRequest& request, Context& context)
{
    auto config = readLanguageModelTraining(request.configFile);
    if (!config)
        return fail(config.error());
    if (auto made = TrainingFolder(request.out).make(); !made)
        return fail(made.error());
    const auto text = readTextFile(request.corpus);
    if (!text)
        return fail(text.error());
    if (auto put = putTokenizer(*config, *text, request.out); !put)
        return fail(put.error());
    auto tokenizer = Tokenizer::open(request.out);
    if (!tokenizer)
        return fail(tokenizer.error());

    LoadedModel model;
    config->model.d_vocab = model.info.d_vocab = (*tokenizer)->size();
    model.info.n_ctx = config->model.n_ctx;
    model.tokenizer = *tokenizer;
    if (const auto bos = (*tokenizer)->bos())
        config->model.bosToken = bos->value;
    if (const auto eos = (*tokenizer)->eos())
        config->model.eosToken = eos->value;
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    auto corpus = tokenCorpusFromText(model, *text, *start);
    if (!corpus)
        return fail(corpus.error());
    auto transformer = Transformer::create(config->model, config->options.seed);
    std::vector<TrainMetrics> metrics;
    {
        auto trainer = LanguageModelTrainer::create(transformer, *corpus, config->options);
        if (!trainer)
            return fail(trainer.error());
        auto trained = (*trainer)->run(context.stop, [&](const LanguageModelMetrics& m) {
            if (m.step % kLanguageMetricsEvery == 0 || m.step == m.totalSteps) {
                TrainMetrics kept;
                kept.step = m.step;
                kept.tokens = m.tokens;
                kept.loss = m.loss;
                kept.learningRate = m.lr;
                kept.tokensPerSecond = m.tokensPerSecond;
                metrics.push_back(kept);
                context.tell(kept);
            }
            context.progress({"Training the language model", m.step, m.totalSteps, "steps"});
        });
        if (!trained)
            return fail(trained.error());
    }
    if (auto saved = transformer->save(request.out, config->dtype); !saved)
        return fail(saved.error());
    return metrics;
}

const Handles<TrainLanguageModelRequest> kTrainLanguageModel(Runs::InBackground, run);

} // namespace core
