#include "core/dictionary/dictionary.h"

#include <fmt/format.h>

namespace core {

namespace {

/// How wide a model is at a hook point; 0 where no dictionary can read.
int widthAt(const ModelConfig& model, HookKind kind)
{
    switch (kind) {
    case HookKind::Q:
    case HookKind::RotQ:
    case HookKind::Z:
        return model.n_heads * model.d_head;
    case HookKind::K:
    case HookKind::V:
    case HookKind::RotK:
        return model.n_key_value_heads * model.d_head;
    case HookKind::MlpPre:
    case HookKind::MlpPost:
        return model.d_mlp;
    case HookKind::MlpPreLinear:
        return model.isGated ? model.d_mlp : 0;
    case HookKind::Ln1Scale:
    case HookKind::Ln2Scale:
    case HookKind::FinalScale:
    case HookKind::AttnScores:
    case HookKind::Pattern:
        return 0;
    default:
        return model.d_model;
    }
}

Result<void> fits(const DictionaryConfig& dictionary, const HookPoint& hook, int head, int width,
    const char* size, const ModelConfig& model)
{
    const int whole = widthAt(model, hook.kind);
    const int there = head < 0 || whole == 0 ? whole : model.d_head;
    if (there == 0)
        return fail(Error::Code::Unsupported,
            fmt::format("{}: it is made for {}, which is no place a dictionary can read in {}.",
                dictionary.name, hook.name(), model.name));
    if (hook.layer.isValid() && hook.layer.value >= model.n_layers)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: it is made for {}, but {} has {} layers (0 to {}). It belongs to "
                        "another model{}.",
                dictionary.name, hook.name(), model.name, model.n_layers, model.n_layers - 1,
                dictionary.baseModel.empty() ? "" : " (it says " + dictionary.baseModel + ")"));
    if (width != there)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: its {} is {}, but {} is {} wide at {}. It belongs to another model{}.",
                dictionary.name, size, width, model.name, there, hook.name(),
                dictionary.baseModel.empty() ? "" : " (it says " + dictionary.baseModel + ")"));
    return {};
}

} // namespace

Result<void> fitsModel(const DictionaryConfig& dictionary, const ModelConfig& model)
{
    const auto refuse = [&](const std::string& why) {
        return fail(Error::Code::Unsupported, dictionary.name + ": " + why);
    };
    if (!dictionary.isPlaced)
        return refuse(
            "its files do not say which place of a model it reads. Write featurescope.json "
            "beside it, such as {\"hook_in\": \"blocks.5.hook_resid_post\"} (for a "
            "transcoder \"hook_out\" too).");
    for (const HookPoint& hook : {dictionary.hookIn, dictionary.hookOut}) {
        const bool isPostNorm
            = hook.kind == HookKind::Ln1PostNormalized || hook.kind == HookKind::Ln2PostNormalized;
        if (isPostNorm && !model.hasPostNorms)
            return refuse(fmt::format(
                "it is made for {}, and {} has no norm there.", hook.name(), model.name));
        if (hook.kind == HookKind::ResidMid && model.isParallel)
            return refuse(
                fmt::format("it is made for {}, but in {} attention and MLP read the same "
                            "residual stream: there is no such place.",
                    hook.name(), model.name));
        if (hook.kind == HookKind::PosEmbed && model.hasRotary)
            return refuse(fmt::format("it is made for {}, but {} rotates queries and keys instead.",
                hook.name(), model.name));
    }
    if (auto in
        = fits(dictionary, dictionary.hookIn, dictionary.headIn, dictionary.d_in, "d_in", model);
        !in)
        return in;
    if (auto out = fits(
            dictionary, dictionary.hookOut, dictionary.headOut, dictionary.d_out, "d_out", model);
        !out)
        return out;
    const int heads = dictionary.hookIn.kind == HookKind::K || dictionary.hookIn.kind == HookKind::V
        ? model.n_key_value_heads
        : model.n_heads;
    if (dictionary.headIn >= heads)
        return refuse(fmt::format(
            "it reads head {}, but {} has {} heads.", dictionary.headIn, model.name, heads));
    const std::int64_t last = dictionary.hookOut.layer.value + dictionary.layersWritten;
    if (dictionary.isCrossLayer && last != model.n_layers)
        return refuse(
            fmt::format("as a layer of a cross-layer transcoder it writes to layers {} to "
                        "{}, but {} has {} layers. It belongs to another model.",
                dictionary.hookOut.layer.value, last - 1, model.name, model.n_layers));
    return {};
}

} // namespace core
