#include "core/model/hook_point.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace core {

namespace {

enum class Place : std::uint8_t { Outside, Block };

struct HookName {
    HookKind kind;
    Place place;
    std::string_view name; // Behind "blocks.L." for a block's.
};

// In the order of the pass; within a block too.
constexpr std::array kNames{
    HookName{HookKind::Embed, Place::Outside, "hook_embed"},
    HookName{HookKind::PosEmbed, Place::Outside, "hook_pos_embed"},
    HookName{HookKind::ResidPre, Place::Block, "hook_resid_pre"},
    HookName{HookKind::Ln1Scale, Place::Block, "ln1.hook_scale"},
    HookName{HookKind::Ln1Normalized, Place::Block, "ln1.hook_normalized"},
    HookName{HookKind::Q, Place::Block, "attn.hook_q"},
    HookName{HookKind::K, Place::Block, "attn.hook_k"},
    HookName{HookKind::V, Place::Block, "attn.hook_v"},
    HookName{HookKind::RotQ, Place::Block, "attn.hook_rot_q"},
    HookName{HookKind::RotK, Place::Block, "attn.hook_rot_k"},
    HookName{HookKind::AttnScores, Place::Block, "attn.hook_attn_scores"},
    HookName{HookKind::Pattern, Place::Block, "attn.hook_pattern"},
    HookName{HookKind::Z, Place::Block, "attn.hook_z"},
    HookName{HookKind::AttnRawOut, Place::Block, "attn.hook_out"},
    HookName{HookKind::Ln1PostScale, Place::Block, "ln1_post.hook_scale"},
    HookName{HookKind::Ln1PostNormalized, Place::Block, "ln1_post.hook_normalized"},
    HookName{HookKind::AttnOut, Place::Block, "hook_attn_out"},
    HookName{HookKind::ResidMid, Place::Block, "hook_resid_mid"},
    HookName{HookKind::Ln2Scale, Place::Block, "ln2.hook_scale"},
    HookName{HookKind::Ln2Normalized, Place::Block, "ln2.hook_normalized"},
    HookName{HookKind::MlpIn, Place::Block, "mlp.hook_in"},
    HookName{HookKind::MlpPre, Place::Block, "mlp.hook_pre"},
    HookName{HookKind::MlpPreLinear, Place::Block, "mlp.hook_pre_linear"},
    HookName{HookKind::MlpPost, Place::Block, "mlp.hook_post"},
    HookName{HookKind::MlpRawOut, Place::Block, "mlp.hook_out"},
    HookName{HookKind::Ln2PostScale, Place::Block, "ln2_post.hook_scale"},
    HookName{HookKind::Ln2PostNormalized, Place::Block, "ln2_post.hook_normalized"},
    HookName{HookKind::MlpOut, Place::Block, "hook_mlp_out"},
    HookName{HookKind::ResidPost, Place::Block, "hook_resid_post"},
    HookName{HookKind::FinalScale, Place::Outside, "ln_final.hook_scale"},
    HookName{HookKind::FinalNormalized, Place::Outside, "ln_final.hook_normalized"},
    HookName{HookKind::UnembedPre, Place::Outside, "unembed.hook_pre"},
};

// TransformerLens' optional copy of what the MLP's norm reads.
constexpr std::string_view kResidMidAlias = "hook_mlp_in";
constexpr std::string_view kBlocks = "blocks.";

} // namespace

std::string HookPoint::name() const
{
    const auto* found = std::find_if(
        kNames.begin(), kNames.end(), [this](const HookName& n) { return n.kind == kind; });
    if (found->place == Place::Outside)
        return std::string(found->name);
    return std::string(kBlocks) + std::to_string(layer.value) + "." + std::string(found->name);
}

Result<HookPoint> HookPoint::parse(std::string_view name)
{
    const auto unknown = [name] {
        return fail(Error::Code::Unsupported,
            "Hook point `" + std::string(name.substr(0, 80))
                + "` is not known. Names are those of TransformerLens, such as "
                  "blocks.5.hook_resid_post.");
    };
    Layer layer;
    std::string_view rest = name;
    if (rest.starts_with(kBlocks)) {
        rest.remove_prefix(kBlocks.size());
        const auto dot = rest.find('.');
        if (dot == std::string_view::npos)
            return unknown();
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + dot, layer.value);
        if (error != std::errc() || end != rest.data() + dot || !layer.isValid())
            return unknown();
        rest.remove_prefix(dot + 1);
        if (rest == kResidMidAlias)
            return HookPoint{HookKind::ResidMid, layer};
    }
    const Place place = layer.isValid() ? Place::Block : Place::Outside;
    for (const HookName& known : kNames) {
        if (known.place == place && known.name == rest)
            return HookPoint{known.kind, layer};
    }
    return unknown();
}

std::vector<HookPoint> allHookPoints(int n_layers)
{
    std::vector<HookPoint> points;
    const auto addOutside = [&points](bool beforeBlocks) {
        for (const HookName& known : kNames) {
            if (known.place == Place::Outside && (known.kind < HookKind::ResidPre) == beforeBlocks)
                points.push_back({known.kind, Layer()});
        }
    };
    addOutside(true);
    for (int layer = 0; layer < n_layers; ++layer) {
        for (const HookName& known : kNames) {
            if (known.place == Place::Block)
                points.push_back({known.kind, Layer(layer)});
        }
    }
    addOutside(false);
    return points;
}

bool matchesGlob(std::string_view name, std::string_view glob)
{
    // Greedy with one step back: the last star takes one more character when what follows does not
    // fit.
    std::size_t n = 0, g = 0, star = std::string_view::npos, retry = 0;
    while (n < name.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            retry = n;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
            ++g;
            ++n;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    while (g < glob.size() && glob[g] == '*')
        ++g;
    return g == glob.size();
}

} // namespace core
