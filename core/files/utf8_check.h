#pragma once

#include <string_view>

namespace core {

/// Whether every byte belongs to a character of UTF-8 (no surrogates, no overlong forms).
bool isUtf8(std::string_view text);

} // namespace core
