#include "core/api/train.h"

#include "core/api/keep_training.h"
#include "core/base/log.h"
#include "core/engine/check_training.h"
#include "core/engine/join_workers.h"
#include "core/engine/open_training.h"
#include "core/engine/request_table.h"
#include "core/engine/training_settings.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

using TrainingClock = std::chrono::steady_clock;

constexpr std::int64_t kKeptRows = 500; // of a dictionary, at most but for measured ones
constexpr std::chrono::milliseconds kTellEvery(250); // that it goes on, between kept rows
constexpr double kPaceMemory = 0.02; // share of the newest step in the mean time of a step

double secondsSince(TrainingClock::time_point start)
{
    return std::chrono::duration<double>(TrainingClock::now() - start).count();
}

TrainMetrics metricsOf(const DictionaryMetrics& m, const TrainingRun& run, std::size_t dictionary)
{
    TrainMetrics out;
    out.dictionary = run.name(dictionary);
    out.step = m.step;
    out.totalSteps = m.totalSteps;
    out.tokens = m.tokens;
    out.loss = m.losses.loss;
    out.mse = m.losses.mse;
    out.sparsity = m.losses.sparsity;
    out.aux = m.losses.aux;
    out.l0 = m.losses.l0;
    out.fvu = m.losses.fvu;
    out.deadFeatures = m.dead;
    out.features = run.features(dictionary);
    out.learningRate = m.lr;
    out.gradientNorm = m.gradientNorm;
    out.tokensPerSecond = m.tokensPerSecond;
    return out;
}

/// What is set up, from the request's settings or its file.
Result<DictionaryTrainingConfig> requestedConfig(
    const TrainDictionaryRequest& request, const ModelInfo& model)
{
    if (!request.settings) {
        auto config = readDictionaryTraining(request.configFile, request.isTranscoder);
        if (config && request.isCrossLayer)
            config->isCrossLayer = true;
        if (config && !request.startFrom.empty())
            config->startFrom = request.startFrom;
        if (config && !request.sweep.isEmpty())
            config->sweep = request.sweep;
        return config;
    }
    const auto problems = trainingProblems(*request.settings, request.text, model);
    if (!problems.empty())
        return fail(Error::Code::Unsupported, problems.front().message);
    return trainingConfig(*request.settings);
}

/// Whether this one, or any of the others, was told to stop.
Result<bool> isStopped(const OpenTraining& training, const Context& context)
try {
    const bool isToldTo = context.stop.stop_requested();
    if (!training.workers)
        return isToldTo;
    return training.workers->sum(isToldTo ? std::int64_t(1) : std::int64_t(0)) > 0;
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

/// A new run. What is wrong with it is said before anything is written; it takes its folder when
/// its text is read, and when it is paused before that, so that it can go on.
Result<std::shared_ptr<OpenTraining>> beginTraining(const TrainDictionaryRequest& request,
    const std::shared_ptr<Workers>& workers, const Context& context)
{
    const auto model = context.model();
    if (!model)
        return fail(model.error());
    const auto config = requestedConfig(request, (*model)->info);
    if (!config)
        return fail(config.error());
    if (auto checked = checkTraining(*config, **model); !checked)
        return fail(checked.error().code,
            (request.configFile.empty() ? "" : request.configFile + ": ")
                + checked.error().message);
    const TrainingFolder folder(request.out);
    TrainingRecord record;
    record.model = (*model)->info.name;
    record.isTranscoder = request.settings ? request.settings->isTranscoder : request.isTranscoder;
    record.isInPlace = !request.settings;
    record.text = request.text;
    auto opened = openTraining(*model, *config, record, folder, false, workers, context);
    if (!opened && opened.error().code == Error::Code::Cancelled
        && (!workers || workers->isFirst()))
        if (auto entered = enterFolder(folder, *config, record); !entered)
            return fail(entered.error());
    return opened;
}

/// After a step that could not be taken. A checkpoint from when all was well stays as it is; the
/// weights from before the step are not saved, for they make a loss that is no number.
Result<void> keepWhatWasGood(OpenTraining& training, const Error& error)
{
    if (auto saved = training.folder.writeMetrics(training.rows); !saved)
        return saved;
    return fail(error.code,
        training.record.steps == 0
            ? error.message + " There is no checkpoint yet: begin again."
            : fmt::format("{} What was learned up to step {} is kept in {}.", error.message,
                training.record.steps, training.folder.path().string()));
}

using Measured = std::shared_ptr<const TrainingMeasurement>;

/// What is measured behind these steps, null where nothing is due. One of several workers does it,
/// while the others wait for its next step: it asks nothing of them.
std::vector<Measured> measureDue(OpenTraining& training,
    const std::vector<TrainingRun::Step>& steps, double seconds, const ProgressFn& pause,
    const std::stop_token& stop)
{
    std::vector<Measured> measured(steps.size());
    if (!training.isWriter())
        return measured;
    const TrainingRun& run = *training.run;
    std::optional<Result<Dictionaries>> current; // made once for all layers of a transcoder
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const DictionaryMetrics& metrics = steps[i].metrics;
        const std::size_t dictionary = steps[i].dictionary;
        if (!training.watch->isDue(run.name(dictionary), metrics.step, metrics.totalSteps, seconds))
            continue;
        if (!current)
            current = run.current(dictionary);
        auto result = training.watch->measure(run, dictionary, *current, pause, stop);
        // What cannot be measured, weights that are no numbers say, ends no training: its own next
        // step tells what is wrong.
        if (result && *result) {
            (*result)->nextStep
                = training.watch->nextStep(metrics.step, metrics.totalSteps, seconds);
            measured[i] = std::move(*result);
        } else if (result)
            continue; // stopped
        else
            logWarning("{} is not measured: {}", run.name(dictionary), result.error().message);
    }
    return measured;
}

/// Steps between two kept rows of a dictionary that is at `step`: 1, 2, 4, .. such that a run that
/// is stopped anywhere has a curve, however long it was to be.
std::int64_t keptEvery(std::int64_t step)
{
    std::int64_t every = 1;
    while (step / every > kKeptRows)
        every *= 2;
    return every;
}

/// Every second row of a dictionary's goes, when it has as many as are kept.
void thinOut(std::vector<TrainMetrics>& rows, const std::string& dictionary, std::int64_t every)
{
    std::erase_if(rows, [&](const TrainMetrics& row) {
        return row.dictionary == dictionary && !row.measured && row.step % every != 0;
    });
}

/// Only the last look at a dictionary's features is kept: there are dozens in a run.
void dropPeek(std::vector<TrainMetrics>& rows, const std::string& dictionary)
{
    const auto last = std::find_if(rows.rbegin(), rows.rend(),
        [&](const TrainMetrics& row) { return row.measured && row.dictionary == dictionary; });
    if (last == rows.rend())
        return;
    auto without = std::make_shared<TrainingMeasurement>(*last->measured);
    without->peek.clear();
    last->measured = std::move(without);
}

/// Steps until the end or until it is stopped; saves on the way and then.
Result<void> learn(OpenTraining& training, const Context& context)
{
    auto lastSaved = TrainingClock::now(), lastTold = lastSaved;
    double pace = 0.0; // seconds a step, what runs in between included
    const auto save = [&] {
        training.record.seconds += secondsSince(lastSaved);
        lastSaved = TrainingClock::now();
        return training.save();
    };
    const auto endWith = [&](const Error& error) -> Result<void> {
        if (error.code == Error::Code::Internal && training.isWriter()) // a loss that is no number
            return keepWhatWasGood(training, error);
        if (auto saved = save(); !saved)
            return saved;
        if (!training.isWriter())
            return fail(error);
        return fail(error.code,
            error.message + " What was learned before is kept in " + training.folder.path().string()
                + ".");
    };
    TrainingRun& run = *training.run;
    const auto progress = [&]() -> Progress {
        return {"Training " + training.folder.path().filename().string(), run.steps(),
            run.totalSteps(), "steps"};
    };
    while (!run.isDone()) {
        const auto stopped = isStopped(training, context);
        if (!stopped)
            return endWith(stopped.error());
        if (*stopped)
            break;
        const auto start = TrainingClock::now();
        const auto steps = run.advance();
        if (!steps)
            return endWith(steps.error());
        const double learned = training.record.seconds + secondsSince(lastSaved);
        const auto measured = measureDue(
            training, *steps, learned, [&](const Progress&) { context.progress(progress()); },
            context.stop);
        const bool isTime = TrainingClock::now() - lastTold >= kTellEvery;
        for (std::size_t i = 0; i < steps->size(); ++i) {
            const TrainingRun::Step& step = (*steps)[i];
            TrainMetrics metrics = metricsOf(step.metrics, run, step.dictionary);
            const std::int64_t every = keptEvery(metrics.step);
            if (every != keptEvery(metrics.step - 1))
                thinOut(training.rows, metrics.dictionary, every);
            metrics.measured = measured[i];
            metrics.isKept = metrics.measured || metrics.step % every == 0
                || metrics.step == metrics.totalSteps;
            metrics.secondsLeft = pace * static_cast<double>(run.totalSteps() - run.steps());
            if (metrics.measured)
                dropPeek(training.rows, metrics.dictionary);
            if (metrics.isKept)
                training.rows.push_back(metrics);
            if (metrics.isKept || isTime) {
                lastTold = TrainingClock::now();
                context.tell(metrics);
            }
        }
        if (secondsSince(lastSaved) >= training.config.checkpointEvery)
            if (auto saved = save(); !saved)
                return saved;
        context.progress(progress());
        const double seconds = secondsSince(start);
        pace = pace == 0.0 ? seconds : pace + kPaceMemory * (seconds - pace);
    }
    return save();
}

/// The dictionaries of a training that is at its end, and nothing else of it but what it measured.
Result<void> finish(OpenTraining& training)
{
    auto written = training.writeDictionaries();
    if (!written)
        return fail(written.error());
    training.record.dictionaries = std::move(*written);
    training.record.isDone = true;
    if (auto saved = training.folder.writeRecord(training.record); !saved)
        return saved;
    training.run->removeCheckpoints(training.folder.path());
    std::error_code ignored; // what is left of it is in nobody's way
    std::filesystem::remove_all(training.folder.activations(), ignored);
    return {};
}

/// What a configuration given to go on with changes: rates alone can be other from a pause on.
Result<std::optional<TrainingChanges>> changesIn(
    const TrainDictionaryRequest& request, const TrainingFolder& folder, const ModelInfo& model)
{
    if (request.changes || request.settings || request.configFile.empty())
        return request.changes;
    const auto record = folder.record();
    if (!record)
        return fail(record.error());
    const auto kept = folder.config(record->isTranscoder);
    if (!kept)
        return fail(kept.error());
    auto asked = requestedConfig(request, model);
    if (!asked)
        return fail(asked.error());
    const DictionaryTrainerOptions& own = kept->options;
    if (!asked->startFrom.empty())
        asked->options.d_sae = own.d_sae; // that dictionary's, as noted when the run began
    const TrainingChanges changes{asked->options.schedule.lr, asked->options.lambda()};
    asked->options.setRates(own.schedule.lr, own.lambda());
    if (writtenDictionaryTraining(*asked) != writtenDictionaryTraining(*kept))
        return fail(Error::Code::Unsupported,
            fmt::format("{}: says something else than the run in {} was begun with "
                        "(training_config.json); only lr and the coefficient of the penalty may "
                        "change. Give that file, or begin a new run in another folder.",
                request.configFile, folder.path().string()));
    if (changes.learningRate == own.schedule.lr && changes.lambda == own.lambda())
        return std::nullopt;
    return changes;
}

/// Refuses workers that would go on with different rates.
Result<void> agreeOnRates(
    const std::shared_ptr<Workers>& workers, const std::optional<TrainingChanges>& changes)
try {
    if (!workers)
        return {};
    const TrainingChanges own = changes.value_or(TrainingChanges{-1.0, -1.0});
    const at::Tensor told = at::tensor({own.learningRate, own.lambda}, at::kDouble);
    for (const at::Tensor& other : workers->gather(told))
        if (!at::equal(other, told))
            return fail(Error::Code::Unsupported,
                "The workers were given different rates to go on with. Give all the same "
                "configuration.");
    return {};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

TrainingOutcome outcomeOf(const TrainingRunInfo& info)
{
    return {info.folder, !info.isDone, info.dictionaries, info.metrics, {}};
}

} // namespace

Result<TrainingOutcome> run(const TrainDictionaryRequest& request, Context& context)
{
    const TrainingFolder folder(request.out);
    const bool goesOn = request.isResuming && folder.isThere();
    bool isCached = request.text.isCached;
    std::optional<TrainingChanges> changes;
    if (goesOn) {
        const auto model = context.model();
        if (!model)
            return fail(model.error());
        auto changed = changesIn(request, folder, (*model)->info);
        if (!changed)
            return fail(changed.error());
        changes = *changed;
        const auto info = folder.info();
        if (!info)
            return fail(info.error());
        if (info->isDone)
            return outcomeOf(*info);
        isCached = info->text.isCached;
    }
    if (isCached && request.workers.worldSize > 1)
        return fail(Error::Code::Unsupported,
            "Several workers keep activations in memory alone. Leave out --cache, or train with "
            "one process.");
    const auto workers = joinWorkers(request.workers, context.progress, context.stop);
    if (!workers)
        return fail(workers.error());
    auto training = goesOn ? pausedTraining(folder, context, *workers)
                           : beginTraining(request, *workers, context);
    if (!training)
        return fail(training.error());
    if (auto agreed = agreeOnRates(*workers, changes); !agreed)
        return fail(agreed.error());
    if (changes)
        if (auto changed = (*training)->change(*changes); !changed)
            return fail(changed.error());
    context.bench.training.reset(); // one at a time: it is as large as the model
    if (auto learned = learn(**training, context); !learned)
        return fail(learned.error());
    if ((*training)->run->isDone()) {
        if ((*training)->isWriter())
            if (auto finished = finish(**training); !finished)
                return fail(finished.error());
    } else if (const auto open = context.model();
               !*workers && open && (*open)->transformer == (*training)->model->transformer) {
        context.bench.training = *training;
    }
    return (*training)->outcome();
}

Result<TrainingOutcome> run(const KeepTrainingRequest& request, Context& context)
{
    const TrainingFolder folder(request.folder);
    auto training = pausedTraining(folder, context);
    if (!training)
        return fail(training.error());
    if ((*training)->run->steps() == 0)
        return fail(Error::Code::NotFound,
            request.folder + ": nothing has been learned yet. Let it go on for a while first.");
    auto written = (*training)->writeDictionaries();
    if (!written)
        return fail(written.error());
    (*training)->record.dictionaries = std::move(*written);
    if (auto saved = folder.writeRecord((*training)->record); !saved)
        return fail(saved.error());
    context.bench.training = *training; // read from its folder it need not be read again to go on
    return (*training)->outcome();
}

Result<std::string> run(const DefaultTrainingConfigRequest& request, Context&)
{
    return defaultDictionaryTraining(request.architecture, request.isTranscoder);
}

const Handles<TrainDictionaryRequest> kTrainDictionary(Runs::InBackground, run);
const Handles<KeepTrainingRequest> kKeepTraining(Runs::InBackground, run);
const Handles<DefaultTrainingConfigRequest> kDefaultTrainingConfig(Runs::OnReader, run);

} // namespace core
