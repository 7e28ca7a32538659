#pragma once

#include "core/base/result.h"
#include "core/text/aligned_text.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// A text and the words it is cut into: byte ranges in order, perhaps with gaps between.
struct Words {
    struct Span {
        std::size_t begin;
        std::size_t end;
    };

    /// The whole of a text as one word.
    explicit Words(AlignedText whole);
    std::string_view word(const Span& span) const
    {
        return std::string_view(text.text()).substr(span.begin, span.end - span.begin);
    }

    AlignedText text;
    std::vector<Span> spans;
};

/// The step that cuts a normalized text into words; merges never cross their borders. Immutable.
class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    virtual Result<void> cut(Words& words) const = 0; ///< Cuts each word further.
    virtual bool isByteLevel() const { return false; }
};

/// From the `pre_tokenizer` entry of tokenizer.json; null for a null entry. Unknown types are
/// refused by name.
Result<std::unique_ptr<const PreTokenizer>> makePreTokenizer(
    const nlohmann::json& json, const std::string& file);

} // namespace core
