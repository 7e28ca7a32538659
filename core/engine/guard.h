#pragma once

#include "core/base/result.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace core {

/// The error that an exception of torch, SQLite or the standard library stands for: OutOfMemory, or
/// Internal with the first line of its message.
Error errorFrom(const std::exception& exception);

/// Runs `work` (which returns a Result) without gradients; this is the one place where exceptions
/// become errors.
template <typename Work> auto guarded(Work&& work) -> decltype(work())
{
    try {
        return work();
    } catch (const std::exception& exception) {
        return fail(errorFrom(exception));
    }
}

} // namespace core
