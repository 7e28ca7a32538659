#pragma once

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
class EngineThread {
public:
    struct Request {
        std::function<void(std::stop_token)> run;
        std::function<void()>
            dropped; ///< Called instead of `run` when a newer request took the place.
    };

    EngineThread();
    ~EngineThread();
    EngineThread(const EngineThread&) = delete;
    EngineThread& operator=(const EngineThread&) = delete;

    void post(Lane lane, std::string tag, Request request);
    void cancel(const std::string& tag);
    void cancelAll();

    /// Called by a request that runs on this thread, between two slices of its work: runs what
    /// waits in earlier lanes, and returns when nothing does. On other threads it does nothing.
    void giveWay();

private:
    struct Pending {
        std::string tag;
        Request request;
    };
    using Queue = std::deque<Pending>;
    struct Running {
        std::string tag;
        Lane lane;
        std::stop_source stop;
    };

    void run();
    /// The queue of the first lane before `end` that has something; null when none has.
    Queue* firstWaiting(std::size_t end);
    /// Takes the first of a queue and runs it; the lock is open meanwhile.
    void runFirst(Queue& queue, std::unique_lock<std::mutex>& lock);
    void stopTagged(const std::string& tag, Queue& taken);
    static void tellDropped(Queue& dropped);

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::array<Queue, 4> m_waiting; // by lane
    std::vector<Running> m_running; // the last one works; those below it have given way
    bool m_isQuitting = false;
    std::thread m_thread; // last: it starts after everything above exists
};

} // namespace core
