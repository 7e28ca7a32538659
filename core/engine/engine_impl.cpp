#include "core/engine/engine_impl.h"

#include "core/base/log.h"
#include "core/api/make_engine.h"
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

std::unique_ptr<Engine> makeEngine(const Engine::Options& options)
{
    return std::make_unique<EngineImpl>(options);
}

} // namespace core

extern "C" core::Engine* createEngine(const core::Engine::Options& options)
{
    return core::makeEngine(options).release();
}
