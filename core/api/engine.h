#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace core {

/// A plain struct that says what is asked, names its answer (`Answer`, a plain value) and has a
/// name of its own (`kName`). A captured request repeats the result. Its work is `run` in the file
/// of core/engine that has its name.
template <typename R>
concept Request = requires
{
    typename R::Answer;
    {
        R::kName
        } -> std::convertible_to<std::string_view>;
};

/// What a request tells while it runs (`Part`), when it tells anything.
template <typename R> struct PartOf {
    using Type = std::monostate;
};
template <typename R>
requires requires
{
    typename R::Part;
}
struct PartOf<R> {
    using Type = typename R::Part;
};

/// Answers arrive once, on an engine thread, as an immutable value or an error (Cancelled when a
/// newer request with the same tag took its place).
template <typename T> using Reply = std::function<void(Result<std::shared_ptr<const T>>)>;

/// Called on an engine thread while the request runs; must return at once.
template <typename R> using PartFn = std::function<void(const typename PartOf<R>::Type&)>;

/// Everything the program can do, for the window and the command line alike.
///
/// Call from any thread; every call returns at once. A request replaces the waiting one with its
/// tag and stops the running one; with an empty tag it replaces none. One thread owns the model.
/// Long work gives way between its slices, so that a click beside it is answered at once; what only
/// reads or writes the workspace runs on threads of its own.
class Engine {
public:
    struct Options {
        std::string resources; ///< Folder with `builtin/`.
        std::string dataFolder; ///< Where workspaces are kept; created when missing.
        int threads = 0; ///< 0 = all cores but one, at least one.
        std::string device = "auto";
        std::string dtype = "float32"; ///< Unless a request to open says otherwise.
        /// Models that are opened get a workspace in the data folder; otherwise only the built-in
        /// one has one.
        bool keepsWorkspaces = true;
    };
    using ProgressListener = std::function<void(const std::string& tag, const Progress&)>;

    virtual ~Engine() = default; ///< Stops every request, joins the threads.

    virtual void setProgressListener(ProgressListener listener) = 0;
    virtual void cancel(const std::string& tag) = 0;
    virtual void cancelAll() = 0;

    template <Request R>
    void ask(std::string tag, R request, Reply<typename R::Answer> reply, PartFn<R> onPart = {})
    {
        using Answer = typename R::Answer;
        Posted posted{R::kName, std::make_shared<const R>(std::move(request)), {}, {}};
        posted.reply = [reply = std::move(reply)](Result<std::shared_ptr<const void>> result) {
            if (result)
                reply(std::static_pointer_cast<const Answer>(std::move(*result)));
            else
                reply(fail(std::move(result.error())));
        };
        if (onPart)
            posted.onPart = [onPart = std::move(onPart)](const void* part) {
                onPart(*static_cast<const typename PartOf<R>::Type*>(part));
            };
        post(std::move(tag), std::move(posted));
    }

    /// A request without its type: `kName` says what the pointers point to.
    struct Posted {
        std::string_view name;
        std::shared_ptr<const void> request;
        std::function<void(Result<std::shared_ptr<const void>>)> reply;
        std::function<void(const void* part)> onPart; ///< May be empty.
    };

protected:
    virtual void post(std::string tag, Posted posted) = 0;
};

using CreateEngineFn = Engine* (*)(const Engine::Options&);

} // namespace core

/// The one symbol the window looks up after it has opened the core library at run time.
extern "C" core::Engine* createEngine(const core::Engine::Options& options);
