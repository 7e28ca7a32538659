#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace core {

/// Who wrote a label. A suggestion is made from evidence (promoted tokens, examples) and shown as
/// such.
enum class LabelSource : std::uint8_t { None, Suggested, Person };

struct Label {
    std::string text;
    std::string notes;
    LabelSource source = LabelSource::None;
    /// How well the label alone predicts where the feature fires on held-out text: balanced
    /// accuracy, 0.5 = chance, 1 = always (docs/definitions.md section 7.2). Of a person's label,
    /// of its words. Nothing where it was not or cannot be tested.
    std::optional<double> score = {};

    bool operator==(const Label&) const = default;
};

} // namespace core
