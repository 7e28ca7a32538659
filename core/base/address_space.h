#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <sys/mman.h>
#include <sys/resource.h>

namespace core {

/// Asks the system for `bytes` of address space and gives them back. Empty when they are to be had,
/// else one sentence with the figures. OpenBLAS asks again for ever where it gets none, so whoever
/// is about to need it asks here first. Plain enough for a program that has loaded nothing yet.
inline std::optional<std::string> addressSpaceProblem(std::size_t bytes, const std::string& what)
{
    void* const place = ::mmap(
        nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place != MAP_FAILED) {
        ::munmap(place, bytes);
        return std::nullopt;
    }
    const auto inMebibytes = [](std::size_t size) { return std::to_string(size >> 20) + " MiB"; };
    std::string sentence = what + " needs " + inMebibytes(bytes)
        + " of address space, which the system does not give. ";
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        sentence += "The limit for this program is " + inMebibytes(limit.rlim_cur)
            + " (ulimit -v): raise it.";
    else
        sentence += "Close other programs, or use fewer threads.";
    return sentence;
}

} // namespace core
