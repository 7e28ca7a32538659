#pragma once

#include <string>
#include <vector>

namespace core {

/// Single words of the world in small letters, for rows of random words. Sorted, no repeats.
const std::vector<std::string>& wordPool();

} // namespace core
