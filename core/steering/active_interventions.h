#pragma once

#include "core/api/intervention.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/hooks.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
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
};

/// What one pass did.
struct SteeringTrace {
    double deltaNormRatio
        = 0.0; ///< Largest ||delta|| / ||x|| over hook points and changed positions.
};

/// Interventions made ready to run: features looked up, values in activation units, rows copied
/// out.
///
/// Every change adds a delta to the activation it finds, so what the dictionary does not explain
/// stays as it is. Changes at one hook point are computed from the same unmodified activation and
/// summed. An SAE's are read and written at its hook; a transcoder's are read at hookIn (after
/// changes there) and added at hookOut. Immutable; any thread.
class ActiveInterventions {
public:
    /// Disabled ones are left out. Says which feature, dictionary or value cannot be used.
    static Result<std::shared_ptr<const ActiveInterventions>> create(
        const std::vector<Intervention>& interventions, const Dictionaries& dictionaries,
        const MaxActivationFn& maxActivation = {});

    bool isEmpty() const { return m_groups.empty(); }
    /// The first position of the prompt that any of them changes; `promptLength` when none does.
    std::int64_t firstSteered(std::int64_t promptLength, std::int64_t firstSteerable) const;
    /// Adds what changes the span's rows and positions. The functions keep what they need alive.
    static void install(const std::shared_ptr<const ActiveInterventions>& interventions,
        const SteeredSpan& span, const std::shared_ptr<SteeringTrace>& trace, Hooks& hooks);

private:
    struct Group;
    struct Pass;

    std::vector<std::shared_ptr<const Group>> m_groups; // one per dictionary
};

/// The interventions of a running generation; another thread may replace them, which acts on the
/// next token.
class LiveInterventions {
public:
    explicit LiveInterventions(std::shared_ptr<const ActiveInterventions> first)
        : m_current(std::move(first))
    {
    }
    void set(std::shared_ptr<const ActiveInterventions> next)
    {
        const std::lock_guard lock(m_mutex);
        m_current = std::move(next);
    }
    std::shared_ptr<const ActiveInterventions> get() const
    {
        const std::lock_guard lock(m_mutex);
        return m_current;
    }

private:
    mutable std::mutex m_mutex;
    std::shared_ptr<const ActiveInterventions> m_current;
};

} // namespace core
