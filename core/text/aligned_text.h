#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

/// A text on its way through the tokenizer that remembers, for each of its bytes, the byte range of
/// the input character it came from. Always valid UTF-8.
class AlignedText {
public:
    struct Range {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };

    AlignedText() = default;
    void reserve(std::size_t bytes);
    /// Invalid bytes of the input become U+FFFD that points at them.
    static AlignedText fromInput(std::string_view input);

    const std::string& text() const { return m_text; }
    bool isEmpty() const { return m_text.empty(); }
    Range source(std::size_t byte) const { return m_sources[byte]; }
    /// The input's range under bytes [begin, end) of this text.
    std::pair<int, int> sourceRange(std::size_t begin, std::size_t end) const;

    AlignedText slice(std::size_t begin, std::size_t end) const;
    void append(std::string_view text, Range source);
    void append(const AlignedText& other, std::size_t begin, std::size_t end);
    void append(char32_t codePoint, Range source);
    void prepend(
        std::string_view text); ///< The new bytes point at what the first character points at.

private:
    std::string m_text;
    std::vector<Range> m_sources;
};

} // namespace core
