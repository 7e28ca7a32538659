#pragma once

#include "core/engine/guard.h"
#include "core/engine/jobs.h"
#include "core/engine/loaded_model.h"
#include "core/store/workspace_reader.h"

#include <memory>
#include <string>
#include <vector>

namespace core {

/// As many threads as asked for, or every core.
void useTorchThreads(const JobControl& control);

/// Sizes torch's threads and loads a model ("builtin" or a folder) for a headless job.
Result<LoadedModel> loadForJob(const std::string& model, const JobControl& control);

/// The same, with the dictionaries at `paths`; for the built-in model and no paths, its own.
Result<LoadedModel> loadForJob(
    const std::string& model, const std::vector<std::string>& paths, const JobControl& control);

/// A workspace as the command line names it; "builtin" is a person's copy of the shipped one.
Result<std::filesystem::path> workspaceForJob(
    const std::string& workspace, const JobControl& control);

/// The workspace that a headless job takes labels from: the built-in model's; null for others,
/// which have none on the command line.
std::unique_ptr<WorkspaceReader> labelsFor(const std::string& model, const JobControl& control);

} // namespace core
