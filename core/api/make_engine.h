#pragma once

#include "core/api/engine.h"

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace core {

/// For programs that link the engine: starts its threads and returns at once.
std::unique_ptr<Engine> makeEngine(const Engine::Options& options);

/// Asks and waits for the answer. For the command line and tests; the window never waits.
template <Request R>
Result<std::shared_ptr<const typename R::Answer>> askAndWait(
    Engine& engine, std::string tag, R request, PartFn<R> onPart = {})
{
    using Answer = Result<std::shared_ptr<const typename R::Answer>>;
    auto promise = std::make_shared<std::promise<Answer>>();
    auto future = promise->get_future();
    engine.ask(
        std::move(tag), std::move(request),
        [promise](Answer answer) { promise->set_value(std::move(answer)); }, std::move(onPart));
    return future.get();
}

} // namespace core
