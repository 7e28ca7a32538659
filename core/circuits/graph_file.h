#pragma once

#include "core/api/attribution_graph.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace core {

/// circuit-tracer's graph JSON (docs/formats.md section 6.1), as read by its own viewer and
/// Neuronpedia.
///
/// Reading is tolerant of what other producers leave out or spell differently (NaN, missing fields,
/// joined pins) and says in `note` what had to be dropped; scores are computed from the links when
/// no field holds them. A file that is not a graph gives an error with the field's path. What this
/// program has no field for is written back as it was.
Result<AttributionGraph> readGraphFile(const std::filesystem::path& path);
Result<AttributionGraph> parseGraph(std::string_view json, const std::string& file);

/// Written to a temporary and renamed. `slug` is the file's stem unless the graph brought its own.
Result<void> writeGraphFile(const AttributionGraph& graph, const std::filesystem::path& path);
std::string graphJson(const AttributionGraph& graph, const std::string& slug);

} // namespace core
