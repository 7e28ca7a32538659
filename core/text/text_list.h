#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Many short texts, one behind the other in one block of memory: hundreds of thousands of them
/// cost two allocations. What operator[] gives is good until the next add().
class TextList {
public:
    void add(std::string_view text)
    {
        m_bytes.append(text);
        m_ends.push_back(m_bytes.size());
    }
    std::size_t size() const { return m_ends.size(); }
    std::string_view operator[](std::size_t place) const
    {
        const std::size_t begin = place > 0 ? m_ends[place - 1] : 0;
        return {m_bytes.data() + begin, m_ends[place] - begin};
    }

private:
    std::string m_bytes;
    std::vector<std::size_t> m_ends;
};

} // namespace core
