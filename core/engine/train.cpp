#include "core/api/train.h"

#include "core/api/keep_training.h"
#include "core/base/log.h"
#include "core/engine/open_training.h"
#include "core/engine/request_table.h"
#include "core/engine/training_settings.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <system_error>

#include <fmt/format.h>

namespace core {

namespace {

using TrainingClock = std::chrono::steady_clock;

constexpr std::int64_t kKeptRows = 500; // of a dictionary: a curve has no more points to show
constexpr std::chrono::milliseconds kTellEvery(250); // that it goes on, between kept rows
constexpr std::chrono::seconds kCheckpointEvery(60); // a crash costs no more than this
constexpr double kPaceMemory = 0.02; // share of the newest step in the mean time of a step

double secondsSince(TrainingClock::time_point start)
{
    return std::chrono::duration<double>(TrainingClock::now() - start).count();
}

TrainMetrics metricsOf(const DictionaryMetrics& m, const DictionaryTrainer& trainer)
{
    TrainMetrics out;
    out.dictionary = trainer.name();
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
    out.features = trainer.features();
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
        if (config && !request.sweep.isEmpty())
            config->sweep = request.sweep;
        return config;
    }
    const auto problems = trainingProblems(*request.settings, request.text, model);
    if (!problems.empty())
        return fail(Error::Code::Unsupported, problems.front().message);
    return trainingConfig(*request.settings);
}

/// A new run, entered in its folder before it costs anything: a pause while the text is recorded
/// can go on too.
Result<std::shared_ptr<OpenTraining>> beginTraining(
    const TrainDictionaryRequest& request, const Context& context)
{
    const auto model = context.model();
    if (!model)
        return fail(model.error());
    const auto config = requestedConfig(request, (*model)->info);
    if (!config)
        return fail(config.error());
    if (const auto layers = trainedLayers(*config, (*model)->info, request.configFile); !layers)
        return fail(layers.error());
    const TrainingFolder folder(request.out);
    if (auto made = folder.make(); !made)
        return fail(made.error());
    TrainingRecord record;
    record.model = (*model)->info.name;
    record.isTranscoder = request.settings ? request.settings->isTranscoder : request.isTranscoder;
    record.isInPlace = !request.settings;
    record.text = request.text;
    if (auto written = folder.writeConfig(*config); !written)
        return fail(written.error());
    if (auto written = folder.writeMetrics({}); !written)
        return fail(written.error());
    if (auto written = folder.writeRecord(record); !written)
        return fail(written.error());
    return openTraining(*model, *config, record, folder, false, context);
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
    DictionaryRun& run = *training.run;
    const auto progress = [&]() -> Progress {
        return {"Training " + training.folder.path().filename().string(), run.steps(),
            run.totalSteps(), "steps"};
    };
    while (!run.isDone() && !context.stop.stop_requested()) {
        const auto start = TrainingClock::now();
        const auto step = run.step();
        if (!step) {
            if (auto saved = save(); !saved)
                return saved;
            return fail(step.error().code,
                step.error().message + " What was learned before is kept in "
                    + training.folder.path().string() + ".");
        }
        const DictionaryTrainer& trainer = run.trainer(step->dictionary);
        TrainMetrics metrics = metricsOf(step->metrics, trainer);
        const std::int64_t keptEvery = std::max<std::int64_t>(metrics.totalSteps / kKeptRows, 1);
        metrics.isKept = metrics.step % keptEvery == 0 || metrics.step == metrics.totalSteps;
        metrics.secondsLeft = pace * static_cast<double>(run.totalSteps() - run.steps());
        const double learned = training.record.seconds + secondsSince(lastSaved);
        if (training.watch->isDue(metrics.dictionary, metrics.step, metrics.totalSteps, learned)) {
            auto measured = training.watch->measure(
                trainer, [&](const Progress&) { context.progress(progress()); }, context.stop);
            // What cannot be measured, weights that are no numbers say, ends no training: its own
            // next step tells what is wrong.
            if (measured)
                metrics.measured = std::move(*measured);
            else
                logWarning("{} is not measured: {}", trainer.name(), measured.error().message);
            metrics.isKept = metrics.isKept || metrics.measured;
        }
        if (metrics.measured)
            dropPeek(training.rows, metrics.dictionary);
        if (metrics.isKept)
            training.rows.push_back(metrics);
        if (metrics.isKept || TrainingClock::now() - lastTold >= kTellEvery) {
            lastTold = TrainingClock::now();
            context.tell(metrics);
        }
        if (TrainingClock::now() - lastSaved >= kCheckpointEvery)
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

TrainingOutcome outcomeOf(const TrainingRunInfo& info)
{
    return {info.folder, !info.isDone, info.dictionaries, info.metrics, {}};
}

} // namespace

Result<TrainingOutcome> run(const TrainDictionaryRequest& request, Context& context)
{
    const TrainingFolder folder(request.out);
    const bool goesOn = request.isResuming && folder.isThere();
    if (goesOn) {
        const auto info = folder.info();
        if (!info)
            return fail(info.error());
        if (info->isDone)
            return outcomeOf(*info);
    }
    auto training = goesOn ? pausedTraining(folder, context) : beginTraining(request, context);
    if (!training)
        return fail(training.error());
    if (goesOn && request.changes)
        if (auto changed = (*training)->change(*request.changes); !changed)
            return fail(changed.error());
    context.bench.training.reset(); // one at a time: it is as large as the model
    if (auto learned = learn(**training, context); !learned)
        return fail(learned.error());
    if ((*training)->run->isDone()) {
        if (auto finished = finish(**training); !finished)
            return fail(finished.error());
    } else if (const auto open = context.model();
               open && (*open)->transformer == (*training)->model->transformer) {
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
    return defaultDictionaryTraining(request.architecture);
}

const Handles<TrainDictionaryRequest> kTrainDictionary(Runs::InBackground, run);
const Handles<KeepTrainingRequest> kKeepTraining(Runs::InBackground, run);
const Handles<DefaultTrainingConfigRequest> kDefaultTrainingConfig(Runs::OnReader, run);

} // namespace core
