#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace core {

/// What a request may wait behind: a click goes ahead of a training slice.
enum class Lane { Interactive, Background };

/// A thread that owns something (the model, a database connection) and runs requests on it one at a
/// time.
///
/// Requests of a lane run in order, interactive ones first. A request with a tag replaces a waiting
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

private:
    struct Pending {
        std::string tag;
        Request request;
    };
    using Queue = std::deque<Pending>;

    void run();
    void takeTagged(Queue& queue, const std::string& tag, Queue& taken);
    static void tellDropped(Queue& dropped);

    std::mutex m_mutex;
    std::condition_variable m_wake;
    Queue m_interactive;
    Queue m_background;
    std::string m_runningTag;
    std::stop_source m_running;
    bool m_isQuitting = false;
    std::thread m_thread; // last: it starts after everything above exists
};

} // namespace core
