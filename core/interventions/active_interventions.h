#pragma once

#include "core/api/intervention.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/interventions/activation_reader.h"
#include "core/interventions/held_parts.h"
#include "core/model/hooks.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace core {

/// The largest harvested activation of a feature; nothing where it is not known.
using MaxActivationFn = std::function<std::optional<double>(const FeatureRef&)>;

/// Which part of a forward pass is changed: rows of the batch, and where its positions stand in the
/// text.
struct SteeredSpan {
    std::int64_t rowBegin = 0, rowEnd = 1; ///< Rows [rowBegin, rowEnd) of the batch.
    std::int64_t firstPosition
        = 0; ///< Absolute position of the pass's first token (the KV cache's length).
    std::int64_t length = 1; ///< Positions in the pass.
    std::int64_t promptLength = 0;
    std::int64_t firstSteerable
        = 0; ///< Positions before it are left alone, but for a Range that names them: 1 skips BOS.
    double share = 1.0; ///< Of what the changes add, what is added.
    LayerRange layers = {}; ///< Changes are written into these layers alone.
    /// Activations are read from this run instead where it has them, so that the effects of several
    /// changes do not pile up. One row, the pass's positions.
    std::shared_ptr<const ActivationCache> unchanged = {};
    /// What the unsteered model's features of `ActiveInterventions::conditions()` do on the pass's
    /// positions, [T, n]; undefined where there are none.
    at::Tensor conditions = {};
};

/// What one pass did.
struct SteeringTrace {
    /// Largest ||delta|| / ||x|| over hook points and changed positions, [] on the model's device,
    /// where it waits to come down with the logits; undefined where nothing was changed.
    at::Tensor deltaNormRatio;
};

/// Interventions made ready to run: features looked up, values in activation units, rows copied
/// out.
///
/// Every change adds a delta to the activation it finds, so what the dictionary does not explain
/// stays as it is. Changes at one hook point are computed from the same unmodified activation and
/// summed. An SAE's are read and written at its hook. A transcoder's are read at hookIn (after
/// changes there) and added at hookOut, a cross-layer transcoder's at that of every layer it
/// writes; modes that change a projection act in each of these on the direction written there.
/// Immutable; any thread.
class ActiveInterventions {
public:
    /// Disabled ones are left out. Says which feature, dictionary or value cannot be used.
    static Result<std::shared_ptr<const ActiveInterventions>> create(
        const std::vector<Intervention>& interventions, const Dictionaries& dictionaries,
        const MaxActivationFn& maxActivation = {});

    bool isEmpty() const { return m_groups.empty(); }
    /// Reads the features that changes wait for; null when none waits.
    const std::shared_ptr<const ActivationReader>& conditions() const { return m_conditions; }
    /// The first position of the prompt that any of them changes; `promptLength` when none does.
    std::int64_t firstSteered(std::int64_t promptLength, std::int64_t firstSteerable) const;
    /// Adds what changes the span's rows and positions. The functions keep what they need alive.
    /// `trace` may be null.
    static void install(const std::shared_ptr<const ActiveInterventions>& interventions,
        const SteeredSpan& span, const std::shared_ptr<SteeringTrace>& trace, Hooks& hooks);

private:
    struct Group;
    struct Pass;

    std::vector<std::shared_ptr<const Group>> m_groups; // one per dictionary
    std::shared_ptr<const ActivationReader> m_conditions;
};

} // namespace core
