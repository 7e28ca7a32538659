#pragma once

#include "core/api/engine.h"
#include "core/engine/engine_thread.h"
#include "core/engine/request_table.h"
#include "core/engine/workbench.h"

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace core {

/// The engine behind the interface: an engine thread that owns the model, and a reader, a writer
/// and a worker thread that own one workspace connection each. What requests do stands in files of
/// their own (request_table.h).
class EngineImpl : public Engine {
public:
    explicit EngineImpl(Options options);
    ~EngineImpl() override;

    void setProgressListener(ProgressListener listener) override;
    void cancel(const std::string& tag) override;
    void cancelAll() override;

protected:
    void post(std::string tag, Posted posted) override;

private:
    EngineThread::Told listener();
    /// The thread that a request runs on, and whose workspace connection is its.
    std::pair<EngineThread*, WorkspaceAccess::Thread> placeOf(Runs where);
    void tellProgress(const std::string& tag, const Progress& progress);

    Workbench m_bench;
    std::optional<Error> m_problem; ///< Why nothing can be computed here; of the engine thread.
    std::recursive_mutex m_listenerMutex; // a listener may ask for more
    ProgressListener m_listener;

    // Last, so that they stop and join before what they use goes.
    EngineThread m_workerThread;
    EngineThread m_writerThread;
    EngineThread m_readerThread;
    EngineThread m_engineThread;
};

} // namespace core
