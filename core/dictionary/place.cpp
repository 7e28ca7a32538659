#include "core/dictionary/place.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace core {

namespace {

std::optional<int> leadingNumber(std::string_view text)
{
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || end == text.data())
        return std::nullopt;
    return number;
}

/// Splits "layers.12.mlp.output" into 12 and "mlp.output"; nothing where no block is named.
struct BlockModule {
    int layer = 0;
    std::string_view inside;
};

std::optional<BlockModule> blockModule(std::string_view name)
{
    for (const std::string_view word : {"layers.", "layer_", "layers_", "h."}) {
        const std::size_t at = name.rfind(word);
        if (at == std::string_view::npos || (at > 0 && name[at - 1] != '.'))
            continue;
        std::string_view rest = name.substr(at + word.size());
        const std::optional<int> layer = leadingNumber(rest);
        if (!layer)
            continue;
        rest.remove_prefix(std::min(rest.find_first_not_of("0123456789"), rest.size()));
        if (!rest.empty() && rest.front() != '.')
            continue;
        rest.remove_prefix(rest.empty() ? 0 : 1);
        return BlockModule{*layer, rest};
    }
    return std::nullopt;
}

struct Module {
    std::string_view name;
    std::optional<HookKind> in, out;
};

const Module kModules[] = {
    {"", HookKind::ResidPre, HookKind::ResidPost},
    {"mlp", HookKind::MlpIn, HookKind::MlpRawOut},
    {"feed_forward", HookKind::MlpIn, HookKind::MlpRawOut},
    {"pre_feedforward_layernorm", HookKind::ResidMid, HookKind::MlpIn},
    {"post_feedforward_layernorm", HookKind::MlpRawOut, HookKind::MlpOut},
    {"self_attn.o_proj", HookKind::Z, HookKind::AttnRawOut},
    {"attn.c_proj", HookKind::Z, HookKind::AttnRawOut},
    {"attention.dense", HookKind::Z, HookKind::AttnRawOut},
    {"self_attn", {}, HookKind::AttnRawOut},
    {"attn", {}, HookKind::AttnRawOut},
    {"attention", {}, HookKind::AttnRawOut},
    {"mlp.act_fn", HookKind::MlpPre, {}},
    {"mlp.down_proj", HookKind::MlpPost, HookKind::MlpRawOut},
    {"mlp.c_proj", HookKind::MlpPost, HookKind::MlpRawOut},
};

bool removeSuffix(std::string_view& text, std::string_view suffix)
{
    if (!text.ends_with(suffix))
        return false;
    text.remove_suffix(suffix.size());
    return true;
}

} // namespace

Result<HookPoint> placeOfHook(std::string_view name)
{
    // TransformerLens' hook_mlp_in is the residual stream before the norm.
    constexpr std::string_view kBeforeNorm = ".hook_mlp_in";
    if (name.ends_with(kBeforeNorm))
        return HookPoint::parse(
            std::string(name.substr(0, name.size() - kBeforeNorm.size())) + ".hook_resid_mid");
    auto point = HookPoint::parse(name);
    if (point)
        return point;
    if (const auto module = placeOfModule(name))
        return *module;
    return point;
}

std::optional<HookPoint> placeOfModule(std::string_view name, bool readsInput)
{
    bool wantsInput = readsInput;
    if (removeSuffix(name, ".input"))
        wantsInput = true;
    else if (removeSuffix(name, ".output"))
        wantsInput = false;
    const std::string_view last = name.substr(name.rfind('.') + 1);
    if (last == "embed_tokens" || last == "wte" || last == "embed_in")
        return HookPoint{HookKind::Embed, Layer()};
    const auto block = blockModule(name);
    if (!block)
        return std::nullopt;
    for (const Module& module : kModules)
        if (module.name == block->inside) {
            const std::optional<HookKind> kind = wantsInput ? module.in : module.out;
            if (kind)
                return HookPoint{*kind, Layer(block->layer)};
        }
    return std::nullopt;
}

std::optional<HookPoint> placeOfSubmodule(std::string_view name)
{
    struct Word {
        std::string_view prefix;
        HookKind kind;
    };
    constexpr Word kWords[]
        = {{"resid_post", HookKind::ResidPost}, {"resid_out", HookKind::ResidPost},
            {"resid_pre", HookKind::ResidPre}, {"resid_mid", HookKind::ResidMid},
            {"mlp_out", HookKind::MlpRawOut}, {"mlp_in", HookKind::MlpIn},
            {"attention_out", HookKind::AttnRawOut}, {"attn_out", HookKind::AttnRawOut}};
    if (name == "embed" || name == "embed_out")
        return HookPoint{HookKind::Embed, Layer()};
    const std::optional<int> layer = numberAfter(name, "layer");
    for (const Word& word : kWords)
        if (layer && name.starts_with(word.prefix))
            return HookPoint{word.kind, Layer(*layer)};
    return std::nullopt;
}

std::optional<HookPoint> placeOfOpenAi(std::string_view location, int layer)
{
    constexpr std::pair<std::string_view, HookKind> kLocations[]
        = {{"resid_delta_attn", HookKind::AttnOut}, {"resid_delta_mlp", HookKind::MlpOut},
            {"resid_post_attn", HookKind::ResidMid}, {"resid_post_mlp", HookKind::ResidPost},
            {"mlp_post_act", HookKind::MlpPost}};
    for (const auto& [name, kind] : kLocations)
        if (location.starts_with(name))
            return HookPoint{kind, Layer(layer)};
    return std::nullopt;
}

std::optional<int> numberAfter(std::string_view text, std::string_view word)
{
    std::size_t from = std::string_view::npos;
    while (true) {
        const std::size_t at = text.rfind(word, from);
        if (at == std::string_view::npos)
            return std::nullopt;
        std::string_view rest = text.substr(at + word.size());
        if (rest.starts_with('_') || rest.starts_with('.'))
            rest.remove_prefix(1);
        if (const auto number = leadingNumber(rest))
            return number;
        if (at == 0)
            return std::nullopt;
        from = at - 1;
    }
}

void setPlace(DictionaryConfig& config, const HookPoint& in, const HookPoint& out)
{
    config.hookIn = in;
    config.hookOut = out;
    config.isPlaced = true;
    const bool hasHeads = in.kind == HookKind::Z || in.kind == HookKind::Q || in.kind == HookKind::K
        || in.kind == HookKind::V || in.kind == HookKind::RotQ || in.kind == HookKind::RotK;
    if (hasHeads && config.headIn < 0)
        config.flattensHeads = true;
}

void leaveUnplaced(DictionaryConfig& config, const std::string& why)
{
    config.isPlaced = false;
    config.warnings.push_back(fmt::format(
        "{} It can be looked at; to put it on a model, write featurescope.json beside it, such as "
        "{{\"hook_in\": \"blocks.5.hook_resid_post\"}} (for a transcoder \"hook_out\" too).",
        why));
}

bool isCentredPlace(HookKind kind)
{
    constexpr HookKind kCentred[] = {HookKind::Embed, HookKind::PosEmbed, HookKind::ResidPre,
        HookKind::ResidMid, HookKind::ResidPost, HookKind::AttnRawOut, HookKind::AttnOut,
        HookKind::MlpOut, HookKind::MlpRawOut};
    return std::find(std::begin(kCentred), std::end(kCentred), kind) != std::end(kCentred);
}

bool isRmsFamily(std::string_view baseModel)
{
    std::string lower(baseModel);
    std::transform(lower.begin(), lower.end(), lower.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char* family : {"llama", "gemma", "mistral", "qwen", "deepseek", "olmo", "phi-3"})
        if (lower.find(family) != std::string::npos)
            return true;
    return false;
}

} // namespace core
