#pragma once

#include "core/api/engine.h"
#include "core/api/engine_state.h"
#include "core/api/open_model.h"
#include "core/engine/loaded_model.h"
#include "core/engine/traced_graphs.h"
#include "core/engine/workspace_access.h"
#include "core/model/precision.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace core {

struct OpenTraining;

/// What is open: one model with its dictionaries, its workspace, the graphs traced on it.
///
/// Changed on the engine thread alone. A model once open is never changed, another takes its place:
/// work that gives way keeps the one that it began with.
class Workbench {
public:
    explicit Workbench(Engine::Options chosen)
        : options(std::move(chosen))
    {
    }

    const Engine::Options options;
    WorkspaceAccess workspace; ///< Guards itself; hands each thread its own connection.
    TracedGraphs graphs; ///< Engine thread.
    std::shared_ptr<OpenTraining> training; ///< Engine thread; paused, for this model.
    std::string blasNote; ///< Why linear algebra is slow here; empty when it is not.

    /// Any thread; an error says that no model is open.
    Result<std::shared_ptr<const LoadedModel>> model() const;
    bool hasModel() const { return m_model != nullptr; }
    c10::Device device() const; ///< Any thread: of the open model; the CPU without one.
    EngineState state() const; ///< Engine thread.
    /// What a request asks for, else what the engine was started with. With `fallsBackToCpu`, and
    /// where the device is not on this machine, the cpu; `note` then says so.
    Result<Precision> precisionOf(
        const OpenModelRequest& request, std::string* note = nullptr) const;

    /// Puts another model in place, with its workspace (empty: none), once all about it is known.
    Result<void> put(
        LoadedModel next, const std::filesystem::path& workspacePath, const ProgressFn& progress);
    /// The same model with other dictionaries.
    Result<void> putDictionaries(Dictionaries dictionaries, const ProgressFn& progress);
    /// Which of those at `path` could not be opened, in place of what was known of them before.
    void noteRefused(const std::string& path, std::vector<RefusedDictionary> refused);
    /// Closes the dictionary called `name`.
    Result<void> close(const std::string& name);
    /// A workspace alone, without a model; its own dictionaries are told of.
    Result<void> putWorkspace(const std::filesystem::path& path);
    /// What the workspace knows of the open dictionaries, read anew.
    Result<void> refresh(const ProgressFn& progress);

    std::vector<std::string> openDictionaryNames() const; ///< Any thread.

private:
    static Result<std::vector<DictionaryInfo>> infosOf(const LoadedModel& model,
        const std::filesystem::path& workspacePath, const ProgressFn& progress);
    void setInfos(std::vector<DictionaryInfo> infos);
    void setModel(std::shared_ptr<const LoadedModel> model);

    std::shared_ptr<const LoadedModel> m_model; ///< Written under the lock.
    std::vector<RefusedDictionary> m_refused; ///< For the open model.
    mutable std::mutex m_mutex; // for those who are not on the engine thread
    std::vector<DictionaryInfo> m_infos;
};

} // namespace core
