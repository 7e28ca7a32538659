#include "core/text/known_patterns.h"

#include <nlohmann/json.hpp>

namespace core {

nlohmann::json splitThenBytes(const char* pattern)
{
    return {{"type", "Sequence"},
        {"pretokenizers",
            {{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"},
                 {"invert", false}},
                {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
}

} // namespace core
