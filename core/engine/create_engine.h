#pragma once

#include "core/api/engine.h"

#include <future>
#include <memory>

namespace core {

/// For programs that link the engine: starts its threads and returns at once.
std::unique_ptr<Engine> makeEngine(const Engine::Options& options);

/// Calls a request and waits for its answer. For the command line and tests; the window never
/// waits. `auto state = await<EngineState>([&](auto reply) { engine->openModel(path, reply); });`
template <typename T, typename Call> Result<std::shared_ptr<const T>> await(Call call)
{
    auto promise = std::make_shared<std::promise<Result<std::shared_ptr<const T>>>>();
    auto future = promise->get_future();
    call(Reply<T>([promise](Result<std::shared_ptr<const T>> result) {
        promise->set_value(std::move(result));
    }));
    return future.get();
}

} // namespace core
