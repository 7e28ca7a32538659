#pragma once

#include "core/base/result.h"
#include "core/text/tokenizer.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// The last step of encoding: tokens that a template adds around the text, and tidier offsets.
/// Immutable.
class PostProcessor {
public:
    virtual ~PostProcessor() = default;
    virtual void apply(Tokens& tokens, bool addSpecial) const = 0;
    virtual bool hasTemplate() const
    {
        return false;
    } ///< Decides itself which special tokens are added.
};

/// Gives the spelling of an id; empty where there is no such token.
using PieceOf = std::function<std::optional<std::string_view>(int)>;

/// From the `post_processor` entry of tokenizer.json; null for a null entry. Unknown types are
/// refused by name.
Result<std::unique_ptr<const PostProcessor>> makePostProcessor(
    const nlohmann::json& json, const PieceOf& pieceOf, const std::string& file);

} // namespace core
