#pragma once

#include "ui/models/hub/file_selection.h"

#include <vector>

namespace ui {

/// A public repository that is good to start with: suggested while a name is typed, nothing more.
struct KnownRelease {
    const char* repository;
    HubKind kind;
    const char* about; ///< Of a dictionary: the repository of the model it was made for.
};

const std::vector<KnownRelease>& knownReleases();

} // namespace ui
