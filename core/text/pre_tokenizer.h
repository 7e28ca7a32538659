#pragma once

#include "core/base/result.h"
#include "core/text/aligned_text.h"

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace core {

/// The step that cuts a normalized text into words; merges never cross their borders. Immutable.
class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    virtual Result<std::vector<AlignedText>> cut(AlignedText text) const = 0;
    virtual bool isByteLevel() const { return false; }
};

/// From the `pre_tokenizer` entry of tokenizer.json; null for a null entry. Unknown types are
/// refused by name.
Result<std::unique_ptr<const PreTokenizer>> makePreTokenizer(
    const nlohmann::json& json, const std::string& file);

} // namespace core
