#pragma once

#include "core/api/token_info.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Activation and attribution patching (docs/definitions.md section 5).
namespace core {

enum class PatchSite : std::uint8_t {
    ResidPre, ///< Layer x position.
    AttnOut,
    MlpOut,
    Head, ///< Layer x head: `attn.hook_z` of one head at every position.
    Feature, ///< Features and error terms of dictionaries, layer x position in the map.
};

enum class PatchDirection : std::uint8_t {
    Denoise, ///< A clean activation is put into the corrupt run.
    Noise, ///< A corrupt activation is put into the clean run.
};

struct PatchResult;

struct PatchRequest {
    using Answer = PatchResult;
    static constexpr std::string_view kName = "patch";

    std::string clean, corrupt; ///< Prompts of the same number of tokens.
    std::vector<TokenId> cleanIds, corruptIds; ///< Used instead of the texts when not empty.
    /// The metric is logit(answer) - logit(other) at the last position. Empty: the most probable
    /// next token of the clean and of the corrupt prompt.
    std::string answer, other;
    std::vector<PatchSite> sites;
    std::vector<std::string> hooks; ///< Globs over hook names, for places `sites` has no name for.
    std::vector<std::string> dictionaries; ///< For `Feature`; empty = the open transcoders.
    PatchDirection direction = PatchDirection::Denoise;
    bool isExact = true; ///< One pass for each cell.
    bool isApproximate = true; ///< Attribution patching: one backward pass for all cells.
    int exactFeatures = 200; ///< `Feature`: exact for the strongest by approximation alone.

    bool operator==(const PatchRequest&) const = default;
};

/// One map of effects: how much of the metric comes back (or is lost) by patching one place.
struct PatchMap {
    PatchSite site = PatchSite::ResidPre;
    /// "hook_resid_pre", "attn.hook_z"; a place of `hooks` has site ResidPre and its own hook here.
    /// Features make two maps for each set of dictionaries: all features of a position together
    /// ("hook_mlp_out.hook_sae_acts_post") and its error term ("hook_mlp_out.hook_sae_error").
    std::string hook;
    int rows = 0, columns = 0; ///< Row = layer; column = position, or head.
    /// [rows * columns], metric units; empty when not asked for. NaN where a layer was not asked
    /// for, or has no dictionary.
    std::vector<float> exact;
    std::vector<float> approximate; ///< Likewise.
    double pearson = 0, spearman = 0; ///< Of approximate against exact, where both are there.
};

/// One feature, or one error term, of one position.
struct PatchedFeature {
    std::string dictionary;
    Layer layer;
    Position position;
    FeatureId feature; ///< None for the error term.
    std::string label;
    float clean = 0, corrupt = 0; ///< Activations; of an error term, norms.
    float approximate = 0;
    float exact = 0;
    bool hasExact = false;
};

struct PatchResult {
    PatchRequest request;
    std::string model;
    std::vector<TokenInfo> cleanTokens, corruptTokens;
    std::string answer, other; ///< Token texts of the metric.
    TokenId answerId, otherId;
    double cleanMetric = 0, corruptMetric = 0; ///< logit(answer) - logit(other), unpatched.
    std::vector<PatchMap> maps;
    std::vector<PatchedFeature> features; ///< By |approximate|, or |exact|, strongest first.
    std::int64_t featuresInAll = 0; ///< More than `features` are hidden.
    double pearson = 0, spearman = 0; ///< Over every cell and feature that has both.
    double seconds = 0;
    std::int64_t exactCells = 0; ///< Cells and features with an exact effect.
    std::int64_t passes = 0; ///< Forward passes they took; one holds many cells.
    std::string note;
};

} // namespace core
