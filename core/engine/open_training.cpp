#include "core/engine/open_training.h"

#include "core/engine/text_corpus.h"
#include "core/engine/training_settings.h"
#include "core/engine/training_sweep.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace core {

namespace {

const char* const kSetName = "transcoders";

/// Measured on each time: enough for two digits, and seconds of a model of a hundred million
/// weights.
constexpr std::int64_t kMeasuredTokens = 2048;

/// The options of one layer, or of a sweep one for each of its values.
Result<void> addVariants(const DictionaryTrainerOptions& options, const TrainingSweep& sweep,
    std::vector<DictionaryTrainerOptions>& all)
{
    if (sweep.isEmpty()) {
        all.push_back(options);
        return {};
    }
    for (const std::string& value : sweep.values) {
        auto swept = withSwept(options, sweep.field, value);
        if (!swept)
            return fail(swept.error());
        swept->name = sweptName(options.name, sweep.field, value);
        all.push_back(std::move(*swept));
    }
    return {};
}

/// Rows of steps that the checkpoints do not know will be measured again.
void dropRowsAhead(std::vector<TrainMetrics>& rows, const DictionaryRun& run)
{
    std::map<std::string, std::int64_t> done;
    for (std::size_t i = 0; i < run.size(); ++i)
        done[run.trainer(i).name()] = run.trainer(i).steps();
    std::erase_if(rows, [&](const TrainMetrics& row) {
        const auto found = done.find(row.dictionary);
        return found == done.end() || row.step > found->second;
    });
}

} // namespace

Result<void> OpenTraining::change(const TrainingChanges& changes)
{
    TrainingSettings settings = trainingSettings(config, record.isTranscoder);
    settings.learningRate = changes.learningRate;
    if (!settings.hasK())
        settings.lambda = changes.lambda;
    const auto problems = trainingProblems(settings, record.text, model->info);
    if (!problems.empty())
        return fail(Error::Code::Unsupported, problems.front().message);
    config.options.setRates(settings.learningRate, settings.lambda);
    // The values of a sweep over λ stay as they are.
    const bool isSwept = config.sweep.field == "lambda";
    run->change(
        settings.learningRate, isSwept ? std::nullopt : std::optional<double>(settings.lambda));
    return folder.writeConfig(config);
}

Result<void> OpenTraining::save()
{
    if (auto saved = run->saveCheckpoints(folder.path()); !saved)
        return saved;
    if (auto saved = folder.writeMetrics(rows); !saved)
        return saved;
    record.steps = run->steps();
    record.totalSteps = run->totalSteps();
    return folder.writeRecord(record);
}

Result<std::vector<std::string>> OpenTraining::writeDictionaries() const
{
    const auto made = run->dictionaries();
    if (!made)
        return fail(made.error());
    const bool isWholeSet = record.isTranscoder && config.sweep.isEmpty()
        && static_cast<int>(made->size()) == model->info.n_layers;
    if (isWholeSet) {
        const std::string name = record.isInPlace ? "." : kSetName;
        if (auto saved
            = saveTranscoderSet(*made, folder.path() / name, config.dtype, model->info.name);
            !saved)
            return fail(saved.error());
        return std::vector{name};
    }
    std::vector<std::string> names;
    for (const auto& dictionary : *made) {
        names.push_back(record.isInPlace && made->size() == 1 ? "." : dictionary->config().name);
        if (auto saved = saveSaeLens(*dictionary, folder.path() / names.back(), config.dtype);
            !saved)
            return fail(saved.error());
    }
    return names;
}

TrainingOutcome OpenTraining::outcome() const
{
    TrainingOutcome outcome;
    outcome.folder = folder.path().string();
    outcome.isPaused = !run->isDone();
    for (const std::string& name : record.dictionaries)
        outcome.dictionaries.push_back((folder.path() / name).string());
    outcome.metrics = rows;
    outcome.note = note;
    return outcome;
}

Result<std::shared_ptr<OpenTraining>> openTraining(const std::shared_ptr<const LoadedModel>& model,
    const DictionaryTrainingConfig& config, const TrainingRecord& record,
    const TrainingFolder& folder, bool isResuming, const Context& context)
{
    const auto layers = trainedLayers(config, model->info, folder.path().string());
    if (!layers)
        return fail(layers.error());
    const auto start = textStart(*model->tokenizer, config.prependsBos);
    if (!start)
        return fail(start.error());
    auto text = trainingCorpus(*model, record.text, *start, context.progress, context.stop);
    if (!text)
        return fail(text.error());
    if (isResuming && !record.textHash.empty() && text->hash != record.textHash)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: the text is another than the run began with. Put the old one back, or "
                        "begin a new run.",
                record.text.isWritten() ? folder.path().string() : record.text.path));

    std::set<HookPoint> points;
    std::vector<DictionaryTrainerOptions> all;
    for (const int layer : *layers) {
        DictionaryTrainerOptions options = config.options;
        options.hookIn.layer = options.hookOut.layer = Layer(layer);
        options.name = "layer_" + std::to_string(layer);
        options.baseModel = model->info.name;
        options.facts.prependBos = !start->tokens.empty();
        options.facts.contextSize = passageLength(*model);
        points.insert(options.hookIn);
        points.insert(options.hookOut);
        if (auto added = addVariants(options, config.sweep, all); !added)
            return fail(added.error());
    }
    const SplitCorpus split = holdOut(text->corpus, record.text.heldOut);
    const std::vector<HookPoint> places(points.begin(), points.end());
    std::shared_ptr<const HeldOutText> heldOut;
    if (split.heldOut) {
        auto recorded
            = HeldOutText::record(*model->transformer, sampleOf(split.heldOut, kMeasuredTokens),
                places, passageLength(*model), context.progress, context.stop);
        if (!recorded)
            return fail(recorded.error());
        heldOut = std::move(*recorded);
    }
    ActivationStoreOptions storeOptions;
    storeOptions.context_size = passageLength(*model);
    if (record.text.isCached) {
        storeOptions.cacheFolder = folder.activations();
        storeOptions.cacheKey = text->hash + fmt::format(" held out {}", record.text.heldOut);
    }
    auto store = ActivationStore::record(
        *model->transformer, split.learned, places, storeOptions, context.progress, context.stop);
    if (!store)
        return fail(store.error());
    auto run = DictionaryRun::create(*store, all);
    if (!run)
        return fail(run.error());

    auto training = std::make_shared<OpenTraining>(
        OpenTraining{model, folder, config, record, std::move(*run), {}, start->note,
            std::make_shared<TrainingWatch>(model, heldOut, config.measureEvery)});
    training->record.textHash = text->hash;
    if (isResuming) {
        if (auto resumed = training->run->resume(folder.path()); !resumed)
            return fail(resumed.error());
        auto rows = folder.metrics();
        if (!rows)
            return fail(rows.error());
        training->rows = std::move(*rows);
        dropRowsAhead(training->rows, *training->run);
    } else {
        training->run->removeCheckpoints(
            folder.path()); // of a run that this one takes the place of
        training->record.steps = 0;
        training->record.seconds = 0;
        training->record.isDone = false;
        training->record.dictionaries.clear();
    }
    return training;
}

Result<std::shared_ptr<OpenTraining>> pausedTraining(
    const TrainingFolder& folder, const Context& context)
{
    const auto model = context.model();
    if (!model)
        return fail(model.error());
    const auto& kept = context.bench.training;
    std::error_code error;
    if (kept && kept->model->transformer == (*model)->transformer
        && std::filesystem::equivalent(kept->folder.path(), folder.path(), error))
        return kept;
    if (!folder.isThere())
        return fail(Error::Code::NotFound,
            folder.path().string()
                + ": holds no training (training_run.json). Choose the folder of one.");
    const auto record = folder.record();
    if (!record)
        return fail(record.error());
    const auto config = folder.config(record->isTranscoder);
    if (!config)
        return fail(config.error());
    if (record->model != (*model)->info.name)
        return fail(Error::Code::Unsupported,
            fmt::format("{}: the training belongs to the model `{}`, `{}` is open. Open that model "
                        "first.",
                folder.path().string(), record->model, (*model)->info.name));
    return openTraining(*model, *config, *record, folder, true, context);
}

} // namespace core
