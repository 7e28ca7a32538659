#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Features that a person put together under a name; kept in the workspace.
struct SavedList {
    std::string name;
    std::string description;
    std::vector<FeatureRef> features; ///< In the order they were added, each once.

    bool operator==(const SavedList&) const = default;
};

/// The list that bookmarks go to; made with the first of them.
inline constexpr std::string_view kBookmarks = "Bookmarks";

struct SavedLists {
    std::vector<SavedList> lists; ///< By name.
};

struct SavedListsRequest {
    using Answer = SavedLists;
    static constexpr std::string_view kName = "saved-lists";
};

/// Makes, changes, renames or removes one list; answers all of them as they are afterwards.
struct SavedListEdit {
    using Answer = SavedLists;
    static constexpr std::string_view kName = "saved-list-edit";

    std::string name; ///< As it is called until now; empty to make one.
    std::optional<SavedList> after; ///< Nothing takes it away.
};

/// Writes one list with what is known about its features: CSV where the name ends in .csv, else
/// JSON. Answers how many features were written.
struct ExportSavedListRequest {
    using Answer = std::int64_t;
    static constexpr std::string_view kName = "saved-list-export";

    std::string name;
    std::string path;
};

} // namespace core
