#include "core/engine/engine_impl.h"

#include "core/base/log.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/create_engine.h"
#include "core/engine/workspace_setup.h"
#include "core/model/blas_check.h"

#include <algorithm>
#include <thread>

namespace core {

EngineImpl::EngineImpl(Options options)
    : m_options(std::move(options))
{
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int threads = m_options.threads > 0 ? m_options.threads : std::max(1, cores - 1);
    m_engineThread.post(Lane::Interactive, "",
        {[this, threads](std::stop_token) {
             setTorchThreads(threads);
             const BlasCheck check = checkBlas();
             m_blasNote = check.note;
             if (check.isSlow)
                 logWarning("{}", check.note);
         },
            {}});
}

EngineImpl::~EngineImpl()
{
    cancelAll();
}

void EngineImpl::setProgressListener(ProgressListener listener)
{
    const std::lock_guard lock(m_listenerMutex);
    m_listener = std::move(listener);
}

ProgressFn EngineImpl::progressFor(std::string tag)
{
    return [this, tag = std::move(tag)](const Progress& progress) {
        const std::lock_guard lock(m_listenerMutex);
        if (m_listener)
            m_listener(tag, progress);
    };
}

void EngineImpl::cancel(const std::string& tag)
{
    m_engineThread.cancel(tag);
    m_readerThread.cancel(tag);
    m_writerThread.cancel(tag);
}

void EngineImpl::cancelAll()
{
    m_engineThread.cancelAll();
    m_readerThread.cancelAll();
    m_workspace.interruptReader();
}

Result<const LoadedModel*> EngineImpl::loaded() const
{
    if (!m_model.transformer)
        return fail(Error::Code::NotFound, "No model is open. Open one on the Models page.");
    return &m_model;
}

EngineState EngineImpl::state() const
{
    return {m_model.info, m_dictionaryInfos, m_workspace.path().string()};
}

void EngineImpl::inspectModel(std::string path, Reply<ModelInfo> reply)
{
    post<ModelInfo>(m_engineThread, Lane::Interactive, "inspect", std::move(reply),
        [this, path = std::move(path)](
            std::stop_token) { return inspectModelFolder(modelPath(path, m_options.resources)); });
}

void EngineImpl::openModel(std::string path, Reply<EngineState> reply)
{
    post<EngineState>(m_engineThread, Lane::Interactive, "open", std::move(reply),
        [this, path = std::move(path)](std::stop_token stop) { return open(path, stop); });
}

Result<EngineState> EngineImpl::open(const std::string& path, std::stop_token stop)
{
    const bool isBuiltin = path == "builtin";
    auto next = loadModelFolder(modelPath(path, m_options.resources), progressFor("open"), stop);
    if (!next)
        return fail(next.error());
    next->info.isBlasSlow = !m_blasNote.empty();
    next->info.blasNote = m_blasNote;
    if (isBuiltin) {
        auto opened
            = fitting(next->transformer->config(), openDictionariesAt(path, m_options.resources));
        if (!opened)
            return fail(opened.error());
        next->dictionaries = std::move(*opened);
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

void EngineImpl::addDictionaries(std::string path, Reply<EngineState> reply)
{
    post<EngineState>(m_engineThread, Lane::Interactive, "open", std::move(reply),
        [this, path = std::move(path)](std::stop_token) -> Result<EngineState> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto opened = fitting(
                m_model.transformer->config(), openDictionariesAt(path, m_options.resources));
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

std::unique_ptr<Engine> makeEngine(const Engine::Options& options)
{
    return std::make_unique<EngineImpl>(options);
}

} // namespace core

extern "C" core::Engine* createEngine(const core::Engine::Options& options)
{
    return core::makeEngine(options).release();
}
