#include "core/circuits/intervention_hooks.h"

#include "core/circuits/replacement_model.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// At most one dictionary per layer, each fitting the model.
Result<std::map<Layer, std::shared_ptr<const Dictionary>>> byLayer(
    const Transformer& model, const Dictionaries& dictionaries)
{
    std::map<Layer, std::shared_ptr<const Dictionary>> layers;
    for (const auto& dictionary : dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        if (auto fits = fitsModel(config, model.config()); !fits)
            return fail(fits.error());
        if (const auto [place, isNew] = layers.emplace(config.hookIn.layer, dictionary); !isNew)
            return fail(Error::Code::Unsupported,
                fmt::format(
                    "`{}` and `{}` both belong to layer {}. Choose one dictionary per layer.",
                    place->second->config().name, config.name, config.hookIn.layer.value));
    }
    return layers;
}

} // namespace

void InterventionHooks::addEdit(Hooks& hooks, const std::shared_ptr<const FeatureEdit>& edit,
    std::int64_t start, const at::Tensor& activations) const
{
    const DictionaryConfig& config = edit->dictionary().config();
    if (!config.isTranscoder) {
        hooks.on(config.hookIn, [edit, start, activations](at::Tensor& value) {
            const at::Tensor flat = value.dim() > 3 ? value.flatten(2) : value;
            value = (flat + edit->delta(flat, start, activations)).view(value.sizes());
        });
        return;
    }
    const auto read = std::make_shared<at::Tensor>();
    hooks.on(config.hookIn, [read](at::Tensor& value) { *read = value; });
    for (int offset = 0; offset < config.layersWritten; ++offset) {
        const Layer layer(config.hookOut.layer.value + offset);
        if (!m_range.contains(layer))
            continue;
        hooks.on({config.hookOut.kind, layer}, [=](at::Tensor& value) {
            value = value + edit->delta(*read, start, activations, offset);
        });
    }
}

Hooks InterventionHooks::forToken(std::int64_t position) const
{
    Hooks hooks;
    for (const auto& edit : m_openEdits)
        addEdit(hooks, edit, position, {});
    return hooks;
}

Result<InterventionHooks> InterventionHooks::create(const Transformer& model,
    const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
    const std::vector<FeatureChange>& changes, const InterventionOptions& options)
{
    const auto layers = byLayer(model, dictionaries);
    if (!layers)
        return fail(layers.error());
    const int n_layers = model.config().n_layers;
    const bool isConstrained
        = options.constrainFirst >= 0 && options.constrainLast >= options.constrainFirst;
    InterventionHooks out;
    if (isConstrained)
        out.m_range = {options.constrainFirst, options.constrainLast};
    const auto isInRange = [&](Layer layer) { return out.m_range.contains(layer); };
    const auto writesInRange = [&](const DictionaryConfig& config) {
        return out.m_range.overlaps(
            config.hookOut.layer.value, config.hookOut.layer.value + config.layersWritten - 1);
    };

    std::map<Layer, std::vector<FeatureChange>> byPlace, open;
    for (const FeatureChange& change : changes) {
        const auto found = layers->find(change.layer);
        if (found == layers->end())
            return fail(Error::Code::NotFound,
                fmt::format("No dictionary is open for layer {}.", change.layer.value));
        if (change.feature.value < 0 || change.feature.value >= found->second->config().d_sae)
            return fail(Error::Code::NotFound,
                fmt::format("`{}` has {} features; there is no feature {}.",
                    found->second->config().name, found->second->config().d_sae,
                    change.feature.value));
        if (change.position.value < 0
            || (change.position.value >= std::ssize(ids) && !change.isOpenEnded))
            return fail(Error::Code::NotFound,
                fmt::format("The prompt has {} tokens; there is no position {}.", ids.size(),
                    change.position.value));
        if (!writesInRange(found->second->config()))
            continue;
        byPlace[change.layer].push_back(change);
        if (change.isOpenEnded)
            open[change.layer].push_back(change);
    }

    ActivationCache frozen;
    if ((options.freezeAttention || isConstrained) && !changes.empty()) {
        std::vector<HookPoint> points;
        const bool holdsScales
            = isConstrained && options.constrainFirst == 0 && options.constrainLast >= n_layers - 1;
        if (holdsScales)
            points.push_back({HookKind::FinalScale, Layer()});
        for (int l = 0; l < n_layers; ++l) {
            points.push_back({HookKind::Pattern, Layer(l)});
            if (holdsScales)
                points.insert(
                    points.end(), {{HookKind::Ln1Scale, Layer(l)}, {HookKind::Ln2Scale, Layer(l)}});
            if (holdsScales && model.config().hasPostNorms)
                points.insert(points.end(),
                    {{HookKind::Ln1PostScale, Layer(l)}, {HookKind::Ln2PostScale, Layer(l)}});
            if (!isConstrained || !isInRange(Layer(l)))
                continue;
            const auto writer = layers->find(Layer(l));
            const bool writesRaw = writer != layers->end()
                && writer->second->config().hookOut.kind == HookKind::MlpRawOut;
            points.push_back({writesRaw ? HookKind::MlpRawOut : HookKind::MlpOut, Layer(l)});
        }
        const std::size_t held = points.size();
        if (isConstrained)
            for (const auto& [layer, dictionary] : *layers)
                if (writesInRange(dictionary->config()))
                    points.push_back(dictionary->config().hookIn);
        ForwardOptions forward;
        forward.stop = options.stop;
        auto run = runWithCache(model, idsTensor(ids).to(model.device()), points, {}, forward);
        if (!run)
            return fail(run.error());
        frozen = std::move(run->cache);
        for (std::size_t i = 0; i < held; ++i)
            out.m_prompt.on(points[i],
                [value = frozen.at(points[i])](at::Tensor& current) { current = value; });
        for (const auto& [layer, dictionary] : *layers) {
            if (!isConstrained || !isInRange(layer) || !dictionary->W_skip().defined())
                continue;
            // The held MLP output holds the skip connection's part too; what changed of it is added
            // back.
            const auto change = std::make_shared<at::Tensor>();
            const at::Tensor before = frozen.at(dictionary->config().hookIn),
                             W_skip = dictionary->W_skip();
            out.m_prompt.on(dictionary->config().hookIn, [change, before, W_skip](at::Tensor& x) {
                *change = at::linear(x - before, W_skip);
            });
            out.m_prompt.on(dictionary->config().hookOut,
                [change](at::Tensor& value) { value = value + *change; });
        }
    }
    for (auto& [layer, list] : byPlace) {
        out.m_edits.push_back(std::make_shared<const FeatureEdit>(layers->at(layer), list));
        // Constrained: changes are measured from the unchanged run, so that effects do not pile up
        // inside the range.
        const HookPoint in = layers->at(layer)->config().hookIn;
        out.addEdit(out.m_prompt, out.m_edits.back(), 0,
            isConstrained ? out.m_edits.back()->activations(frozen.at(in)) : at::Tensor());
    }
    for (auto& [layer, list] : open)
        out.m_openEdits.push_back(std::make_shared<const FeatureEdit>(layers->at(layer), list));
    return out;
}

} // namespace core
