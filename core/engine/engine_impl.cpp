#include "core/engine/engine_impl.h"

#include "core/api/make_engine.h"
#include "core/base/log.h"
#include "core/engine/guard.h"
#include "core/model/blas_check.h"
#include "core/model/thread_choice.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

/// A request that runs while another gives way starts in torch's usual modes, not in the other's.
struct UsualModes {
    const c10::InferenceMode inference{false};
    const at::AutoGradMode grad{true};
};

/// "swap-test" as a person reads it, for work that has not said yet what it does.
std::string inWords(std::string_view name)
{
    std::string words(name);
    std::replace(words.begin(), words.end(), '-', ' ');
    return words;
}

} // namespace

EngineImpl::EngineImpl(Options options)
    : m_bench(std::move(options))
    , m_workerThread(listener())
    , m_writerThread(listener())
    , m_readerThread(listener())
    , m_engineThread(listener())
{
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int threads
        = m_bench.options.threads > 0 ? m_bench.options.threads : std::max(1, cores - 1);
    m_engineThread.post(Lane::Click, "",
        {[this, threads](std::stop_token) {
             if (const auto problem = blasMemoryProblem(threads)) {
                 m_problem = {Error::Code::OutOfMemory, *problem};
                 return;
             }
             // torch throws where the system does not tell it its processors: without /proc.
             const auto ready = guarded([&]() -> Result<void> {
                 setTorchThreads(threads);
                 const BlasCheck check = checkBlas();
                 m_bench.blasNote = check.note;
                 if (check.isSlow)
                     logWarning("{}", check.note);
                 return {};
             });
             if (!ready)
                 m_problem = ready.error();
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

EngineThread::Told EngineImpl::listener()
{
    return
        [this](const std::string& tag, const Progress& progress) { tellProgress(tag, progress); };
}

void EngineImpl::tellProgress(const std::string& tag, const Progress& progress)
{
    const std::lock_guard lock(m_listenerMutex);
    if (m_listener)
        m_listener(tag, progress);
}

void EngineImpl::cancel(const std::string& tag)
{
    m_engineThread.cancel(tag);
    m_readerThread.cancel(tag);
    m_writerThread.cancel(tag);
    m_workerThread.cancel(tag);
}

void EngineImpl::cancelAll()
{
    m_engineThread.cancelAll();
    m_readerThread.cancelAll();
    m_workerThread.cancelAll();
}

std::pair<EngineThread*, WorkspaceAccess::Thread> EngineImpl::placeOf(Runs where)
{
    switch (where) {
    case Runs::OnReader:
        return {&m_readerThread, WorkspaceAccess::Thread::Reader};
    case Runs::OnWriter:
        return {&m_writerThread, WorkspaceAccess::Thread::Writer};
    case Runs::OnWorker:
        return {&m_workerThread, WorkspaceAccess::Thread::Worker};
    default:
        return {&m_engineThread, WorkspaceAccess::Thread::Engine};
    }
}

void EngineImpl::post(std::string tag, Posted posted)
{
    const RequestWork* const work = findWork(posted.name);
    if (!work) {
        posted.reply(fail(Error::Code::Internal,
            "The engine knows no request called `" + std::string(posted.name) + "`."));
        return;
    }
    const auto [thread, connection] = placeOf(work->where);
    const bool computes = connection == WorkspaceAccess::Thread::Engine;
    const bool isRead = connection == WorkspaceAccess::Thread::Reader;
    const Lane lane = computes ? static_cast<Lane>(work->where) : Lane::Click;
    std::string name = inWords(posted.name);
    auto reply = posted.reply;
    const auto run = [this, work, tag, posted = std::move(posted), isRead, computes,
                         connection = connection, thread = thread](std::stop_token stop) {
        if (computes && m_problem)
            return posted.reply(fail(*m_problem));
        const UsualModes modes;
        const std::stop_callback interrupt(stop, [this, isRead] {
            if (isRead)
                m_bench.workspace.interruptReader();
        });
        Context context{m_bench, connection, stop,
            [this, tag, computes, thread](const Progress& progress) {
                if (computes)
                    reviewTorchThreads();
                tellProgress(tag, progress);
                thread->giveWay(progress);
            },
            posted.onPart};
        auto result
            = guarded([&] { return work->run(posted.request.get(), context); }, m_bench.device());
        if (!result && stop.stop_requested())
            posted.reply(cancelled());
        else
            posted.reply(std::move(result));
    };
    thread->post(lane, std::move(tag), {run, [reply] { reply(cancelled()); }, std::move(name)});
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
