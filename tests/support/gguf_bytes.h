#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

/// Writes GGUF files byte by byte, also ones that break a rule.
class GgufBytes {
public:
    GgufBytes& text(std::string_view key, std::string_view value)
    {
        entry(key, 8);
        m_entries += string(value);
        return *this;
    }
    GgufBytes& u32(std::string_view key, std::uint32_t value) { return number(key, 4, value); }
    GgufBytes& u16(std::string_view key, std::uint16_t value) { return number(key, 2, value); }
    GgufBytes& i32(std::string_view key, std::int32_t value) { return number(key, 5, value); }
    GgufBytes& f32(std::string_view key, float value) { return number(key, 6, value); }
    GgufBytes& truth(std::string_view key, std::uint8_t value) { return number(key, 7, value); }
    GgufBytes& texts(std::string_view key, const std::vector<std::string>& values)
    {
        entry(key, 9);
        m_entries += raw(std::uint32_t{8}) + raw(std::uint64_t{values.size()});
        for (const std::string& value : values)
            m_entries += string(value);
        return *this;
    }
    GgufBytes& i32s(std::string_view key, const std::vector<std::int32_t>& values)
    {
        return numbers(key, 5, values);
    }
    GgufBytes& f32s(std::string_view key, const std::vector<float>& values)
    {
        return numbers(key, 6, values);
    }
    /// A value of any type as its bytes.
    GgufBytes& value(std::string_view key, std::uint32_t type, std::string_view bytes)
    {
        entry(key, type);
        m_entries += bytes;
        return *this;
    }
    /// `sizes`: fastest first, as the file has them.
    GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes,
        std::uint32_t type, std::string_view data)
    {
        place(name, sizes, type, m_data.size());
        m_data += data;
        m_data.resize((m_data.size() + kAlignment - 1) / kAlignment * kAlignment, '\0');
        return *this;
    }
    /// An entry about a tensor that brings no data.
    GgufBytes& place(std::string_view name, const std::vector<std::uint64_t>& sizes,
        std::uint32_t type, std::uint64_t offset)
    {
        ++m_tensorCount;
        m_tensors += string(name) + raw(static_cast<std::uint32_t>(sizes.size()));
        for (const std::uint64_t size : sizes)
            m_tensors += raw(size);
        m_tensors += raw(type) + raw(offset);
        return *this;
    }

    std::string bytes(std::uint32_t version = 3, std::size_t alignment = kAlignment) const
    {
        std::string all = "GGUF" + raw(version) + raw(m_tensorCount) + raw(m_entryCount) + m_entries
            + m_tensors;
        all.resize((all.size() + alignment - 1) / alignment * alignment, '\0');
        return all + m_data;
    }

    static std::string string(std::string_view text)
    {
        return raw(std::uint64_t{text.size()}) + std::string(text);
    }
    template <typename Number> static std::string raw(Number number)
    {
        return {reinterpret_cast<const char*>(&number), sizeof number};
    }

private:
    static constexpr std::size_t kAlignment = 32;

    void entry(std::string_view key, std::uint32_t type)
    {
        ++m_entryCount;
        m_entries += string(key) + raw(type);
    }
    template <typename Number>
    GgufBytes& number(std::string_view key, std::uint32_t type, Number value)
    {
        entry(key, type);
        m_entries += raw(value);
        return *this;
    }
    template <typename Number>
    GgufBytes& numbers(std::string_view key, std::uint32_t type, const std::vector<Number>& values)
    {
        entry(key, 9);
        m_entries += raw(type) + raw(std::uint64_t{values.size()});
        for (const Number value : values)
            m_entries += raw(value);
        return *this;
    }

    std::uint64_t m_tensorCount = 0, m_entryCount = 0;
    std::string m_entries, m_tensors, m_data;
};

} // namespace tests
