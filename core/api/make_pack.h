#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

struct MadePack {
    std::string folder;
    std::int64_t dictionaries = 0;
    std::int64_t bytes = 0; ///< Of all files in the folder.
};

/// Makes a pack of the folder that the open dictionaries lie in: puts a copy of their harvest
/// beside them (NAME.sqlite), without sessions and places on this machine, and pack.json, which
/// names the open model as theirs. A pack in `packs` of the data folder is opened when its model
/// is.
struct MakePackRequest {
    using Answer = MadePack;
    static constexpr std::string_view kName = "make-pack";

    std::string folder;
    std::string workspace; ///< With the harvest of every open dictionary; empty = the open model's.
    std::string licence, about; ///< For people.
};

} // namespace core
