#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace core {

/// What is done to a feature. The error term (what the dictionary does not explain) is always kept:
/// only the feature's own part of the activation changes. docs/definitions.md section 4 has the
/// equations.
enum class InterventionMode : std::uint8_t {
    Clamp, ///< activation := value
    MinClamp, ///< activation := max(activation, value)
    Add, ///< x += value * W_dec[i]
    AddUnit, ///< x += value * W_dec[i] / ||W_dec[i]||
    Scale, ///< activation := value * activation
    Ablate, ///< activation := 0
    Orthogonal, ///< x += (value - 1)(x.v)v with v = W_dec[i] / ||W_dec[i]||
    Cap, ///< x.v := min(x.v, value)
};

/// The token positions an intervention acts on.
struct PositionRange {
    enum class Kind : std::uint8_t { All, Prompt, Generated, Range, Chosen };

    Kind kind = Kind::All;
    Position first; ///< Inclusive; Range only.
    Position last; ///< Inclusive; Range only. None = from `first` on, generated ones included.
    std::vector<Position> chosen = {}; ///< Chosen only.

    static PositionRange only(Position position) { return {Kind::Range, position, position, {}}; }
    static PositionRange from(Position position) { return {Kind::Range, position, {}, {}}; }

    bool operator==(const PositionRange&) const = default;
};

/// A change acts only where this holds: a feature's activation is above a threshold when the model
/// without any change reads the same text.
struct Condition {
    FeatureRef feature;
    double above = 0.0; ///< Activation units.
    bool isMultipleOfMax = false; ///< `above` counts multiples of the feature's largest activation.

    bool operator==(const Condition&) const = default;
};

/// One change to one feature while the model runs. A plain value: the same request gives the same
/// text.
struct Intervention {
    FeatureRef feature;
    InterventionMode mode = InterventionMode::Clamp;
    double value = 0.0; ///< Activation units; a factor for Scale and Orthogonal.
    /// `value` counts multiples of the feature's largest harvested activation (Clamp, MinClamp,
    /// Add, AddUnit, Cap).
    bool isMultipleOfMax = false;
    PositionRange positions;
    std::optional<Condition> when; ///< None: everywhere in `positions`.
    bool isEnabled = true;

    bool operator==(const Intervention&) const = default;
};

/// The interventions of a generation, which may change while it waits for its turn or runs: the
/// asker keeps this, the engine reads the newest before each token. Any thread.
class SharedInterventions {
public:
    explicit SharedInterventions(std::vector<Intervention> first)
        : m_list(std::move(first))
    {
    }
    void set(std::vector<Intervention> next)
    {
        const std::lock_guard lock(m_mutex);
        m_list = std::move(next);
        ++m_version;
    }
    /// The newest list and its number, which grows with each `set`.
    std::pair<std::uint64_t, std::vector<Intervention>> get() const
    {
        const std::lock_guard lock(m_mutex);
        return {m_version, m_list};
    }

private:
    mutable std::mutex m_mutex;
    std::vector<Intervention> m_list;
    std::uint64_t m_version = 0;
};

} // namespace core
