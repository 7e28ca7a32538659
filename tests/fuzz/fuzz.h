#pragma once

#include "tests/core/files/memory_file.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

/// What every fuzz target shares. A target reads its bytes with one reader and then uses what came
/// out; it checks nothing but that nothing crashes, and that what is refused says why.
namespace fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size)
{
    return {reinterpret_cast<const char*>(data), size};
}

/// The result, if any; a refusal must have a message.
template <typename Result> bool accepted(const Result& result)
{
    if (!result && result.error().message.empty())
        std::abort();
    return static_cast<bool>(result);
}

/// Keeps the compiler from dropping reads.
inline volatile std::size_t sink = 0;

template <typename Tensors> void readAll(const Tensors& tensors)
{
    std::size_t sum = 0;
    for (const auto& tensor : tensors) {
        sum += tensor.name.size() + tensor.shape.size();
        for (const std::byte b : tensor.bytes)
            sum += static_cast<std::size_t>(b);
    }
    sink = sink + sum;
}

} // namespace fuzz
