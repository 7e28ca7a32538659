#pragma once

#include "core/base/result.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <c10/core/Device.h>

namespace core {

/// The error that an exception of torch, SQLite or the standard library stands for: OutOfMemory, or
/// Internal with the first line of its message.
/// `device`: where the model computes; an error of memory says what is free there.
Error errorFrom(const std::exception& exception, const c10::Device& device = c10::kCPU);

/// Runs `work` (which returns a Result) without gradients; this is the one place where exceptions
/// become errors.
template <typename Work>
auto guarded(Work&& work, const c10::Device& device = c10::kCPU) -> decltype(work())
{
    try {
        return work();
    } catch (const std::exception& exception) {
        return fail(errorFrom(exception, device));
    }
}

} // namespace core
