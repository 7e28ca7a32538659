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
        if (!config.isTranscoder || config.hookOut.kind != HookKind::MlpOut
            || config.hookIn.layer != config.hookOut.layer
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
        if (auto fits = fitsModel(config, model.config()); !fits)
            return fail(fits.error());
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

ReplacementLayer readLayer(const ActivationCache& cache, Layer layer,
    std::shared_ptr<const Dictionary> transcoder, std::int64_t zeroed)
{
    ReplacementLayer out;
    out.transcoder = std::move(transcoder);
    out.pattern = cache.at({HookKind::Pattern, layer}).squeeze(0);
    out.scale1 = cache.at({HookKind::Ln1Scale, layer}).squeeze(0);
    out.scale2 = cache.at({HookKind::Ln2Scale, layer}).squeeze(0);
    const at::Tensor mlpOut = cache.at({HookKind::MlpOut, layer}).squeeze(0);
    zeroed = std::min(zeroed, mlpOut.size(0));
    if (out.transcoder) {
        const at::Tensor x = cache.at(out.transcoder->config().hookIn).squeeze(0);
        at::Tensor acts = out.transcoder->encode(x).feature_acts;
        out.errors = mlpOut - out.transcoder->decode(acts, x);
        acts.narrow(0, 0, zeroed).zero_();
        out.active = at::nonzero(acts);
        out.activations = acts.index({out.active.select(1, 0), out.active.select(1, 1)});
    } else {
        out.errors = mlpOut.clone();
        out.active = at::empty({0, 2}, at::kLong);
        out.activations = at::empty({0}, mlpOut.options());
    }
    out.errors.narrow(0, 0, zeroed).zero_();
    return out;
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
        for (const HookKind kind :
            {HookKind::Pattern, HookKind::Ln1Scale, HookKind::Ln2Scale, HookKind::MlpOut})
            points.push_back({kind, Layer(l)});
        if (const auto& transcoder = (*layers)[static_cast<std::size_t>(l)])
            points.push_back(transcoder->config().hookIn);
    }
    ForwardOptions forward;
    forward.stop = options.stop;
    const at::Tensor input = idsTensor(ids).to(model->weights().W_E.device());
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
    return out;
}

} // namespace core
