#pragma once

#include "core/api/generate.h"

#include <memory>
#include <string>
#include <string_view>

namespace core {

/// Writes a steering experiment as JSON: model, prompt, changes, settings and, where there is one,
/// what was written with them. The same fields as a session's `steer`. Answers the path.
struct SaveSteeringRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-steering";

    std::string path;
    std::string model; ///< Its name.
    GenerateRequest steer;
    std::shared_ptr<const Generation> generation;
};

struct SteeringFile {
    std::string model;
    GenerateRequest steer;
    std::string note; ///< Fields that this version does not know.
};

/// Reads one, also of the version that wrote modes as numbers.
struct ReadSteeringRequest {
    using Answer = SteeringFile;
    static constexpr std::string_view kName = "read-steering";

    std::string path;
};

} // namespace core
