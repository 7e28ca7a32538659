#include "core/engine/training_settings.h"

#include "core/engine/training_sweep.h"
#include "core/features/text_documents.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace core {

namespace {

constexpr double kDecayedShare = 0.2; // of the run, at its end: `LastFifth`
constexpr std::int64_t kRestarts = 4; // dead features start anew at each quarter but the last

constexpr std::pair<TrainedArchitecture, DictionaryObjective> kObjectiveOf[]{
    {TrainedArchitecture::BatchTopK, DictionaryObjective::BatchTopK},
    {TrainedArchitecture::TopK, DictionaryObjective::TopK},
    {TrainedArchitecture::L1, DictionaryObjective::L1},
    {TrainedArchitecture::JumpRelu, DictionaryObjective::JumpRelu}};

std::int64_t stepsOf(const DictionaryTrainerOptions& options)
{
    const std::int64_t batch = std::max<std::int64_t>(options.train_batch_size_tokens, 1);
    return std::max<std::int64_t>((options.training_tokens + batch - 1) / batch, 1);
}

std::int64_t shareOf(double share, std::int64_t whole)
{
    return std::llround(share * static_cast<double>(whole));
}

double share(std::int64_t part, std::int64_t whole)
{
    return static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(whole, 1));
}

class Problems {
public:
    void add(const char* field, std::string message) { all.push_back({field, std::move(message)}); }
    template <typename Number>
    void within(const char* field, const char* name, Number value, Number low, Number high)
    {
        if (!(value >= low && value <= high))
            add(field,
                fmt::format("{} is {}. Choose a value from {} to {}.", name, value, low, high));
    }
    std::vector<TrainingProblem> all;
};

} // namespace

std::vector<TrainingProblem> trainingProblems(
    const TrainingSettings& settings, const TrainingText& text, const ModelInfo& model)
{
    Problems problems;
    for (const int layer : settings.layers)
        if (layer < 0 || layer >= model.n_layers) {
            problems.add("layers",
                fmt::format("Layer {} is not in the model. Choose layers from 0 to {}.", layer,
                    model.n_layers - 1));
            break;
        }
    if (!settings.isTranscoder)
        if (auto point = HookPoint::parse("blocks.0." + settings.hook); !point)
            problems.add("hook", point.error().message);
    if (settings.isTranscoder && settings.architecture == TrainedArchitecture::TopK)
        problems.add("architecture",
            "No file format holds a TopK transcoder with a ReLU. Choose BatchTopK, which is saved "
            "as JumpReLU.");
    problems.within<std::int64_t>("expansion", "Expansion", settings.expansion, 1, 1024);
    const std::int64_t d_sae = settings.expansion * model.d_model;
    if (settings.hasK() && (settings.k < 1 || settings.k > d_sae))
        problems.add("k",
            fmt::format("k is {}. Choose a value from 1 to the number of features, {}.", settings.k,
                d_sae));
    if (!settings.hasK())
        problems.within("lambda", "λ", settings.lambda, 1e-9, 1e6);
    problems.within("lambda_warm_up", "The warm-up of λ", settings.lambdaWarmUp, 0.0, 1.0);
    problems.within<std::int64_t>(
        "tokens", "Training tokens", settings.tokens, 1, std::int64_t(1) << 50);
    problems.within<std::int64_t>("batch", "The batch", settings.batch, 1, 1 << 20);
    problems.within("learning_rate", "The learning rate", settings.learningRate, 1e-9, 1.0);
    problems.within("warm_up", "The warm-up", settings.warmUp, 0.0, 1.0);
    problems.within("dead_window", "The dead window", settings.deadWindow, 1e-6, 1.0);
    if (settings.seed < 0)
        problems.add("seed", "The seed is below 0. Choose a whole number from 0 on.");
    if (settings.hasSkip && !settings.isTranscoder)
        problems.add("has_skip",
            "A skip connection makes sense only for a transcoder: an SAE would copy its input "
            "through it. Switch it off.");
    problems.within(
        "measure_every", "The interval of measurements", settings.measureEvery, 0.0, 1.0);
    problems.within("held_out", "The held-out share", text.heldOut, 0.0, 0.5);
    for (TrainingProblem& problem : sweepProblems(settings, text, model))
        problems.all.push_back(std::move(problem));
    const bool isWholeFile = text.tokens == 0 && !text.isWritten();
    if (text.tokens < 2 && !isWholeFile)
        problems.add("text_tokens",
            fmt::format(
                "The text is to have {} tokens. Take at least 2, better 100,000.", text.tokens));
    if (!text.isWritten()) {
        if (const auto files = textFilesAt(text.path); !files)
            problems.add("text", files.error().message);
    } else if (!model.tokenizerProblem.empty()) {
        problems.add("text", "The model cannot write text: " + model.tokenizerProblem);
    }
    return std::move(problems.all);
}

DictionaryTrainingConfig trainingConfig(const TrainingSettings& settings)
{
    DictionaryTrainingConfig config;
    config.layers = settings.layers;
    DictionaryTrainerOptions& o = config.options;
    for (const auto& [architecture, objective] : kObjectiveOf)
        if (architecture == settings.architecture)
            o.objective = objective;
    if (settings.isTranscoder) {
        o.hookIn = {HookKind::MlpIn, Layer(0)};
        o.hookOut = {HookKind::MlpOut, Layer(0)};
        o.has_skip = settings.hasSkip;
    } else {
        o.hookIn = HookPoint::parse("blocks.0." + settings.hook).value_or(HookPoint());
        o.hookOut = o.hookIn;
    }
    o.expansion_factor = settings.expansion;
    o.k = settings.k;
    (o.objective == DictionaryObjective::JumpRelu ? o.l0_coefficient : o.l1_coefficient)
        = settings.lambda;
    o.training_tokens = settings.tokens;
    o.train_batch_size_tokens = settings.batch;
    const std::int64_t steps = stepsOf(o);
    o.schedule.lr = settings.learningRate;
    o.schedule.lr_warm_up_steps = shareOf(settings.warmUp, steps);
    o.schedule.lr_decay_steps
        = settings.decay == LearningRateDecay::LastFifth ? shareOf(kDecayedShare, steps) : 0;
    o.schedule.lr_scheduler_name = settings.decay == LearningRateDecay::Cosine
        ? LrScheduler::CosineAnnealing
        : LrScheduler::Constant;
    o.l1_warm_up_steps = shareOf(settings.lambdaWarmUp, steps);
    o.dead_feature_window
        = std::max<std::int64_t>(shareOf(settings.deadWindow, settings.tokens), 1);
    o.resample_every = settings.restartsDead && !settings.hasK()
        ? std::max<std::int64_t>(steps / kRestarts, 1)
        : 0;
    o.seed = static_cast<std::uint64_t>(settings.seed);
    config.measureEvery = settings.measureEvery;
    config.sweep = settings.sweep;
    if (settings.sweep.field == "architecture") // each that has a λ takes the same
        o.l1_coefficient = o.l0_coefficient = settings.lambda;
    return config;
}

TrainingSettings trainingSettings(const DictionaryTrainingConfig& config, bool isTranscoder)
{
    const DictionaryTrainerOptions& o = config.options;
    TrainingSettings settings;
    settings.isTranscoder = isTranscoder;
    const std::string hook = o.hookIn.name(); // blocks.N.hook_..
    settings.hook = hook.substr(hook.find('.', hook.find('.') + 1) + 1);
    settings.layers = config.layers;
    for (const auto& [architecture, objective] : kObjectiveOf)
        if (objective == o.objective)
            settings.architecture = architecture;
    settings.expansion = o.expansion_factor;
    settings.k = o.k;
    settings.lambda
        = o.objective == DictionaryObjective::JumpRelu ? o.l0_coefficient : o.l1_coefficient;
    settings.tokens = o.training_tokens;
    settings.batch = o.train_batch_size_tokens;
    const std::int64_t steps = stepsOf(o);
    settings.learningRate = o.schedule.lr;
    settings.warmUp = share(o.schedule.lr_warm_up_steps, steps);
    settings.decay = o.schedule.lr_scheduler_name == LrScheduler::CosineAnnealing
        ? LearningRateDecay::Cosine
        : o.schedule.lr_decay_steps > 0 ? LearningRateDecay::LastFifth
                                        : LearningRateDecay::None;
    settings.lambdaWarmUp = share(o.l1_warm_up_steps, steps);
    settings.deadWindow = share(o.dead_feature_window, o.training_tokens);
    settings.restartsDead = o.resample_every > 0 || settings.hasK();
    settings.hasSkip = o.has_skip;
    settings.seed = static_cast<std::int64_t>(o.seed);
    settings.measureEvery = config.measureEvery;
    settings.sweep = config.sweep;
    return settings;
}

Result<std::vector<int>> trainedLayers(
    const DictionaryTrainingConfig& config, const ModelInfo& model, const std::string& where)
{
    std::vector<int> layers = config.layers;
    for (int layer = 0; config.layers.empty() && layer < model.n_layers; ++layer)
        layers.push_back(layer);
    std::sort(layers.begin(), layers.end());
    layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
    for (const int layer : layers)
        if (layer < 0 || layer >= model.n_layers)
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: layer {} is not in the model (0 to {}).", where, layer,
                    model.n_layers - 1));
    return layers;
}

} // namespace core
