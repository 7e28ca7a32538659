#pragma once

#include "core/base/progress.h"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace core {

/// How soon a request's turn comes. One that runs lets those of an earlier lane in whenever it
/// gives way, so a click waits for one slice of what runs, never for all of it.
enum class Lane : std::uint8_t {
    Click, ///< A person is looking at the place where the answer will stand; a pass or less.
    Answer, ///< A person waits for it: a text, a trace, a model.
    Study, ///< Many passes: a swap test, a patching map.
    Background, ///< Minutes to hours: a harvest, a training.
};

/// A thread that owns something (the model, a database connection) and runs requests on it one at a
/// time.
///
/// Requests of a lane run in order, earlier lanes first. A request with a tag replaces a waiting
/// one with that tag and stops the running one, so that dragging a slider leaves only the latest
/// value to compute. Dropped requests are told so through `dropped`. Destroying it stops what runs,
/// drops the rest and joins.
///
/// A request with a tag that has to wait is told what for, as is one that has given way to more
/// than a click: when it is posted, again whenever what runs says how far it is, and with an empty
/// Progress when it starts.
class EngineThread {
public:
    struct Request {
        std::function<void(std::stop_token)> run;
        std::function<void()>
            dropped; ///< Called instead of `run` when a newer request took the place.
        std::string name = {}; ///< What those that wait for it are told until it says more.
    };
    /// How far the request with a tag is, or what it waits for. Called on any thread, without a
    /// lock.
    using Told = std::function<void(const std::string& tag, const Progress&)>;

    explicit EngineThread(Told told = {});
    ~EngineThread();
    EngineThread(const EngineThread&) = delete;
    EngineThread& operator=(const EngineThread&) = delete;

    void post(Lane lane, std::string tag, Request request);
    void cancel(const std::string& tag);
    void cancelAll();

    /// Called by a request that runs on this thread, between two slices of its work, with how far
    /// it is: runs what waits in earlier lanes, and returns when nothing does. On other threads it
    /// does nothing.
    void giveWay(const Progress& said = {});

private:
    struct Pending {
        std::string tag;
        Request request;
        bool isToldToWait = false;
    };
    using Queue = std::deque<Pending>;
    struct Running {
        std::string tag;
        Lane lane;
        Progress said;
        std::stop_source stop;
    };

    void run();
    /// The queue of the first lane before `end` that has something; null when none has.
    Queue* firstWaiting(std::size_t end);
    /// Takes the first of a queue and runs it; the lock is open meanwhile.
    void runFirst(Queue& queue, std::unique_lock<std::mutex>& lock);
    /// What a request with this tag would wait for now; empty when nothing runs but its like.
    Progress waitsFor(const std::string& tag);
    void tellThoseThatWait(std::unique_lock<std::mutex>& lock); ///< The lock is open meanwhile.
    void stopTagged(const std::string& tag, Queue& taken);
    static void tellDropped(Queue& dropped);

    const Told m_told;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::array<Queue, 4> m_waiting; // by lane
    std::vector<Running> m_running; // the last one works; those below it have given way
    bool m_isQuitting = false;
    std::thread m_thread; // last: it starts after everything above exists
};

} // namespace core
