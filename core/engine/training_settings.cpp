#include "core/engine/training_settings.h"

#include "core/dictionary/saved_form.h"
#include "core/engine/training_sweep.h"
#include "core/features/text_documents.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
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
    {TrainedArchitecture::JumpRelu, DictionaryObjective::JumpRelu},
    {TrainedArchitecture::Gated, DictionaryObjective::Gated},
    {TrainedArchitecture::Matryoshka, DictionaryObjective::Matryoshka},
    {TrainedArchitecture::AbsTopK, DictionaryObjective::AbsTopK}};

constexpr std::pair<FiringPenalty, JumpReluPenalty> kPenaltyOf[]{
    {FiringPenalty::Tanh, JumpReluPenalty::Tanh}, {FiringPenalty::Count, JumpReluPenalty::Step},
    {FiringPenalty::TargetCount, JumpReluPenalty::Quadratic}};

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
    const bool isGated = settings.architecture == TrainedArchitecture::Gated;
    if (settings.isTranscoder && (isGated || settings.architecture == TrainedArchitecture::AbsTopK))
        problems.add("architecture",
            fmt::format("No file format holds a {} transcoder. Choose BatchTopK or JumpReLU.",
                isGated ? "gated" : "signed TopK"));
    if (settings.isCrossLayer && !settings.layers.empty())
        problems.add("layers",
            "A cross-layer transcoder reads and writes every layer. Leave the layers empty.");
    if (settings.isCrossLayer && settings.architecture == TrainedArchitecture::Matryoshka)
        problems.add("architecture",
            "A cross-layer transcoder is trained at its whole width. Choose BatchTopK or "
            "JumpReLU.");
    if (settings.isCrossLayer && settings.hasSkip)
        problems.add("has_skip", "A cross-layer transcoder has no skip connection. Switch it off.");
    problems.within<std::int64_t>("expansion", "Expansion", settings.expansion, 1, 1024);
    const std::int64_t d_sae = settings.expansion * model.d_model;
    if (settings.hasK() && (settings.k < 1 || settings.k > d_sae))
        problems.add("k",
            fmt::format("k is {}. Choose a value from 1 to the number of features, {}.", settings.k,
                d_sae));
    if (settings.architecture == TrainedArchitecture::Matryoshka
        && (settings.levels < 1 || settings.levels > 16 || d_sae >> (settings.levels - 1) < 1))
        problems.add("levels",
            fmt::format("{} levels, each half of the next, do not fit {} features. Choose from 1 "
                        "to 16, such that the smallest holds at least one.",
                settings.levels, d_sae));
    if (!settings.hasK())
        problems.within("lambda", "λ", settings.lambda, 1e-9, 1e6);
    if (settings.architecture == TrainedArchitecture::JumpRelu
        && settings.firingPenalty == FiringPenalty::TargetCount)
        problems.within("target_l0", "The target L0", settings.targetL0, 1e-3,
            std::max(static_cast<double>(d_sae), 1.0));
    if (settings.hasK())
        problems.within("auxiliary", "The auxiliary loss", settings.auxiliary, 0.0, 1e3);
    else if (settings.hasFreeDecoder)
        problems.within(
            "decoder_norm", "The decoder's length at the start", settings.decoderNorm, 1e-4, 10.0);
    problems.within("clipped_norm", "Gradient clipping", settings.clippedNorm, 0.0, 1e9);
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
    std::error_code error;
    if (!settings.startFrom.empty() && !std::filesystem::exists(settings.startFrom, error))
        problems.add("start_from",
            settings.startFrom + ": is not there. Choose a dictionary's folder or file.");
    problems.within(
        "measure_every", "The interval of measurements", settings.measureEvery, 0.0, 1.0);
    problems.within("checkpoint_every", "The seconds between two checkpoints",
        settings.checkpointEvery, 1.0, 86400.0);
    if (const auto type = savedType(settings.dtype); !type)
        problems.add("dtype", type.error().message);
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
        config.isCrossLayer = settings.isCrossLayer;
    } else {
        o.hookIn = HookPoint::parse("blocks.0." + settings.hook).value_or(HookPoint());
        o.hookOut = o.hookIn;
    }
    o.expansion_factor = settings.expansion;
    o.k = settings.k;
    o.matryoshka_levels = settings.levels;
    (o.objective == DictionaryObjective::JumpRelu ? o.l0_coefficient : o.l1_coefficient)
        = settings.lambda;
    for (const auto& [penalty, mode] : kPenaltyOf)
        if (penalty == settings.firingPenalty)
            o.jumprelu_sparsity_loss_mode = mode;
    if (o.jumprelu_sparsity_loss_mode != JumpReluPenalty::Step)
        setWideWindow(o);
    if (o.objective == DictionaryObjective::JumpRelu
        && settings.firingPenalty == FiringPenalty::TargetCount)
        o.target_l0 = settings.targetL0;
    o.aux_loss_coefficient = settings.auxiliary;
    o.adam.maxGradNorm = settings.clippedNorm;
    o.initFromData = settings.startsFromData;
    o.useGeometricMedian = settings.startsAtMedian;
    o.normalizesDecoder = settings.hasK() || !settings.hasFreeDecoder;
    o.decoder_init_norm = o.normalizesDecoder ? 0.0 : settings.decoderNorm;
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
    config.startFrom = settings.startFrom;
    config.measureEvery = settings.measureEvery;
    config.checkpointEvery = settings.checkpointEvery;
    config.dtype = settings.dtype;
    config.sweep = settings.sweep;
    if (settings.sweep.field == "architecture") { // each that has a λ takes the same
        o.l1_coefficient = o.l0_coefficient = settings.lambda;
        if (settings.firingPenalty == FiringPenalty::TargetCount)
            o.target_l0 = settings.targetL0;
    }
    return config;
}

TrainingSettings trainingSettings(const DictionaryTrainingConfig& config, bool isTranscoder)
{
    const DictionaryTrainerOptions& o = config.options;
    TrainingSettings settings;
    settings.isTranscoder = isTranscoder;
    settings.isCrossLayer = config.isCrossLayer;
    const std::string hook = o.hookIn.name(); // blocks.N.hook_..
    settings.hook = hook.substr(hook.find('.', hook.find('.') + 1) + 1);
    settings.layers = config.layers;
    for (const auto& [architecture, objective] : kObjectiveOf)
        if (objective == o.objective)
            settings.architecture = architecture;
    settings.expansion = o.expansion_factor;
    settings.k = o.k;
    settings.levels = o.matryoshka_levels;
    for (const auto& [penalty, mode] : kPenaltyOf)
        if (mode == o.jumprelu_sparsity_loss_mode)
            settings.firingPenalty = penalty;
    if (o.target_l0 > 0.0)
        settings.targetL0 = o.target_l0;
    settings.auxiliary = o.aux_loss_coefficient;
    settings.clippedNorm = o.adam.maxGradNorm;
    settings.startsFromData = o.initFromData;
    settings.startsAtMedian = o.useGeometricMedian;
    settings.hasFreeDecoder = !o.normalizesDecoder;
    if (o.decoder_init_norm > 0.0)
        settings.decoderNorm = o.decoder_init_norm;
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
    settings.startFrom = config.startFrom;
    settings.measureEvery = config.measureEvery;
    settings.checkpointEvery = config.checkpointEvery;
    settings.dtype = config.dtype;
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
                fmt::format("{}layer {} is not in the model. Choose layers (or a hook_name) from 0 "
                            "to {}.",
                    where.empty() ? "" : where + ": ", layer, model.n_layers - 1));
    return layers;
}

} // namespace core
