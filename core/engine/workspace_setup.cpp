#include "core/engine/workspace_setup.h"

#include "core/features/stable_hash.h"
#include "core/store/shipped_workspace.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <algorithm>

namespace core {

std::filesystem::path ownWorkspace(const std::filesystem::path& dataFolder, const ModelInfo& model)
{
    // Two models of one name in different folders must not share labels.
    StableHash hash;
    hash.add(std::filesystem::weakly_canonical(model.path).string());
    return dataFolder / (model.name + "-" + hash.hex().substr(0, 8) + ".sqlite");
}

Result<std::filesystem::path> chooseWorkspace(const std::filesystem::path& dataFolder,
    const ModelInfo& model, const std::filesystem::path& shipped)
{
    std::error_code error;
    std::filesystem::create_directories(dataFolder, error);
    if (error)
        return fail(Error::Code::Io,
            dataFolder.string() + ": the folder for workspaces cannot be made (" + error.message()
                + "). Choose another in the settings or make it writable.");
    if (!shipped.empty() && std::filesystem::exists(shipped))
        return openOrCopy(shipped, dataFolder);
    const std::filesystem::path path = ownWorkspace(dataFolder, model);
    auto writer = WorkspaceWriter::open(path);
    if (!writer)
        return fail(writer.error());
    return path;
}

namespace {

Result<void> tellHarvest(
    WorkspaceReader& reader, const StoredDictionary& stored, DictionaryInfo& info)
{
    if (stored.harvestedTokens == 0)
        return {};
    const auto max = reader.column(stored, "max");
    if (!max)
        return fail(max.error());
    info.isHarvested = true;
    info.harvestedTokens = stored.harvestedTokens;
    const std::vector<float>& maxima = **max;
    info.aliveFeatures
        = std::count_if(maxima.begin(), maxima.end(), [](float value) { return value != 0; });
    return {};
}

} // namespace

Result<std::vector<DictionaryInfo>> dictionariesOf(const std::filesystem::path& workspace)
{
    auto reader = WorkspaceReader::open(workspace);
    if (!reader)
        return fail(reader.error());
    auto known = (*reader)->dictionaries();
    if (!known)
        return fail(known.error());
    std::vector<DictionaryInfo> infos;
    for (const StoredDictionary& stored : *known) {
        DictionaryInfo info;
        info.name = stored.name;
        info.path = stored.path;
        info.kind = stored.isTranscoder ? DictionaryKind::Transcoder : DictionaryKind::Sae;
        info.hookIn = stored.hook;
        info.layer = stored.layer;
        info.d_sae = static_cast<int>(stored.d_sae);
        if (auto told = tellHarvest(**reader, stored, info); !told)
            return fail(told.error());
        infos.push_back(std::move(info));
    }
    return infos;
}

Result<std::vector<DictionaryInfo>> registerInWorkspace(
    const std::filesystem::path& workspace, const LoadedModel& model, const ProgressFn& progress)
{
    std::vector<DictionaryInfo> infos;
    std::int64_t done = 0;
    auto writer = WorkspaceWriter::open(workspace);
    if (!writer)
        return fail(writer.error());
    for (const auto& dictionary : model.dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        if (progress)
            progress(
                {"Reading " + config.name, done++, std::ssize(model.dictionaries), "dictionaries"});
        StoredDictionary stored;
        stored.name = config.name;
        stored.path = config.path.string();
        stored.weightsHash = weightsHash(*dictionary);
        stored.hook = config.hookIn.name();
        stored.layer = config.hookIn.layer;
        stored.d_sae = config.d_sae;
        stored.isTranscoder = config.isTranscoder;
        if (auto id = (*writer)->putDictionary(stored); !id)
            return fail(id.error());
    }
    auto reader = WorkspaceReader::open(workspace);
    if (!reader)
        return fail(reader.error());
    for (const auto& dictionary : model.dictionaries) {
        DictionaryInfo info = describe(*dictionary, &model);
        auto stored = (*reader)->dictionary(info.name);
        if (!stored)
            return fail(stored.error());
        if (*stored)
            if (auto told = tellHarvest(**reader, **stored, info); !told)
                return fail(told.error());
        infos.push_back(std::move(info));
    }
    return infos;
}

} // namespace core
