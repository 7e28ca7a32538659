#include "core/builtin/make_stages.h"

#include "core/builtin/world_corpus.h"
#include "core/text/tokenizer.h"
#include "core/training/dictionary_trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace fs = std::filesystem;

namespace {

struct Places {
    HookPoint in, out;
};

Result<std::shared_ptr<const ActivationStore>> record(const MakeStage& stage,
    const Transformer& model, const std::vector<HookPoint>& points, double moreStates)
{
    const auto tokenizer = Tokenizer::open(stage.folder / "model");
    if (!tokenizer)
        return fail(tokenizer.error());
    const auto corpus = writeWorldCorpus(**tokenizer, splitSeed(stage.seed, WorldSplit::Training),
        stage.recipe.activations.maxTokens, false, stage.stop);
    if (!corpus)
        return fail(corpus.error());
    auto options = stage.recipe.activations;
    const auto more = static_cast<std::int64_t>(moreStates * double(options.maxTokens));
    if (auto added = addDocuments(*corpus->tokens, **tokenizer, DocumentKind::States,
            splitSeed(stage.seed, WorldSplit::MoreStates), more, stage.stop);
        !added)
        return fail(added.error());
    options.maxTokens += more;
    return ActivationStore::record(
        model, corpus->tokens, points, options, stage.progress, stage.stop);
}

void takeK(DictionaryTrainerOptions& options, const std::vector<std::int64_t>& ofLayers)
{
    if (!ofLayers.empty())
        options.k = ofLayers.at(options.hookIn.layer.index());
}

Result<std::shared_ptr<const Dictionary>> train(const MakeStage& stage,
    std::shared_ptr<const ActivationStore> store, DictionaryTrainerOptions options)
{
    options.baseModel = stage.recipe.model.name;
    options.seed = stage.seed * 100 + static_cast<std::uint64_t>(options.hookIn.layer.value);
    auto trainer = DictionaryTrainer::create(std::move(store), options);
    if (!trainer)
        return fail(trainer.error());
    const auto trained = (*trainer)->run(stage.stop, [&](const DictionaryMetrics& metrics) {
        stage.progress(
            {"Training " + options.name, metrics.tokens, options.training_tokens, "tokens"});
    });
    if (!trained)
        return fail(trained.error());
    return (*trainer)->dictionary();
}

/// The same SAE with thresholds of at least `share` of each feature's largest activation: the
/// firings below add little to the reconstruction and blur what the feature means.
Result<std::shared_ptr<const Dictionary>> withoutWeakFirings(
    const Dictionary& sae, const ActivationStore& store, double share)
{
    constexpr std::int64_t kTokens = 200'000;
    constexpr std::int64_t kBatch = 8192;
    const at::NoGradGuard noGradients;
    at::Tensor largest = at::zeros({sae.config().d_sae});
    const std::int64_t tokens = std::min(kTokens, store.tokens());
    for (std::int64_t first = 0; first < tokens; first += kBatch) {
        const at::Tensor rows
            = store.rows(sae.config().hookIn, at::arange(first, std::min(first + kBatch, tokens)));
        largest = at::maximum(largest, sae.activations(rows).amax(0));
    }
    return Dictionary::create(sae.config(),
        {sae.W_enc(), sae.b_enc(), sae.W_dec(), sae.b_dec(),
            at::maximum(sae.threshold(), largest * share), {}});
}

} // namespace

Result<void> makeSaes(const MakeStage& stage)
{
    std::vector<HookPoint> missing;
    const auto folderOf = [&](HookPoint point) {
        return stage.folder / "saes" / ("layer_" + std::to_string(point.layer.value));
    };
    for (int layer = 0; layer < stage.recipe.model.n_layers; ++layer) {
        const HookPoint point{HookKind::ResidPost, Layer(layer)};
        if (!fs::exists(folderOf(point)))
            missing.push_back(point);
    }
    if (missing.empty())
        return {};
    // The model as it was saved, rounded: that is the one the dictionaries must fit.
    const auto model = Transformer::open(stage.folder / "model");
    if (!model)
        return fail(model.error());
    const auto store = record(stage, **model, missing, 0);
    if (!store)
        return fail(store.error());
    for (const HookPoint point : missing) {
        auto options = stage.recipe.sae;
        options.name = "saes/layer_" + std::to_string(point.layer.value);
        options.hookIn = options.hookOut = point;
        takeK(options, stage.recipe.saeK);
        const auto trained = train(stage, *store, options);
        if (!trained)
            return fail(trained.error());
        const auto dictionary
            = withoutWeakFirings(**trained, **store, stage.recipe.saeThresholdShare);
        if (!dictionary)
            return fail(dictionary.error());
        const fs::path unfinished = stage.folder / kUnfinished / folderOf(point).filename();
        std::error_code error;
        fs::create_directories(unfinished, error);
        fs::create_directories(stage.folder / "saes", error);
        if (auto saved = saveSaeLens(**dictionary, unfinished, stage.recipe.dtype); !saved)
            return saved;
        fs::rename(unfinished, folderOf(point), error);
        if (error)
            return fail(Error::Code::Io,
                folderOf(point).string() + ": cannot be made: " + error.message() + ".");
    }
    return {};
}

Result<void> makeTranscoders(const MakeStage& stage)
{
    const fs::path folder = stage.folder / "transcoders";
    if (fs::exists(folder))
        return {};
    const auto model = Transformer::open(stage.folder / "model");
    if (!model)
        return fail(model.error());
    std::vector<Places> places;
    std::vector<HookPoint> points;
    for (int layer = 0; layer < stage.recipe.model.n_layers; ++layer) {
        places.push_back({{HookKind::MlpIn, Layer(layer)}, {HookKind::MlpOut, Layer(layer)}});
        points.insert(points.end(), {places.back().in, places.back().out});
    }
    const auto store = record(stage, **model, points, stage.recipe.moreStates);
    if (!store)
        return fail(store.error());
    Dictionaries layers;
    for (const Places& place : places) {
        auto options = stage.recipe.transcoder;
        options.name = "transcoders/layer_" + std::to_string(place.in.layer.value);
        options.hookIn = place.in;
        options.hookOut = place.out;
        takeK(options, stage.recipe.transcoderK);
        auto dictionary = train(stage, *store, options);
        if (!dictionary)
            return fail(dictionary.error());
        layers.push_back(std::move(*dictionary));
    }
    const fs::path unfinished = stage.folder / kUnfinished / "transcoders";
    std::error_code error;
    fs::create_directories(unfinished, error);
    if (auto saved
        = saveTranscoderSet(layers, unfinished, stage.recipe.dtype, stage.recipe.model.name);
        !saved)
        return saved;
    fs::rename(unfinished, folder, error);
    if (error)
        return fail(
            Error::Code::Io, folder.string() + ": cannot be made: " + error.message() + ".");
    return {};
}

} // namespace core
