#pragma once

#include "core/api/engine.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests {

/// An engine without a model: every request is recorded and answered from a script, at once or when
/// the test says so. Single-threaded; answers come on the thread that asks or releases.
class FakeEngine : public core::Engine {
    struct AnyScript {
        virtual ~AnyScript() = default;
        /// Records the request and passes its parts on; the result gives the answer.
        virtual std::function<void()> play(std::string tag, Posted posted) = 0;
    };

public:
    /// How the requests of one type are answered, and those that came.
    template <core::Request R> struct Script : AnyScript {
        std::vector<R> calls;
        std::vector<std::string> tags; ///< One for each call.
        std::vector<typename core::PartOf<R>::Type> parts; ///< Given before each answer.
        /// Set by FakeEngine's constructor to the sample world.
        std::function<core::Result<typename R::Answer>(const R&)> answer;

        void failWith(
            const std::string& message, core::Error::Code code = core::Error::Code::InvalidFile)
        {
            answer = [message, code](const R&) { return core::fail(code, message); };
        }

    private:
        std::function<void()> play(std::string tag, Posted posted) override;
    };

    FakeEngine(); ///< Answers as in sample_results.h, _patching.h and _steering.h.
    ~FakeEngine() override;

    template <core::Request R> Script<R>& script()
    {
        std::unique_ptr<AnyScript>& found = m_scripts[R::kName];
        if (!found) {
            found = std::make_unique<Script<R>>();
            script<R>().failWith("no script answers " + std::string(R::kName));
        }
        return static_cast<Script<R>&>(*found);
    }

    std::vector<std::string> cancelled;
    ProgressListener progress;

    void hold() { m_isHolding = true; } ///< Answers wait from now on.
    int waiting() const { return static_cast<int>(m_waiting.size()); }
    void release(int index); ///< One of the waiting answers, in any order.
    void releaseAll(); ///< And hold no more.
    bool* destroyed = nullptr; ///< Set to true by the destructor.

    void setProgressListener(ProgressListener listener) override { progress = std::move(listener); }
    void cancel(const std::string& tag) override { cancelled.push_back(tag); }
    void cancelAll() override { cancelled.emplace_back("*"); }

protected:
    void post(std::string tag, Posted posted) override;

private:
    std::map<std::string_view, std::unique_ptr<AnyScript>> m_scripts; ///< By name of the request.
    bool m_isHolding = false;
    std::deque<std::function<void()>> m_waiting;
};

template <core::Request R>
std::function<void()> FakeEngine::Script<R>::play(std::string tag, Posted posted)
{
    const auto request = std::static_pointer_cast<const R>(posted.request);
    calls.push_back(*request);
    tags.push_back(std::move(tag));
    if (posted.onPart) {
        for (const auto& part : parts)
            posted.onPart(&part);
    }
    return [make = answer, request, reply = std::move(posted.reply)] {
        auto result = make(*request);
        if (result)
            reply(std::make_shared<const typename R::Answer>(std::move(*result)));
        else
            reply(core::fail(result.error()));
    };
}

} // namespace tests
