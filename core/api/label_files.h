#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// Writes every label of a person to a CSV file; answers how many.
struct ExportLabelsRequest {
    using Answer = std::int64_t;
    static constexpr std::string_view kName = "export-labels";

    std::string path;
};

/// Reads labels from a file into the workspace; answers how many.
struct ImportLabelsRequest {
    using Answer = std::int64_t;
    static constexpr std::string_view kName = "import-labels";

    std::string path;
};

} // namespace core
