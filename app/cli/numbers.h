#pragma once

#include <charconv>
#include <optional>
#include <string>

namespace cli {

/// The number that the whole text spells; none for anything else.
template <typename Number> std::optional<Number> parseNumber(const std::string& text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace cli
