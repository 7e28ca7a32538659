#pragma once

#include "core/base/result.h"

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// The step that turns pieces back into text. Immutable.
class Decoder {
public:
    virtual ~Decoder() = default;
    /// Rewrites the pieces; the text is what they give when joined.
    virtual void apply(std::vector<std::string>& pieces) const = 0;
    /// What one piece stands for wherever it is: bytes, which need not be UTF-8.
    virtual std::string bytesOf(std::string piece) const { return piece; }
    /// The piece that stands for a text added by hand, which is no word of the vocabulary's
    /// alphabet.
    virtual std::string pieceFor(std::string text) const { return text; }
};

/// From the `decoder` entry of tokenizer.json; null for a null entry. Unknown types are refused by
/// name.
Result<std::unique_ptr<const Decoder>> makeDecoder(
    const nlohmann::json& json, const std::string& file);

} // namespace core
