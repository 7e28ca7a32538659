#include "core/api/train.h"

#include "core/base/text_file.h"
#include "core/builtin/bpe_trainer.h"
#include "core/engine/request_table.h"
#include "core/engine/text_corpus.h"
#include "core/engine/training_config.h"
#include "core/files/atomic_write.h"
#include "core/training/dictionary_trainer.h"
#include "core/training/language_model_trainer.h"

#include <filesystem>
#include <set>

namespace core {

namespace {

namespace fs = std::filesystem;

Result<void> makeFolder(const fs::path& folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(Error::Code::Io,
            folder.string() + ": cannot be made (" + error.message()
                + "). Choose a folder that can be written to.");
    return {};
}

TrainMetrics metricsFrom(const DictionaryMetrics& m)
{
    TrainMetrics out;
    out.step = m.step;
    out.tokens = m.tokens;
    out.loss = m.losses.loss;
    out.mse = m.losses.mse;
    out.l0 = m.losses.l0;
    out.fvu = m.losses.fvu;
    out.deadFeatures = m.dead;
    out.learningRate = m.lr;
    out.tokensPerSecond = m.tokensPerSecond;
    return out;
}

/// Every so many steps one line of metrics is kept, and a checkpoint.
constexpr std::int64_t kMetricsEvery = 20;
constexpr std::int64_t kCheckpointEvery = 200;

/// Trains one dictionary, from its checkpoint when there is one; the checkpoint stays until all are
/// written.
Result<std::shared_ptr<const Dictionary>> trainOne(
    const std::shared_ptr<const ActivationStore>& store, const DictionaryTrainerOptions& options,
    const fs::path& checkpoint, bool isResuming, const Context& context,
    std::vector<TrainMetrics>& metrics)
{
    auto trainer = DictionaryTrainer::create(store, options);
    if (!trainer)
        return fail(trainer.error());
    if (isResuming && fs::exists(checkpoint))
        if (auto resumed = (*trainer)->resume(checkpoint); !resumed)
            return fail(resumed.error());
    Result<void> saved;
    auto trained = (*trainer)->run(context.stop, [&](const DictionaryMetrics& m) {
        if (m.step % kMetricsEvery == 0 || m.step == m.totalSteps) {
            metrics.push_back(metricsFrom(m));
            context.tell(metrics.back());
        }
        if (m.step % kCheckpointEvery == 0 && saved)
            saved = (*trainer)->saveCheckpoint(checkpoint);
        context.progress({"Training " + options.name, m.step, m.totalSteps, "steps"});
    });
    if (!trained || (*trainer)->isDone())
        saved = (*trainer)->saveCheckpoint(checkpoint);
    if (!trained)
        return fail(trained.error());
    if (!saved)
        return fail(saved.error());
    return (*trainer)->dictionary();
}

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

Result<std::vector<TrainMetrics>> run(const TrainDictionaryRequest& request, Context& context)
{
    auto config = readDictionaryTraining(request.configFile, request.isTranscoder);
    if (!config)
        return fail(config.error());
    if (auto made = makeFolder(request.out); !made)
        return fail(made.error());
    auto open = context.model();
    if (!open)
        return fail(open.error());
    const std::shared_ptr<const LoadedModel> model = *open;
    const auto start = textStart(*model->tokenizer, config->prependsBos);
    if (!start)
        return fail(start.error());
    auto corpus = tokenCorpusFromFile(*model, request.corpus, *start);
    if (!corpus)
        return fail(corpus.error());
    std::vector<int> layers = config->layers;
    for (int layer = 0; config->layers.empty() && layer < model->info.n_layers; ++layer)
        layers.push_back(layer);
    if (request.isTranscoder && static_cast<int>(layers.size()) != model->info.n_layers)
        return fail(Error::Code::Unsupported,
            request.configFile
                + ": a transcoder set needs every layer. Leave request.out `layers` and "
                  "`hook_name`.");

    std::set<HookPoint> points;
    std::vector<DictionaryTrainerOptions> all;
    for (const int layer : layers) {
        if (layer < 0 || layer >= model->info.n_layers)
            return fail(Error::Code::InvalidFile,
                request.configFile + ": layer " + std::to_string(layer)
                    + " is not in the model (0 to " + std::to_string(model->info.n_layers - 1)
                    + ").");
        DictionaryTrainerOptions options = config->options;
        options.hookIn.layer = options.hookOut.layer = Layer(layer);
        options.name = "layer_" + std::to_string(layer);
        options.baseModel = model->info.name;
        options.facts.prependBos = !start->tokens.empty();
        options.facts.contextSize = passageLength(*model);
        points.insert(options.hookIn);
        points.insert(options.hookOut);
        all.push_back(options);
    }
    ActivationStoreOptions storeOptions;
    storeOptions.context_size = passageLength(*model);
    auto store = ActivationStore::record(*model->transformer, *corpus,
        {points.begin(), points.end()}, storeOptions, context.progress, context.stop);
    if (!store)
        return fail(store.error());

    std::vector<TrainMetrics> metrics;
    Dictionaries dictionaries;
    std::vector<fs::path> checkpoints;
    for (const DictionaryTrainerOptions& options : all) {
        checkpoints.push_back(fs::path(request.out) / (options.name + ".checkpoint.safetensors"));
        auto dictionary
            = trainOne(*store, options, checkpoints.back(), request.isResuming, context, metrics);
        if (!dictionary)
            return fail(dictionary.error());
        dictionaries.push_back(*dictionary);
    }
    if (request.isTranscoder) {
        if (auto saved
            = saveTranscoderSet(dictionaries, request.out, config->dtype, model->info.name);
            !saved)
            return fail(saved.error());
    } else {
        for (const auto& dictionary : dictionaries) {
            const fs::path folder = dictionaries.size() == 1
                ? fs::path(request.out)
                : fs::path(request.out) / dictionary->config().name;
            if (auto made = makeFolder(folder); !made)
                return fail(made.error());
            if (auto saved = saveSaeLens(*dictionary, folder, config->dtype); !saved)
                return fail(saved.error());
        }
    }
    std::error_code ignored;
    for (const fs::path& checkpoint : checkpoints)
        fs::remove(checkpoint, ignored);
    return metrics;
}

Result<std::vector<TrainMetrics>> run(const TrainLanguageModelRequest& request, Context& context)
{
    auto config = readLanguageModelTraining(request.configFile);
    if (!config)
        return fail(config.error());
    if (auto made = makeFolder(request.out); !made)
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
            if (m.step % kMetricsEvery == 0 || m.step == m.totalSteps) {
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

Result<std::string> run(const DefaultTrainingConfigRequest& request, Context&)
{
    return defaultDictionaryTraining(request.architecture);
}

const Handles<TrainDictionaryRequest> kTrainDictionary(Runs::InBackground, run);
const Handles<TrainLanguageModelRequest> kTrainLanguageModel(Runs::InBackground, run);
const Handles<DefaultTrainingConfigRequest> kDefaultTrainingConfig(Runs::OnReader, run);

} // namespace core
