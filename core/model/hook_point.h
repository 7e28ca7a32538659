#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The places of the forward pass that can be read or replaced. Shapes: B batch, T positions, H
/// heads.
enum class HookKind : std::uint8_t {
    Embed, ///< hook_embed [B, T, d_model]
    PosEmbed, ///< hook_pos_embed [B, T, d_model]
    ResidPre, ///< blocks.L.hook_resid_pre [B, T, d_model]
    Ln1Scale, ///< blocks.L.ln1.hook_scale [B, T, 1]
    Ln1Normalized, ///< blocks.L.ln1.hook_normalized [B, T, d_model]: before the gain of an RMSNorm,
                   ///< after gain and bias of a LayerNorm, as TransformerLens has it
    Q,
    K,
    V, ///< blocks.L.attn.hook_q, hook_k, hook_v [B, T, H, d_head]: before rotation
    RotQ,
    RotK, ///< blocks.L.attn.hook_rot_q, hook_rot_k
    AttnScores, ///< blocks.L.attn.hook_attn_scores [B, H, T, T_all]
    Pattern, ///< blocks.L.attn.hook_pattern [B, H, T, T_all]
    Z, ///< blocks.L.attn.hook_z [B, T, H, d_head]
    AttnRawOut, ///< blocks.L.attn.hook_out [B, T, d_model]: what the attention module gives, before
                ///< Gemma's post norm
    Ln1PostScale,
    Ln1PostNormalized, ///< blocks.L.ln1_post.hook_scale, hook_normalized: Gemma's norm behind
                       ///< attention; visited only where there is one
    AttnOut, ///< blocks.L.hook_attn_out [B, T, d_model]: what is added, after Gemma's post norm
    ResidMid, ///< blocks.L.hook_resid_mid [B, T, d_model]; in parallel blocks what the MLP's norm
              ///< reads
    Ln2Scale,
    Ln2Normalized, ///< blocks.L.ln2.hook_scale, hook_normalized
    MlpIn, ///< blocks.L.mlp.hook_in [B, T, d_model]: the norm's output after gain and bias
    MlpPre, ///< blocks.L.mlp.hook_pre [B, T, d_mlp]
    MlpPreLinear, ///< blocks.L.mlp.hook_pre_linear [B, T, d_mlp]: gated MLPs only
    MlpPost, ///< blocks.L.mlp.hook_post [B, T, d_mlp]
    MlpRawOut, ///< blocks.L.mlp.hook_out [B, T, d_model]: before Gemma's post norm
    Ln2PostScale,
    Ln2PostNormalized, ///< blocks.L.ln2_post.hook_scale, hook_normalized: likewise behind the MLP
    MlpOut, ///< blocks.L.hook_mlp_out [B, T, d_model]: what is added, after Gemma's post norm
    ResidPost, ///< blocks.L.hook_resid_post [B, T, d_model]
    FinalScale,
    FinalNormalized, ///< ln_final.hook_scale, ln_final.hook_normalized
    UnembedPre, ///< unembed.hook_pre [B, T, d_model]: input of the unembedding
};

/// A named place in the forward pass, named as TransformerLens names it.
struct HookPoint {
    HookKind kind = HookKind::ResidPost;
    Layer layer; ///< None for the places outside the blocks.

    std::string name() const;
    /// Reads "blocks.5.hook_resid_post"; says which name is unknown.
    static Result<HookPoint> parse(std::string_view name);

    auto operator<=>(const HookPoint&) const = default;
};

/// Every hook point of a model with `n_layers` blocks, in the order of the pass.
std::vector<HookPoint> allHookPoints(int n_layers);

/// "blocks.*.hook_resid_post" style matching (* and ?).
bool matchesGlob(std::string_view name, std::string_view glob);

} // namespace core
