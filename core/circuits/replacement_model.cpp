#include "core/circuits/replacement_model.h"

#include "core/model/activation_cache.h"
#include "core/model/host_copy.h"
#include "core/model/mlp.h"
#include "core/model/token_ids.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// Where the MLP's output is replaced: what the transcoder predicts, or what is added.
HookPoint writePoint(const std::shared_ptr<const Dictionary>& transcoder, Layer layer)
{
    return transcoder ? transcoder->config().hookOut : HookPoint{HookKind::MlpOut, layer};
}

/// [T, ..] of one prompt, wide enough to be summed.
at::Tensor valueAt(const ActivationCache& cache, HookPoint point)
{
    return widened(cache.at(point).squeeze(0));
}

/// What passes a block with its patterns and scales held.
ReplacementLayer frozenParts(const ActivationCache& cache, Layer layer)
{
    ReplacementLayer out;
    const auto frozen = [&](HookKind kind) { return valueAt(cache, {kind, layer}); };
    out.pattern = frozen(HookKind::Pattern);
    out.scale1 = frozen(HookKind::Ln1Scale);
    out.scale2 = frozen(HookKind::Ln2Scale);
    if (cache.has({HookKind::Ln1PostScale, layer})) {
        out.postScale1 = frozen(HookKind::Ln1PostScale);
        out.postScale2 = frozen(HookKind::Ln2PostScale);
    }
    return out;
}

/// Active features by (position, feature), those of the first positions left out.
void keepActive(at::Tensor acts, std::int64_t zeroed, ReplacementLayer& out)
{
    acts.narrow(0, 0, std::min(zeroed, acts.size(0))).zero_();
    out.active = at::nonzero(acts);
    out.activations = acts.index({out.active.select(1, 0), out.active.select(1, 1)});
}

void keepNone(const at::Tensor& like, ReplacementLayer& out)
{
    out.active = at::empty({0, 2}, like.options().dtype(at::kLong));
    out.activations = at::empty({0}, like.options());
}

ReplacementLayer readTranscoder(const ActivationCache& cache, Layer layer,
    std::shared_ptr<const Dictionary> transcoder, std::int64_t zeroed)
{
    ReplacementLayer out = frozenParts(cache, layer);
    out.dictionary = std::move(transcoder);
    const HookPoint write = writePoint(out.dictionary, layer);
    out.writesRaw = write.kind == HookKind::MlpRawOut;
    const at::Tensor mlpOut = valueAt(cache, write);
    if (out.dictionary) {
        const at::Tensor x = valueAt(cache, out.dictionary->config().hookIn);
        const at::Tensor acts = out.dictionary->activations(x);
        out.errors = mlpOut - out.dictionary->decode(acts, x);
        keepActive(acts, zeroed, out);
    } else {
        out.errors = mlpOut.clone();
        keepNone(mlpOut, out);
    }
    return out;
}

/// d activation / d pre at each value.
at::Tensor slopeOf(MlpActivation activation, const at::Tensor& pre)
{
    const at::Tensor ones = at::ones_like(pre);
    switch (activation) {
    case MlpActivation::GeluNew:
        return at::gelu_backward(ones, pre, "tanh");
    case MlpActivation::Gelu:
        return at::gelu_backward(ones, pre, "none");
    case MlpActivation::Silu:
        return at::silu_backward(ones, pre);
    case MlpActivation::Relu:
        break;
    }
    return pre.gt(0).to(pre.scalar_type());
}

ReplacementLayer readSae(const ActivationCache& cache, const ModelConfig& config, Layer layer,
    std::shared_ptr<const Dictionary> sae, std::int64_t zeroed)
{
    ReplacementLayer out = frozenParts(cache, layer);
    out.dictionary = std::move(sae);
    const at::Tensor pre = valueAt(cache, {HookKind::MlpPre, layer});
    out.mlpSlope = slopeOf(config.activation, pre);
    if (config.isGated) {
        out.mlpSlope = out.mlpSlope * valueAt(cache, {HookKind::MlpPreLinear, layer});
        out.mlpGate = applyActivation(config.activation, pre);
    }
    if (out.dictionary) {
        const at::Tensor x = valueAt(cache, out.dictionary->config().hookIn);
        const at::Tensor acts = out.dictionary->activations(x);
        out.errors = x - out.dictionary->decode(acts, x);
        keepActive(acts, zeroed, out);
    } else {
        out.errors = at::zeros({pre.size(0), config.d_model}, pre.options());
        keepNone(pre, out);
    }
    return out;
}

/// `readTranscoder` took each layer's own features off; earlier layers of a cross-layer transcoder
/// write there too.
void takeOffEarlierLayers(ReplacementModel& replacement)
{
    for (std::size_t from = 0; from < replacement.layers.size(); ++from) {
        const ReplacementLayer& source = replacement.layers[from];
        if (!source.dictionary || !source.dictionary->config().isCrossLayer)
            continue;
        for (std::size_t to = from + 1; to < replacement.layers.size(); ++to) {
            at::Tensor& errors = replacement.layers[to].errors;
            const at::Tensor rows = source.dictionary->decoderRowsAt(
                source.active.select(1, 1), static_cast<int>(to - from));
            errors.index_add_(
                0, source.active.select(1, 0), rows * source.activations.unsqueeze(1), -1);
        }
    }
}

std::vector<HookPoint> pointsRead(
    const ModelConfig& config, const Dictionaries& layers, bool isOverSaes)
{
    std::vector<HookPoint> points = {{HookKind::Embed, Layer()}, {HookKind::FinalScale, Layer()}};
    for (int l = 0; l < config.n_layers; ++l) {
        const Layer layer(l);
        for (const HookKind kind : {HookKind::Pattern, HookKind::Ln1Scale, HookKind::Ln2Scale})
            points.push_back({kind, layer});
        if (config.hasPostNorms)
            points.insert(
                points.end(), {{HookKind::Ln1PostScale, layer}, {HookKind::Ln2PostScale, layer}});
        const auto& dictionary = layers[static_cast<std::size_t>(l)];
        if (isOverSaes) {
            points.push_back({HookKind::MlpPre, layer});
            if (config.isGated)
                points.push_back({HookKind::MlpPreLinear, layer});
        } else {
            points.push_back(writePoint(dictionary, layer));
        }
        if (dictionary)
            points.push_back(dictionary->config().hookIn);
    }
    return points;
}

} // namespace

std::int64_t ReplacementModel::activeFeatures() const
{
    std::int64_t total = 0;
    for (const ReplacementLayer& layer : layers)
        total += layer.active.size(0);
    return total;
}

Result<ReplacementModel> buildReplacementModel(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
    const ReplacementOptions& options)
{
    const at::NoGradGuard noGrad;
    const ModelConfig& config = model->config();
    auto layers = replacementLayers(config, dictionaries);
    if (!layers)
        return fail(layers.error());
    ReplacementModel out;
    out.isOverSaes = !dictionaries.front()->config().isTranscoder;
    ForwardOptions forward;
    forward.stop = options.stop;
    const at::Tensor input = idsTensor(ids);
    auto run
        = runWithCache(*model, input, pointsRead(config, *layers, out.isOverSaes), {}, forward);
    if (!run)
        return fail(run.error());

    out.ids = ids;
    out.logits = widened(run->logits.squeeze(0));
    out.finalScale = valueAt(run->cache, {HookKind::FinalScale, Layer()});
    out.tokenVectors = valueAt(run->cache, {HookKind::Embed, Layer()});
    for (std::size_t l = 0; l < layers->size(); ++l) {
        if (options.stop.stop_requested())
            return cancelled();
        if (options.progress)
            options.progress({"Reading features", static_cast<std::int64_t>(l),
                static_cast<std::int64_t>(layers->size()), "layers"});
        const Layer layer(static_cast<std::int64_t>(l));
        out.layers.push_back(out.isOverSaes
                ? readSae(run->cache, config, layer, (*layers)[l], options.zeroedPositions)
                : readTranscoder(run->cache, layer, (*layers)[l], options.zeroedPositions));
    }
    if (!out.isOverSaes)
        takeOffEarlierLayers(out);
    for (ReplacementLayer& layer : out.layers)
        layer.errors
            .narrow(0, 0, std::min<std::int64_t>(options.zeroedPositions, layer.errors.size(0)))
            .zero_();
    out.model = std::move(model);
    return out;
}

} // namespace core
