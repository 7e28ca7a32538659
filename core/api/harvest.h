#pragma once

#include "core/api/workers.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Of a worker that is not the first: only the tokens it read, special ones too, and its seconds.
struct HarvestSummary {
    std::int64_t tokens = 0;
    std::int64_t featuresAlive = 0, featuresTotal = 0;
    double seconds = 0;
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
};

/// Fills the workspace with what each feature does on a text.
struct HarvestRequest {
    using Answer = HarvestSummary;
    static constexpr std::string_view kName = "harvest";

    std::vector<std::string> dictionaries; ///< Empty = all open ones.
    std::string corpusPath; ///< A .txt or .jsonl file or a folder of them; in plain text documents
                            ///< are separated by blank lines. Empty: the model writes its own text.
    std::string corpusField = "text"; ///< The text's field in each line of a .jsonl file.
    std::int64_t tokens = 200'000;
    std::string workspace; ///< A file, made when missing; empty = the open model's.
    WorkerGroup workers; ///< Each takes its share of the text; the first writes.
};

} // namespace core
