#include "core/interventions/held_parts.h"

#include <algorithm>
#include <memory>

#include <ATen/ATen.h>

namespace core {

namespace {

/// Where a layer's MLP output is held: before Gemma's post norm if that is what its dictionary
/// predicts.
HookPoint mlpOutput(const Dictionaries& dictionaries, Layer layer)
{
    const auto writer = std::find_if(dictionaries.begin(), dictionaries.end(),
        [&](const auto& one) { return one->config().hookIn.layer == layer; });
    const bool isRaw
        = writer != dictionaries.end() && (*writer)->config().hookOut.kind == HookKind::MlpRawOut;
    return {isRaw ? HookKind::MlpRawOut : HookKind::MlpOut, layer};
}

/// The points whose values are put back.
std::vector<HookPoint> replacedPoints(const HeldParts& held, const ModelConfig& model)
{
    std::vector<HookPoint> points;
    const bool holdsScales
        = held.layers && held.layers->first == 0 && held.layers->last >= model.n_layers - 1;
    if (holdsScales)
        points.push_back({HookKind::FinalScale, Layer()});
    for (int l = 0; l < model.n_layers; ++l) {
        const Layer layer(l);
        points.push_back({HookKind::Pattern, layer});
        if (holdsScales)
            points.insert(points.end(), {{HookKind::Ln1Scale, layer}, {HookKind::Ln2Scale, layer}});
        if (holdsScales && model.hasPostNorms)
            points.insert(
                points.end(), {{HookKind::Ln1PostScale, layer}, {HookKind::Ln2PostScale, layer}});
        if (held.layers && held.layers->contains(layer))
            points.push_back(mlpOutput(held.dictionaries, layer));
    }
    return points;
}

/// A held MLP output holds a skip connection's part too; what changed of it is added back.
void keepSkipLive(const Dictionary& dictionary, const ActivationCache& unchanged, Hooks& hooks)
{
    const HookPoint in = dictionary.config().hookIn;
    const auto change = std::make_shared<at::Tensor>();
    hooks.on(in, [change, before = unchanged.at(in), W_skip = dictionary.W_skip()](at::Tensor& x) {
        *change = at::linear(x - before, W_skip);
    });
    hooks.on(dictionary.config().hookOut, [change](at::Tensor& value) { value = value + *change; });
}

} // namespace

std::vector<HookPoint> heldPoints(const HeldParts& held, const ModelConfig& model)
{
    if (held.isNone())
        return {};
    std::vector<HookPoint> points = replacedPoints(held, model);
    if (held.layers)
        for (const auto& dictionary : held.dictionaries) {
            const DictionaryConfig& config = dictionary->config();
            const int first = config.hookOut.layer.value;
            if (held.layers->overlaps(first, first + config.layersWritten - 1))
                points.push_back(config.hookIn);
        }
    return points;
}

void hold(
    const HeldParts& held, const ModelConfig& model, const ActivationCache& unchanged, Hooks& hooks)
{
    if (held.isNone())
        return;
    for (const HookPoint point : replacedPoints(held, model))
        hooks.on(point, [value = unchanged.at(point)](at::Tensor& current) { current = value; });
    if (held.layers)
        for (const auto& dictionary : held.dictionaries)
            if (dictionary->W_skip().defined()
                && held.layers->contains(dictionary->config().hookIn.layer))
                keepSkipLive(*dictionary, unchanged, hooks);
}

} // namespace core
