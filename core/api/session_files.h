#pragma once

#include "core/api/session.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Writes what a person made into a workspace; once answered it is on the disk. Of each run of the
/// window one is kept, of the newest twenty runs. Answers the workspace's path.
struct AutosaveRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "autosave";

    std::string workspace; ///< That of the model it belongs to: another may be open meanwhile.
    std::string run; ///< Tells one run of a window from another.
    std::shared_ptr<const SavedSession> session;
};

struct OpenedSession {
    SavedSession session;
    bool isThere = true; ///< False: the workspace has no autosave.
    /// What is not as it was saved: fields this version does not know, a model with another hash.
    std::vector<std::string> notes;
};

/// The newest autosave of a workspace.
struct ReadAutosaveRequest {
    using Answer = OpenedSession;
    static constexpr std::string_view kName = "read-autosave";

    std::string workspace;
};

/// Writes a session with the hashes of its model and dictionaries to a file. Answers the path.
struct SaveSessionRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "save-session";

    std::string path;
    std::shared_ptr<const SavedSession> session;
};

/// Reads a session file. Its model and dictionaries are looked for where they were when it was
/// saved and beside the file; one that is not there is an error, unless `model` says where it is.
struct ReadSessionRequest {
    using Answer = OpenedSession;
    static constexpr std::string_view kName = "read-session";

    std::string path;
    std::string model; ///< Instead of the file's; empty = the file's.
    std::vector<std::string> dictionaries; ///< Likewise.
};

struct ReplayedStep {
    std::string what; ///< "generate: The capital of"
    bool same = false;
    std::string difference; ///< "steered.ids[3]: 17 saved, 21 now"; or why it could not run.
};

struct ReplayResult {
    std::vector<ReplayedStep> steps;
};

/// Runs the steps of a session again on the open model and holds the answers against the saved
/// ones.
struct ReplaySessionRequest {
    using Answer = ReplayResult;
    static constexpr std::string_view kName = "replay-session";

    std::vector<SavedStep> steps;
};

} // namespace core
