#pragma once

#include "core/dictionary/dictionary.h"
#include "core/model/activation_cache.h"
#include "core/model/hooks.h"

#include <limits>
#include <optional>
#include <vector>

namespace core {

/// Layers first to last, both inclusive.
struct LayerRange {
    int first = 0, last = std::numeric_limits<int>::max();

    bool overlaps(int from, int to) const { return from <= last && to >= first; }
    bool contains(Layer layer) const { return overlaps(layer.value, layer.value); }
};

/// What stays on a prompt as it is in the unchanged run, while changes to features pass through the
/// rest of the model (docs/definitions.md section 6.4).
struct HeldParts {
    bool attention = false; ///< Attention patterns.
    /// MLP outputs of these layers (with skip transcoders' linear part live), so that changes there
    /// do not wake other features; changes written outside have no effect, and each is measured
    /// from the unchanged run. Patterns are held too, and norm scales when all layers are: then
    /// only direct effects remain.
    std::optional<LayerRange> layers;
    /// At most one per layer, with `layers`: those that are changed, and those whose output is what
    /// is held or whose skip connection stays live.
    Dictionaries dictionaries;

    bool isNone() const { return !attention && !layers; }
    LayerRange changedLayers() const { return layers.value_or(LayerRange()); }
};

/// What of the unchanged run must be kept.
std::vector<HookPoint> heldPoints(const HeldParts& held, const ModelConfig& model);

/// Puts the kept values in their places, each time a pass over the same positions comes by. To be
/// installed before any change.
void hold(const HeldParts& held, const ModelConfig& model, const ActivationCache& unchanged,
    Hooks& hooks);

} // namespace core
