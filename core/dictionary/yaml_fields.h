#pragma once

#include "core/base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The part of YAML that circuit-tracer's config.yaml uses: one level of `key: scalar`, `key:` with
/// a list of scalars, and `key:` with a list of flat records (`- id: x` and more fields below it).
/// Scalars are text; "", "~" and "null" count as absent.
struct YamlFields {
    using Record = std::map<std::string, std::string>;
    std::map<std::string, std::string> scalars;
    std::map<std::string, std::vector<std::string>> lists;
    std::map<std::string, std::vector<Record>> records;

    /// Anything beyond that (deeper nesting, anchors and aliases, tags, lists in brackets, a second
    /// document) is refused with its line, as soon as it begins.
    static Result<YamlFields> parse(std::string_view text, const std::string& file);
};

} // namespace core
