// Which dictionaries can stand in a replacement model, and in which layer each stands.
#include "core/circuits/replacement_model.h"

#include <set>

#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// What holds for both kinds: the pre-activation must be linear in what the hook holds.
Result<void> checkLinear(const DictionaryConfig& config)
{
    if (config.normalization != InputNormalization::None)
        return fail(Error::Code::Unsupported,
            fmt::format("`{}` normalises its input ({}), which is not linear; circuits cannot "
                        "be traced through it.",
                config.name, config.normalizationName));
    if (config.activation == FeatureActivation::Gated
        || config.activation == FeatureActivation::TanhRelu)
        return fail(Error::Code::Unsupported,
            fmt::format("`{}` is of architecture {}, whose activation is not the linear encoder "
                        "where it is on; circuits cannot be traced through it.",
                config.name, config.architecture));
    return {};
}

Result<void> checkTranscoder(
    const DictionaryConfig& config, const DictionaryConfig& first, const ModelConfig& model)
{
    const HookKind in = config.hookIn.kind;
    const bool writesMlp
        = config.hookOut.kind == HookKind::MlpOut || config.hookOut.kind == HookKind::MlpRawOut;
    if (!config.isTranscoder || !writesMlp || config.hookIn.layer != config.hookOut.layer
        || (in != HookKind::ResidMid && in != HookKind::MlpIn && in != HookKind::Ln2Normalized))
        return fail(Error::Code::Unsupported,
            fmt::format("`{}` reads {} and writes {}. A circuit needs transcoders, dictionaries "
                        "that read one layer's MLP input and predict that layer's MLP output, or "
                        "else SAEs of the residual stream alone.",
                config.name, config.hookIn.name(), config.hookOut.name()));
    const int reached = config.hookIn.layer.value + config.layersWritten;
    if (config.isCrossLayer && reached != model.n_layers)
        return fail(Error::Code::Unsupported,
            fmt::format("`{}` writes to {} layers; from layer {} of {} it must write to all {} "
                        "that follow.",
                config.name, config.layersWritten, config.hookIn.layer.value, model.n_layers,
                model.n_layers - config.hookIn.layer.value));
    if (config.isCrossLayer != first.isCrossLayer)
        return fail(Error::Code::Unsupported,
            fmt::format("`{}` and `{}` are of different kinds: per-layer and cross-layer "
                        "transcoders cannot replace one model together. Choose one set.",
                first.name, config.name));
    return {};
}

Result<void> checkSae(const DictionaryConfig& config)
{
    const HookKind in = config.hookIn.kind;
    if (config.isTranscoder || config.hookOut != config.hookIn
        || (in != HookKind::ResidPre && in != HookKind::ResidPost))
        return fail(Error::Code::Unsupported,
            fmt::format("`{}` reads {} and writes {}. A circuit over SAEs needs SAEs of "
                        "hook_resid_pre or hook_resid_post alone.",
                config.name, config.hookIn.name(), config.hookOut.name()));
    return {};
}

} // namespace

Result<Dictionaries> replacementLayers(const ModelConfig& model, const Dictionaries& dictionaries)
{
    if (dictionaries.empty())
        return fail(Error::Code::NotFound,
            "A circuit needs transcoders, and none is open. Open a transcoder set, one per layer, "
            "or SAEs of the residual stream.");
    const DictionaryConfig& first = dictionaries.front()->config();
    const bool isOverSaes = !first.isTranscoder
        && (first.hookIn.kind == HookKind::ResidPre || first.hookIn.kind == HookKind::ResidPost);
    Dictionaries layers(static_cast<std::size_t>(model.n_layers));
    std::set<int> cuts; // resid_post of one layer is resid_pre of the next.
    for (const auto& dictionary : dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        auto suits = isOverSaes ? checkSae(config) : checkTranscoder(config, first, model);
        if (suits)
            suits = checkLinear(config);
        if (suits)
            suits = fitsModel(config, model);
        if (!suits)
            return fail(suits.error());
        auto& place = layers[config.hookIn.layer.index()];
        if (place)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` and `{}` both replace the {} of layer {}. Choose one {} per "
                            "layer.",
                    place->config().name, config.name, isOverSaes ? "residual stream" : "MLP",
                    config.hookIn.layer.value, isOverSaes ? "SAE" : "transcoder"));
        const int cut
            = config.hookIn.layer.value + (config.hookIn.kind == HookKind::ResidPost ? 1 : 0);
        if (isOverSaes && !cuts.insert(cut).second)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}` reads the same place as another SAE: hook_resid_post of a layer "
                            "is hook_resid_pre of the next. Choose one of them.",
                    config.name));
        place = dictionary;
    }
    return layers;
}

} // namespace core
