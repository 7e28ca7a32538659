#pragma once

#include "core/circuits/intervention.h"
#include "core/model/hooks.h"

#include <limits>
#include <map>
#include <memory>

namespace core {

/// Layers whose outputs may change.
struct LayerRange {
    int first = 0, last = std::numeric_limits<int>::max();

    bool overlaps(int from, int to) const { return from <= last && to >= first; }
    bool contains(Layer layer) const { return overlaps(layer.value, layer.value); }
};

/// The hooks that carry an intervention out. Values read on the way are kept in shared state, so
/// that the hooks may outlive this object.
class InterventionHooks {
public:
    /// Checks that every change names an open dictionary's feature and a position of the prompt,
    /// and makes the unchanged run that frozen values come from.
    static Result<InterventionHooks> create(const Transformer& model,
        const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
        const std::vector<FeatureChange>& changes, const InterventionOptions& options);

    /// For the prompt: frozen values and changes.
    const Hooks& forPrompt() const { return m_prompt; }
    /// For the token at `position`: open-ended changes alone.
    Hooks forToken(std::int64_t position) const;

private:
    void addEdit(Hooks& hooks, const std::shared_ptr<const FeatureEdit>& edit, std::int64_t start,
        const at::Tensor& activations) const;

    LayerRange m_range;
    Hooks m_prompt;
    std::vector<std::shared_ptr<const FeatureEdit>> m_edits;
    std::vector<std::shared_ptr<const FeatureEdit>> m_openEdits;
};

} // namespace core
