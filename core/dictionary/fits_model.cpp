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

Result<void> fits(const DictionaryConfig& dictionary, const HookPoint& hook, int width,
    const char* size, const ModelConfig& model)
{
    const int there = widthAt(model, hook.kind);
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
    if (auto in = fits(dictionary, dictionary.hookIn, dictionary.d_in, "d_in", model); !in)
        return in;
    return fits(dictionary, dictionary.hookOut, dictionary.d_out, "d_out", model);
}

} // namespace core
