#pragma once

#include "core/base/result.h"
#include "core/text/aligned_text.h"

#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// The step that rewrites a text before it is cut: Unicode forms, replacements, case. Immutable.
class Normalizer {
public:
    virtual ~Normalizer() = default;
    virtual Result<AlignedText> apply(AlignedText text) const = 0;
};

/// From the `normalizer` entry of tokenizer.json; null for a null entry. Unknown types are refused
/// by name.
Result<std::unique_ptr<const Normalizer>> makeNormalizer(
    const nlohmann::json& json, const std::string& file);

} // namespace core
