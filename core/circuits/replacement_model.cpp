#include "core/circuits/replacement_model.h"

#include "core/model/activation_cache.h"

#include <ATen/ATen.h>
#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// One transcoder (or null) per layer, each checked against the model.
Result<Dictionaries> byLayer(const Transformer& model, const Dictionaries& transcoders)
{
    Dictionaries layers(static_cast<std::size_t>(model.config().n_layers));
    for (const auto& transcoder : transcoders) {
        const DictionaryConfig& config = transcoder->config();
        const HookKind in = config.hookIn.kind;
        const bool writesMlp
            = config.hookOut.kind == HookKind::MlpOut || config.hookOut.kind == HookKind::MlpRawOut;
        if (!config.isTranscoder || !writesMlp || config.hookIn.layer != config.hookOut.layer
            || (in != HookKind::ResidMid && in != HookKind::MlpIn && in != HookKind::Ln2Normalized))
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` reads {} and writes {}. A circuit needs transcoders: "
                            "dictionaries that read one "
                            "layer's MLP input and predict that layer's MLP output.",
                    config.name, config.hookIn.name(), config.hookOut.name()));
        if (config.normalization != InputNormalization::None)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` normalises its input ({}), which is not linear; circuits cannot "
                            "be traced through it.",
                    config.name, config.normalizationName));
        if (config.activation == FeatureActivation::Gated
            || config.activation == FeatureActivation::TanhRelu)
            return fail(Error::Code::Unsupported,
                fmt::format(
                    "`{}` is of architecture {}, whose activation is not the linear encoder "
                    "where it is on; circuits cannot be traced through it.",
                    config.name, config.architecture));
        if (auto fits = fitsModel(config, model.config()); !fits)
            return fail(fits.error());
        const int reached = config.hookIn.layer.value + config.layersWritten;
        if (config.isCrossLayer && reached != model.config().n_layers)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` writes to {} layers; from layer {} of {} it must write to all {} "
                            "that follow.",
                    config.name, config.layersWritten, config.hookIn.layer.value,
                    model.config().n_layers, model.config().n_layers - config.hookIn.layer.value));
        if (config.isCrossLayer != transcoders.front()->config().isCrossLayer)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` and `{}` are of different kinds: per-layer and cross-layer "
                            "transcoders cannot replace one model together. Choose one set.",
                    transcoders.front()->config().name, config.name));
        auto& place = layers[static_cast<std::size_t>(config.hookIn.layer.value)];
        if (place)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` and `{}` both replace the MLP of layer {}. Choose one transcoder "
                            "per layer.",
                    place->config().name, config.name, config.hookIn.layer.value));
        place = transcoder;
    }
    if (transcoders.empty())
        return fail(Error::Code::NotFound,
            "A circuit needs transcoders, and none is open. Open a transcoder set, one per layer.");
    return layers;
}

/// Where the MLP's output is replaced: what the transcoder predicts, or what is added.
HookPoint writePoint(const std::shared_ptr<const Dictionary>& transcoder, Layer layer)
{
    return transcoder ? transcoder->config().hookOut : HookPoint{HookKind::MlpOut, layer};
}

ReplacementLayer readLayer(const ActivationCache& cache, Layer layer,
    std::shared_ptr<const Dictionary> transcoder, std::int64_t zeroed)
{
    ReplacementLayer out;
    out.transcoder = std::move(transcoder);
    const auto frozen = [&](HookKind kind) { return cache.at({kind, layer}).squeeze(0); };
    out.pattern = frozen(HookKind::Pattern);
    out.scale1 = frozen(HookKind::Ln1Scale);
    out.scale2 = frozen(HookKind::Ln2Scale);
    if (cache.has({HookKind::Ln1PostScale, layer})) {
        out.postScale1 = frozen(HookKind::Ln1PostScale);
        out.postScale2 = frozen(HookKind::Ln2PostScale);
    }
    const HookPoint write = writePoint(out.transcoder, layer);
    out.writesRaw = write.kind == HookKind::MlpRawOut;
    const at::Tensor mlpOut = cache.at(write).squeeze(0);
    zeroed = std::min(zeroed, mlpOut.size(0));
    if (out.transcoder) {
        const at::Tensor x = cache.at(out.transcoder->config().hookIn).squeeze(0);
        at::Tensor acts = out.transcoder->activations(x);
        out.errors = mlpOut - out.transcoder->decode(acts, x);
        acts.narrow(0, 0, zeroed).zero_();
        out.active = at::nonzero(acts);
        out.activations = acts.index({out.active.select(1, 0), out.active.select(1, 1)});
    } else {
        out.errors = mlpOut.clone();
        out.active = at::empty({0, 2}, at::kLong);
        out.activations = at::empty({0}, mlpOut.options());
    }
    return out;
}

/// `readLayer` took each layer's own features off; earlier layers of a cross-layer transcoder write
/// there too.
void takeOffEarlierLayers(ReplacementModel& replacement, std::int64_t zeroed)
{
    for (std::size_t from = 0; from < replacement.layers.size(); ++from) {
        const ReplacementLayer& source = replacement.layers[from];
        if (!source.transcoder || !source.transcoder->config().isCrossLayer)
            continue;
        for (std::size_t to = from + 1; to < replacement.layers.size(); ++to) {
            at::Tensor& errors = replacement.layers[to].errors;
            const at::Tensor rows = source.transcoder->decoderRowsAt(
                source.active.select(1, 1), static_cast<int>(to - from));
            errors.index_add_(
                0, source.active.select(1, 0), rows * source.activations.unsqueeze(1), -1);
        }
    }
    for (ReplacementLayer& layer : replacement.layers)
        layer.errors.narrow(0, 0, std::min(zeroed, layer.errors.size(0))).zero_();
}

} // namespace

std::int64_t ReplacementModel::activeFeatures() const
{
    std::int64_t total = 0;
    for (const ReplacementLayer& layer : layers)
        total += layer.active.size(0);
    return total;
}

at::Tensor idsTensor(const std::vector<TokenId>& ids)
{
    at::Tensor tensor = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    auto* out = tensor.data_ptr<std::int64_t>();
    for (const TokenId id : ids)
        *out++ = id.value;
    return tensor;
}

Result<ReplacementModel> buildReplacementModel(std::shared_ptr<const Transformer> model,
    const Dictionaries& transcoders, const std::vector<TokenId>& ids,
    const ReplacementOptions& options)
{
    const at::NoGradGuard noGrad;
    auto layers = byLayer(*model, transcoders);
    if (!layers)
        return fail(layers.error());

    std::vector<HookPoint> points = {{HookKind::Embed, Layer()}, {HookKind::FinalScale, Layer()}};
    for (int l = 0; l < model->config().n_layers; ++l) {
        for (const HookKind kind : {HookKind::Pattern, HookKind::Ln1Scale, HookKind::Ln2Scale})
            points.push_back({kind, Layer(l)});
        if (model->config().hasPostNorms)
            points.insert(points.end(),
                {{HookKind::Ln1PostScale, Layer(l)}, {HookKind::Ln2PostScale, Layer(l)}});
        const auto& transcoder = (*layers)[static_cast<std::size_t>(l)];
        points.push_back(writePoint(transcoder, Layer(l)));
        if (transcoder)
            points.push_back(transcoder->config().hookIn);
    }
    ForwardOptions forward;
    forward.stop = options.stop;
    const at::Tensor input = idsTensor(ids).to(model->device());
    auto run = runWithCache(*model, input, points, {}, forward);
    if (!run)
        return fail(run.error());

    ReplacementModel out;
    out.model = std::move(model);
    out.ids = ids;
    out.logits = run->logits.squeeze(0);
    out.finalScale = run->cache.at({HookKind::FinalScale, Layer()}).squeeze(0);
    out.tokenVectors = run->cache.at({HookKind::Embed, Layer()}).squeeze(0);
    for (std::size_t l = 0; l < layers->size(); ++l) {
        if (options.stop.stop_requested())
            return cancelled();
        if (options.progress)
            options.progress({"Reading features", static_cast<std::int64_t>(l),
                static_cast<std::int64_t>(layers->size()), "layers"});
        out.layers.push_back(readLayer(run->cache, Layer(static_cast<std::int64_t>(l)),
            (*layers)[l], options.zeroedPositions));
    }
    takeOffEarlierLayers(out, options.zeroedPositions);
    return out;
}

} // namespace core
