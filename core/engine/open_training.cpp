#include "core/engine/open_training.h"

#include "core/engine/text_corpus.h"
#include "core/engine/training_settings.h"
#include "core/engine/training_sweep.h"
#include "core/model/massive_rows.h"
#include "core/training/check_options.h"
#include "core/training/cross_layer_trainer.h"
#include "core/training/dictionary_run.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

const char* const kSetName = "transcoders";
const char* const kCrossLayerSetName = "cross_layer_transcoder";

Result<std::shared_ptr<TrainingRun>> createRun(const std::shared_ptr<const ActivationStore>& store,
    const std::vector<DictionaryTrainerOptions>& all, bool isCrossLayer,
    const std::shared_ptr<Workers>& workers)
{
    const auto shared = [](auto made) -> Result<std::shared_ptr<TrainingRun>> {
        if (!made)
            return fail(made.error());
        return std::shared_ptr<TrainingRun>(std::move(*made));
    };
    return isCrossLayer ? shared(CrossLayerTrainer::create(store, all, workers))
                        : shared(DictionaryRun::create(store, all, workers));
}

/// The dictionaries to begin with, into the options of their places.
Result<void> takeStarts(
    std::vector<DictionaryTrainerOptions>& all, const DictionaryTrainingConfig& config)
{
    if (config.startFrom.empty())
        return {};
    const auto opened = openDictionaries(config.startFrom);
    if (!opened)
        return fail(opened.error());
    for (DictionaryTrainerOptions& options : all) {
        for (const auto& dictionary : *opened)
            if (dictionary->config().hookIn == options.hookIn
                && dictionary->config().hookOut == options.hookOut
                && dictionary->config().isCrossLayer == config.isCrossLayer)
                options.start = dictionary;
        if (!options.start)
            return fail(Error::Code::NotFound,
                fmt::format(
                    "{}: holds no {} from {} to {} to begin with. Choose the layers it has, "
                    "or another one.",
                    config.startFrom,
                    config.isCrossLayer          ? "cross-layer transcoder"
                        : options.isTranscoder() ? "transcoder"
                                                 : "SAE",
                    options.hookIn.name(), options.hookOut.name()));
        options.d_sae = options.start->config().d_sae;
        if (options.d_sae != all.front().d_sae)
            return fail(Error::Code::Unsupported,
                fmt::format("{}: the dictionaries have different numbers of features ({} and {}). "
                            "Train them one at a time.",
                    config.startFrom, all.front().d_sae, options.d_sae));
    }
    return {};
}

/// Refuses workers that read other texts.
Result<void> agreeOnText(const std::shared_ptr<Workers>& workers, const std::string& hash)
try {
    if (!workers)
        return {};
    const auto own = static_cast<std::int64_t>(std::hash<std::string>{}(hash));
    for (const at::Tensor& other : workers->gather(at::full({1}, own, at::kLong)))
        if (other.item<std::int64_t>() != own)
            return fail(Error::Code::InvalidFile,
                "The workers do not read the same text. Give each the same files and the same "
                "held-out share.");
    return {};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

/// Measured on each time: enough for two digits, and seconds of a model of a hundred million
/// weights.
constexpr std::int64_t kMeasuredTokens = 2048;

/// Rows of steps that the checkpoints do not know will be measured again.
void dropRowsAhead(std::vector<TrainMetrics>& rows, const TrainingRun& run)
{
    std::map<std::string, std::int64_t> done;
    for (std::size_t i = 0; i < run.size(); ++i)
        done[run.name(i)] = run.stepsOf(i);
    std::erase_if(rows, [&](const TrainMetrics& row) {
        const auto found = done.find(row.dictionary);
        return found == done.end() || row.step > found->second;
    });
}

} // namespace

Result<void> enterFolder(const TrainingFolder& folder, const DictionaryTrainingConfig& config,
    const TrainingRecord& record)
{
    if (auto made = folder.make(); !made)
        return made;
    // Of a run that this one takes the place of: nobody may go on with its weights.
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path(), error))
        if (entry.path().filename().string().ends_with(".checkpoint.safetensors"))
            std::filesystem::remove(entry.path(), error);
    if (auto written = folder.writeConfig(config); !written)
        return written;
    if (auto written = folder.writeMetrics({}); !written)
        return written;
    return folder.writeRecord(record);
}

Result<void> OpenTraining::change(const TrainingChanges& changes)
{
    TrainingSettings settings = trainingSettings(config, record.isTranscoder);
    settings.learningRate = changes.learningRate;
    if (!settings.hasK())
        settings.lambda = changes.lambda;
    // Of a file's configuration the rest need not be what the window would set up.
    for (const TrainingProblem& problem : trainingProblems(settings, record.text, model->info))
        if (problem.field == "learning_rate" || problem.field == "lambda")
            return fail(Error::Code::Unsupported, problem.message);
    DictionaryTrainerOptions changed = config.options;
    changed.setRates(settings.learningRate, settings.lambda);
    if (auto checked = checkNumbers(changed); !checked) // lest it could not go on another time
        return checked;
    // The values of a sweep over λ stay as they are, and those of a sweep's architectures while
    // nobody asks for another.
    const bool hasOwn = config.sweep.field == "lambda" || settings.hasK()
        || settings.lambda == config.options.lambda();
    config.options = std::move(changed);
    run->change(
        settings.learningRate, hasOwn ? std::nullopt : std::optional<double>(settings.lambda));
    return isWriter() ? folder.writeConfig(config) : Result<void>();
}

Result<void> OpenTraining::save()
{
    if (!isWriter())
        return {};
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
    if (config.isCrossLayer) {
        const std::string name = record.isInPlace ? "." : kCrossLayerSetName;
        if (auto saved
            = saveCrossLayerSet(*made, folder.path() / name, config.dtype, model->info.name);
            !saved)
            return fail(saved.error());
        return std::vector{name};
    }
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
    const TrainingFolder& folder, bool isResuming, const std::shared_ptr<Workers>& workers,
    const Context& context)
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

    const std::string readText = text->hash + fmt::format(" held out {}", record.text.heldOut);
    if (auto agreed = agreeOnText(workers, readText); !agreed)
        return fail(agreed.error());

    auto planned = sweptOptions(config, *layers);
    if (!planned)
        return fail(planned.error());
    std::vector<DictionaryTrainerOptions>& all = *planned;
    std::set<HookPoint> points;
    for (DictionaryTrainerOptions& options : all) {
        options.baseModel = model->info.name;
        options.facts.prependBos = !start->tokens.empty();
        options.facts.contextSize = passageLength(*model);
        points.insert(options.hookIn);
        points.insert(options.hookOut);
    }
    const SplitCorpus split = holdOut(text->corpus, record.text.heldOut);
    const std::int64_t batch = config.options.train_batch_size_tokens;
    if (!isResuming && split.learned->tokens() < batch)
        return fail(Error::Code::Unsupported,
            fmt::format("{} holds {} tokens to learn from, fewer than one batch "
                        "(train_batch_size_tokens is {}). Give more text, or take a smaller batch.",
                record.text.isWritten() ? "What the model wrote" : record.text.path,
                split.learned->tokens(), batch));
    if (record.steps == 0) // one that goes on has weights of its own
        if (auto taken = takeStarts(all, config); !taken)
            return fail(taken.error());
    for (const DictionaryTrainerOptions& options : all)
        if (options.start)
            if (auto checked = checkOptions(options, options.start->config().d_in); !checked)
                return fail(checked.error());
    if (!isResuming && (!workers || workers->isFirst()))
        if (auto entered = enterFolder(folder, config, record); !entered)
            return fail(entered.error());
    const std::vector<HookPoint> places(points.begin(), points.end());
    std::shared_ptr<const HeldOutText> heldOut;
    const bool isWriter = !workers || workers->isFirst(); // who measures, alone
    if (split.heldOut && isWriter) {
        auto recorded
            = HeldOutText::record(*model->transformer, sampleOf(split.heldOut, kMeasuredTokens),
                places, passageLength(*model), context.progress, context.stop);
        if (!recorded)
            return fail(recorded.error());
        heldOut = std::move(*recorded);
    }
    ActivationStoreOptions storeOptions;
    storeOptions.context_size = passageLength(*model);
    storeOptions.leavesOutMassive = true;
    if (record.text.isCached) {
        storeOptions.cacheFolder = folder.activations();
        storeOptions.cacheKey = readText;
    }
    auto store = ActivationStore::record(*model->transformer, split.learned, places, storeOptions,
        context.progress, context.stop, workers);
    if (!store)
        return fail(store.error());
    std::string note = massiveNote((*store)->massiveTokens(), (*store)->tokens());
    if (!start->note.empty())
        note = note.empty() ? start->note : start->note + ' ' + note;
    auto run = createRun(*store, all, config.isCrossLayer, workers);
    if (!run)
        return fail(run.error());

    auto training = std::make_shared<OpenTraining>(
        OpenTraining{model, folder, config, record, std::move(*run), {}, note,
            std::make_shared<TrainingWatch>(model, heldOut, config.measureEvery), workers});
    training->record.textHash = text->hash;
    if (!config.startFrom.empty() && !isResuming) {
        training->config.options.d_sae = all.front().d_sae; // also when it is not there any more
        if (training->isWriter())
            if (auto written = folder.writeConfig(training->config); !written)
                return fail(written.error());
    }
    if (isResuming) {
        if (auto resumed = training->run->resume(folder.path()); !resumed)
            return fail(resumed.error());
        if (record.steps > 0 && training->run->steps() == 0)
            return fail(Error::Code::NotFound,
                fmt::format("{}: the checkpoint of the run is not there, which was at step {}. Put "
                            "its *.checkpoint.safetensors back, or begin a new run.",
                    folder.path().string(), record.steps));
        auto rows = folder.metrics();
        if (!rows)
            return fail(rows.error());
        training->rows = std::move(*rows);
        dropRowsAhead(training->rows, *training->run);
    } else {
        if (training->isWriter()) // of a run that this one takes the place of
            training->run->removeCheckpoints(folder.path());
        training->record.steps = 0;
        training->record.seconds = 0;
        training->record.isDone = false;
        training->record.dictionaries.clear();
    }
    if (auto agreed = training->run->agree(); !agreed)
        return fail(agreed.error());
    return training;
}

Result<std::shared_ptr<OpenTraining>> pausedTraining(
    const TrainingFolder& folder, const Context& context, const std::shared_ptr<Workers>& workers)
{
    const auto model = context.model();
    if (!model)
        return fail(model.error());
    const auto& kept = context.bench.training;
    std::error_code error;
    if (!workers && kept && kept->model->transformer == (*model)->transformer
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
    if (auto checked = checkSweep(*config); !checked)
        return fail(checked.error());
    return openTraining(*model, *config, *record, folder, true, workers, context);
}

} // namespace core
