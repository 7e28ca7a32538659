#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// Takes what a JSON text holds in its order, for texts that would take too long to become a tree
/// of values. Texts that are passed are good for the call only.
class JsonEvents {
public:
    enum class Kind : std::uint8_t { Object, List };

    virtual ~JsonEvents() = default;
    virtual void begin(Kind kind) = 0;
    virtual void end() = 0; ///< Of what began last.
    virtual void key(std::string_view name) = 0; ///< Its value comes next.
    virtual void text(std::string_view text) = 0;
    virtual void value(const nlohmann::json& value) = 0; ///< A number, true, false or null.
};

/// Refuses what parseJson (core/files/json_file.h) refuses, with the same errors; then `events` has
/// been told of what stands before the mistake.
Result<void> parseJson(std::string_view text, const std::string& name, JsonEvents& events);

} // namespace core
