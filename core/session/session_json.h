#pragma once

#include "core/api/session_files.h"
#include "core/api/steering_files.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace core {

/// A session as JSON text of the newest version, steps with what they answered.
std::string sessionText(const SavedSession& session);
/// Reads one. Errors name `file` and the field; fields of newer versions are named in the notes.
Result<OpenedSession> sessionFromText(std::string_view text, const std::string& file);

/// Text and numbers of a record as they come back from a file: what JSON cannot hold is replaced.
StepRecord asRead(const StepRecord& record);

Result<void> writeSteering(const SaveSteeringRequest& request);
Result<SteeringFile> readSteering(const std::filesystem::path& path);

} // namespace core
