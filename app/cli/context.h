#pragma once

#include "app/cli/json.h"
#include "core/api/dictionary_info.h"
#include "core/api/engine.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace core {
struct EngineState;
}

namespace cli {

/// What a request answers.
template <core::Request R> using Answered = core::Result<std::shared_ptr<const typename R::Answer>>;

/// What every verb needs: the global options, the engine, progress, Ctrl+C and one way to print.
class Context {
public:
    std::string device = "auto";
    std::string dtype = "float32";
    int threads = 0;
    bool isJson = false;
    bool isQuiet = false;
    /// Set before the first request by a verb that needs what the window harvested for a model of
    /// one's own.
    bool usesWorkspaces = false;

    Context();
    ~Context();

    /// Asks and waits, with progress on a terminal. Ctrl+C stops the request, which then answers
    /// Cancelled, as does every later one. The engine starts with the first request.
    template <core::Request R> Answered<R> ask(R request, core::PartFn<R> onPart = {})
    {
        Answered<R> answer = core::cancelled();
        wait([&](core::Engine& engine, std::function<void()> done) {
            engine.ask(
                {}, std::move(request),
                [&answer, done = std::move(done)](Answered<R> arrived) {
                    answer = std::move(arrived);
                    done();
                },
                std::move(onPart));
        });
        return answer;
    }

    /// Opens a model with the dictionaries at `paths` and no others; without paths the built-in
    /// model brings its own. Answers what is open.
    core::Result<std::shared_ptr<const core::EngineState>> open(
        const std::string& model, const std::vector<std::string>& paths = {});

    /// Prints the result: one JSON object, or `text`.
    /// Where dictionaries were refused beside those that were opened, an object says so in
    /// `refused`.
    void print(const Json& json, const std::string& text) const;
    /// What progress on a terminal says besides, from now on; from any thread.
    void setProgressDetail(std::string detail);
    /// Warns on stderr of those that were not opened; `print` lists them.
    void noteRefused(const std::vector<core::RefusedDictionary>& refused);

private:
    using Start = std::function<void(core::Engine&, std::function<void()> done)>;
    void wait(const Start& start);
    core::Engine& engine();

    std::mutex m_detailGuard; ///< The engine's thread reads it.
    std::string m_detail;
    std::unique_ptr<core::Engine> m_engine;
    std::vector<core::RefusedDictionary> m_refused;
};

/// Exit codes of docs/command-line.md.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kCancelled = 130;

/// One line on stderr and the exit code for an error.
int report(const core::Error& error);

} // namespace cli
