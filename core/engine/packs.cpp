#include "core/engine/packs.h"

#include "core/base/log.h"
#include "core/files/atomic_write.h"
#include "core/files/json_file.h"
#include "core/files/stable_hash.h"

#include <ATen/ATen.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace core {

namespace fs = std::filesystem;

Result<PackAbout> readPackAbout(const fs::path& folder)
{
    const fs::path path = Pack::about(folder);
    const auto json = readJson(path);
    if (!json)
        return fail(json.error());
    JsonFields fields(*json, path.string());
    PackAbout about;
    about.model = fields.string("model");
    about.normsHash = fields.string("norms_hash");
    about.licence = fields.string("licence", "");
    about.about = fields.string("about", "");
    if (auto checked = fields.check(); !checked)
        return fail(checked.error());
    return about;
}

Result<void> writePackAbout(const fs::path& folder, const PackAbout& about)
{
    const nlohmann::ordered_json json{{"model", about.model}, {"norms_hash", about.normsHash},
        {"licence", about.licence}, {"about", about.about}};
    return writeAtomically(Pack::about(folder), json.dump(2) + "\n");
}

std::string normsHash(const Transformer& model)
{
    StableHash hash;
    const auto add = [&](const Norm& norm) {
        if (!norm.gain.defined())
            return;
        const at::Tensor rounded = norm.gain.to(at::kCPU, at::kBFloat16).contiguous();
        hash.add(std::string_view(static_cast<const char*>(rounded.data_ptr()),
            static_cast<std::size_t>(rounded.nbytes())));
    };
    for (const BlockWeights& block : model.weights().blocks) {
        add(block.ln1);
        add(block.ln2);
    }
    add(model.weights().final);
    return hash.hex();
}

std::vector<fs::path> packShelves(const std::string& resources, const fs::path& dataFolder)
{
    std::vector<fs::path> shelves;
    for (const fs::path& root : {dataFolder, fs::path(resources)})
        if (!root.empty())
            shelves.push_back(root / "packs");
    return shelves;
}

std::optional<Pack> packFor(const Transformer& model, const std::vector<fs::path>& shelves)
{
    const std::string wanted = normsHash(model);
    for (const fs::path& shelf : shelves) {
        std::error_code error;
        std::vector<fs::path> folders;
        for (const auto& entry : fs::directory_iterator(shelf, error))
            if (fs::exists(Pack::about(entry.path()), error))
                folders.push_back(entry.path());
        std::sort(folders.begin(), folders.end());
        for (const fs::path& folder : folders) {
            const auto about = readPackAbout(folder);
            if (!about)
                logWarning("{}", about.error().message);
            else if (about->normsHash == wanted)
                return Pack{folder, folder.filename().string()};
        }
    }
    return std::nullopt;
}

} // namespace core
