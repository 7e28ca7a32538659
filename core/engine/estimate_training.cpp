#include "core/api/estimate_training.h"

#include "core/engine/request_table.h"
#include "core/engine/text_corpus.h"
#include "core/engine/training_settings.h"
#include "core/features/harvest_corpus.h"
#include "core/model/activation_cache.h"
#include "core/model/resources.h"
#include "core/training/cross_layer_trainer.h"
#include "core/training/dictionary_run.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

// Small enough to be answered at once, large enough to say something of what is large.
constexpr std::int64_t kTriedTokens = 1024, kTriedBatch = 512, kTriedFeatures = 4096;
constexpr int kTriedSteps = 2, kTriedWritten = 8;
constexpr std::int64_t kFloatBytes = 4;

template <typename Work> double secondsOf(const Work& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct TriedRecording {
    double seconds = 0; ///< To record a token's activations up to the last place that is read.
    std::int64_t width = 0; ///< Of the activations at all the places together.
    std::int64_t d_in = 0;
};

Result<TriedRecording> tryRecording(
    const LoadedModel& model, const std::vector<HookPoint>& points, HookPoint in)
{
    const at::NoGradGuard noGrad;
    const std::int64_t length = passageLength(model),
                       rows = std::max<std::int64_t>(kTriedTokens / length, 1);
    const at::Tensor ids = at::arange(rows * length, at::kLong)
                               .remainder(model.info.d_vocab)
                               .reshape({rows, length});
    ForwardOptions options;
    for (const HookPoint& point : points)
        options.stopAtLayer = std::max<int>(options.stopAtLayer, point.layer.value + 1);
    TriedRecording tried;
    Result<CachedRun> run = cancelled();
    tried.seconds = secondsOf([&] {
        run = runWithCache(*model.transformer, ids, points, {}, options);
    }) / static_cast<double>(ids.numel());
    if (!run)
        return fail(run.error());
    for (const auto& [point, value] : run->cache.values()) {
        const std::int64_t width = value.numel() / ids.numel();
        tried.width += width;
        if (point.kind == in.kind)
            tried.d_in = width;
    }
    return tried;
}

/// To write a token of its own; a text's later tokens cost a little more.
double writingSeconds(const LoadedModel& model)
{
    const auto start = textStart(*model.tokenizer, true);
    CorpusLimits limits;
    limits.passageLength = kTriedWritten;
    limits.maxTokens = 1;
    const double seconds = secondsOf([&] {
        (void)corpusByModel(
            *model.transformer, *model.tokenizer, start.value_or(TextStart()), limits, 1);
    });
    // One round is written whole, of which a token is kept.
    constexpr std::int64_t kStreams = 32;
    return seconds / static_cast<double>(kStreams * (kTriedWritten - 1));
}

/// To train one dictionary on a token, or all layers of a cross-layer transcoder.
Result<double> learningSeconds(const DictionaryTrainingConfig& config, std::int64_t layers,
    std::int64_t d_in, std::int64_t d_sae)
{
    const DictionaryTrainerOptions& whole = config.options;
    const at::NoGradGuard noGrad;
    DictionaryTrainerOptions options = whole;
    options.train_batch_size_tokens = std::min(whole.train_batch_size_tokens, kTriedBatch);
    options.training_tokens = (kTriedSteps + 1) * options.train_batch_size_tokens;
    options.d_sae = std::min(d_sae, kTriedFeatures);
    options.k = std::min(options.k, options.d_sae);
    options.resample_every = 0;
    std::map<HookPoint, at::Tensor> activations;
    std::vector<DictionaryTrainerOptions> tried;
    for (std::int64_t layer = 0; layer < (config.isCrossLayer ? layers : 1); ++layer) {
        options.hookIn.layer = options.hookOut.layer = Layer(layer);
        for (const HookPoint& point : {options.hookIn, options.hookOut})
            activations[point] = at::randn({kTriedBatch, d_in});
        tried.push_back(options);
    }
    const auto store = ActivationStore::fromTensors(std::move(activations));
    std::unique_ptr<TrainingRun> run;
    if (config.isCrossLayer) {
        auto made = CrossLayerTrainer::create(store, tried);
        if (!made)
            return fail(made.error());
        run = std::move(*made);
    } else {
        auto made = DictionaryRun::create(store, tried);
        if (!made)
            return fail(made.error());
        run = std::move(*made);
    }
    auto stepped = run->advance(); // warms up
    const double seconds = secondsOf([&] {
        for (int i = 0; i < kTriedSteps && stepped; ++i)
            stepped = run->advance();
    });
    if (!stepped)
        return fail(stepped.error());
    return seconds / static_cast<double>(kTriedSteps * options.train_batch_size_tokens)
        * (static_cast<double>(d_sae) / static_cast<double>(options.d_sae));
}

/// Features for each number of the activation, of each variant of a sweep; the widest last.
std::vector<std::int64_t> sweptExpansions(const TrainingSettings& settings)
{
    std::vector<std::int64_t> expansions;
    if (settings.sweep.field == "expansion")
        for (const std::string& value : settings.sweep.values)
            expansions.push_back(std::atoll(value.c_str())); // checked before
    else
        expansions.assign(
            std::max<std::size_t>(settings.sweep.values.size(), 1), settings.expansion);
    std::sort(expansions.begin(), expansions.end());
    return expansions;
}

} // namespace

Result<TrainingEstimate> run(
    const EstimateTrainingRequest& request, const LoadedModel& model, Context& context)
{
    TrainingEstimate estimate;
    estimate.problems = trainingProblems(request.settings, request.text, model.info);
    if (!estimate.problems.empty())
        return estimate;
    const DictionaryTrainingConfig config = trainingConfig(request.settings);
    const auto layers = trainedLayers(config, model.info, "layers");
    if (!layers)
        return fail(layers.error());
    std::set<HookPoint> places;
    for (const int layer : *layers)
        for (HookPoint point : {config.options.hookIn, config.options.hookOut}) {
            point.layer = Layer(layer);
            places.insert(point);
        }
    const std::vector<HookPoint> points(places.begin(), places.end());
    const std::vector<std::int64_t> expansions = sweptExpansions(request.settings);
    const auto variants = static_cast<std::int64_t>(expansions.size());
    const auto dictionaries = static_cast<std::int64_t>(layers->size()) * variants;
    const auto recording = tryRecording(model, points, config.options.hookIn);
    if (!recording)
        return fail(recording.error());
    double perText = recording->seconds;
    const std::int64_t d_in = recording->d_in, d_sae = expansions.back() * d_in;
    context.progress({"Estimating the training", 1, 3, ""});
    if (request.text.isWritten())
        perText += writingSeconds(model);
    context.progress({"Estimating the training", 2, 3, ""});
    if (context.stop.stop_requested())
        return cancelled();
    const auto perToken
        = learningSeconds(config, static_cast<std::int64_t>(layers->size()), d_in, d_sae);
    if (!perToken)
        return fail(perToken.error());

    // Layer l of n of a cross-layer transcoder has a decoder row for itself and each of the n - l -
    // 1 after it; its step is that of all layers.
    const auto count = static_cast<std::int64_t>(layers->size());
    const std::int64_t decoders = config.isCrossLayer ? count * (count + 1) / 2 : count;
    // Of all variants together, in units of the widest one.
    double widths = 0.0;
    std::int64_t weights = 0;
    for (const std::int64_t expansion : expansions) {
        const std::int64_t features = expansion * d_in;
        widths += static_cast<double>(features) / static_cast<double>(d_sae);
        weights += kFloatBytes
            * (decoders * features * d_in + count * (features * d_in + 2 * features + d_in));
    }
    estimate.textSeconds = perText * static_cast<double>(request.text.tokens);
    estimate.learnSeconds = *perToken * static_cast<double>(config.isCrossLayer ? 1 : count)
        * widths * static_cast<double>(request.settings.tokens);
    // Weights, gradients and Adam's two moments; activations as float32.
    const std::int64_t activations = request.text.tokens * recording->width * kFloatBytes;
    const bool isCached = request.text.isCached;
    estimate.memoryBytes = 4 * weights + (isCached ? 0 : activations);
    // Three in the checkpoint, and the dictionary.
    estimate.diskBytes = 4 * weights + (isCached ? activations : 0);
    estimate.freeBytes = freeMemoryBytes();
    estimate.features = d_sae;
    estimate.steps
        = (request.settings.tokens + request.settings.batch - 1) / request.settings.batch;
    estimate.dictionaries = dictionaries;
    if (estimate.freeBytes > 0 && estimate.memoryBytes > estimate.freeBytes)
        estimate.problems.push_back({"layers",
            "It needs more memory than is free. Choose fewer layers, a smaller expansion or less "
            "text."});
    constexpr std::int64_t kMostActivationBytes = 4LL << 30; // what ActivationStore allows
    if (!isCached && activations > kMostActivationBytes)
        estimate.problems.push_back({"text_tokens",
            "The activations of so much text take more than 4 GiB. Keep them on disk, or take less "
            "text or fewer layers."});
    return estimate;
}

const Handles<EstimateTrainingRequest> kEstimateTraining(Runs::AsAnAnswer, run);

} // namespace core
