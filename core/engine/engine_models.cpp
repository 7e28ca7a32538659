#include "core/engine/builtin_paths.h"
#include "core/engine/engine_impl.h"
#include "core/engine/model_check.h"
#include "core/engine/model_folder.h"
#include "core/engine/workspace_setup.h"

#include <algorithm>

namespace core {

Result<Precision> EngineImpl::precisionOf(const OpenModelRequest& request) const
{
    return Precision::parse(request.device.empty() ? m_options.device : request.device,
        request.dtype.empty() ? m_options.dtype : request.dtype);
}

void EngineImpl::inspectModel(OpenModelRequest request, Reply<ModelInfo> reply)
{
    post<ModelInfo>(m_engineThread, Lane::Interactive, "inspect", std::move(reply),
        [this, request = std::move(request)](std::stop_token) -> Result<ModelInfo> {
            const auto precision = precisionOf(request);
            if (!precision)
                return fail(precision.error());
            return inspectModelFolder(modelPath(request.path, m_options.resources), *precision);
        });
}

void EngineImpl::openModel(OpenModelRequest request, Reply<EngineState> reply)
{
    post<EngineState>(m_engineThread, Lane::Interactive, "open", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) { return open(request, stop); });
}

Result<EngineState> EngineImpl::open(const OpenModelRequest& request, std::stop_token stop)
{
    const bool isBuiltin = request.path == "builtin";
    const auto precision = precisionOf(request);
    if (!precision)
        return fail(precision.error());
    auto next = loadModelFolder(
        modelPath(request.path, m_options.resources), *precision, progressFor("open"), stop);
    if (!next)
        return fail(next.error());
    next->info.isBlasSlow = !m_blasNote.empty();
    next->info.blasNote = m_blasNote;
    if (isBuiltin) {
        auto opened
            = fitting(*next->transformer, openDictionariesAt(request.path, m_options.resources));
        if (!opened)
            return fail(opened.error());
        next->dictionaries = std::move(*opened);
    } else if (m_model.transformer && next->info.path == m_model.info.path) {
        // The same model in another precision or place: what was opened for it stays.
        for (const auto& dictionary : m_model.dictionaries)
            next->dictionaries.push_back(dictionary->to(next->transformer->device()));
    }
    const std::filesystem::path shipped
        = isBuiltin ? builtinPaths(m_options.resources).workspace() : std::filesystem::path();
    auto workspace = chooseWorkspace(m_options.dataFolder, next->info, shipped);
    if (!workspace)
        return fail(workspace.error());

    // Everything is whole: only now does the old model go.
    m_model = std::move(*next);
    m_graphs = {};
    m_workspace.use(*workspace);
    if (auto registered = registerDictionaries(); !registered)
        return fail(registered.error());
    return state();
}

void EngineImpl::selfCheck(Reply<SelfCheck> reply)
{
    post<SelfCheck>(m_engineThread, Lane::Interactive, "self-check", std::move(reply),
        [this](std::stop_token stop) -> Result<SelfCheck> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            progressFor("self-check")({"Comparing with the files", 0, 0, ""});
            return checkModel(**model, stop);
        });
}

void EngineImpl::inspectDictionaries(std::string path, Reply<std::vector<DictionaryInfo>> reply)
{
    post<std::vector<DictionaryInfo>>(m_engineThread, Lane::Interactive, "inspect",
        std::move(reply),
        [this, path = std::move(path)](std::stop_token) -> Result<std::vector<DictionaryInfo>> {
            auto opened = openDictionariesAt(path, m_options.resources);
            if (!opened)
                return fail(opened.error());
            std::vector<DictionaryInfo> infos;
            for (const auto& dictionary : *opened)
                infos.push_back(describe(
                    *dictionary, m_model.transformer ? &m_model.transformer->config() : nullptr));
            return infos;
        });
}

void EngineImpl::addDictionaries(std::string path, Reply<EngineState> reply)
{
    post<EngineState>(m_engineThread, Lane::Interactive, "open", std::move(reply),
        [this, path = std::move(path)](std::stop_token) -> Result<EngineState> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto opened
                = fitting(*m_model.transformer, openDictionariesAt(path, m_options.resources));
            if (!opened)
                return fail(opened.error());
            for (const auto& dictionary : *opened) {
                const auto isSame = [&](const auto& open) {
                    return open->config().name == dictionary->config().name;
                };
                const auto old = std::find_if(
                    m_model.dictionaries.begin(), m_model.dictionaries.end(), isSame);
                if (old == m_model.dictionaries.end())
                    m_model.dictionaries.push_back(dictionary);
                else
                    *old = dictionary; // opened again: what is on disk now counts
            }
            if (auto registered = registerDictionaries(); !registered)
                return fail(registered.error());
            return state();
        });
}

void EngineImpl::closeDictionary(std::string name, Reply<EngineState> reply)
{
    post<EngineState>(m_engineThread, Lane::Interactive, "close", std::move(reply),
        [this, name = std::move(name)](std::stop_token) -> Result<EngineState> {
            auto found = m_model.dictionary(name);
            if (!found)
                return fail(found.error());
            std::erase(m_model.dictionaries, *found);
            std::erase_if(
                m_dictionaryInfos, [&](const DictionaryInfo& info) { return info.name == name; });
            publishNames();
            return state();
        });
}

Result<void> EngineImpl::registerDictionaries()
{
    auto infos = registerInWorkspace(m_workspace.path(), m_model);
    if (!infos)
        return fail(infos.error());
    m_dictionaryInfos = std::move(*infos);
    publishNames();
    return {};
}

void EngineImpl::publishNames()
{
    const std::lock_guard lock(m_namesMutex);
    m_openNames.clear();
    for (const DictionaryInfo& info : m_dictionaryInfos)
        m_openNames.push_back(info.name);
}

std::vector<std::string> EngineImpl::openDictionaryNames()
{
    const std::lock_guard lock(m_namesMutex);
    return m_openNames;
}

} // namespace core
