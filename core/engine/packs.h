#pragma once

#include "core/base/result.h"
#include "core/model/transformer.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace core {

/// Dictionaries for a model, with their harvest, in one folder: dictionaries in any format that is
/// known, NAME.sqlite and pack.json, which says what model they are for. Opened when that model is.
struct Pack {
    std::filesystem::path folder;
    std::string name; ///< The folder's.

    std::filesystem::path workspace() const { return folder / (name + ".sqlite"); }
    static std::filesystem::path about(const std::filesystem::path& folder)
    {
        return folder / "pack.json";
    }
};

/// What pack.json holds.
struct PackAbout {
    std::string model; ///< For people.
    std::string normsHash; ///< See below.
    std::string licence, about;
};
Result<PackAbout> readPackAbout(const std::filesystem::path& folder);
Result<void> writePackAbout(const std::filesystem::path& folder, const PackAbout& about);

/// The same for a model in whatever way it is stored, and another for models that were trained
/// apart or on: from the gains of the norms, which quantised files keep as they were, as bfloat16.
std::string normsHash(const Transformer& model);

/// Where packs lie: in the user's data folder, whose come first, and with the program.
std::vector<std::filesystem::path> packShelves(
    const std::string& resources, const std::filesystem::path& dataFolder);

/// The first pack on the shelves that was made for this model; nothing where there is none. One
/// that cannot be read is told in the log and left alone.
std::optional<Pack> packFor(
    const Transformer& model, const std::vector<std::filesystem::path>& shelves);

} // namespace core
