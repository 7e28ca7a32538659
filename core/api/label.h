#pragma once

#include <cstdint>
#include <string>

namespace core {

/// Who wrote a label. A suggestion is made from evidence (promoted tokens, examples) and shown as
/// such.
enum class LabelSource : std::uint8_t { None, Suggested, Person };

struct Label {
    std::string text;
    std::string notes;
    LabelSource source = LabelSource::None;

    bool operator==(const Label&) const = default;
};

} // namespace core
