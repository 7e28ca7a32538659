#include "core/text/wire_format.h"

#include <bit>

namespace core {

float WireField::asFloat() const
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::optional<std::uint64_t> WireReader::varint()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (m_rest.empty())
            return std::nullopt;
        const auto byte = static_cast<unsigned char>(m_rest.front());
        m_rest.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7fu) << shift;
        if (byte < 0x80)
            return value;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> WireReader::fixed(std::size_t size)
{
    if (m_rest.size() < size)
        return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(m_rest[i])) << (8 * i);
    m_rest.remove_prefix(size);
    return value;
}

std::optional<WireField> WireReader::next()
{
    if (m_rest.empty() || m_isDamaged)
        return std::nullopt;
    const auto key = varint();
    std::optional<std::uint64_t> value;
    const std::uint64_t kind = key ? *key & 7u : 6u;
    if (kind == 0 || kind == 2)
        value = varint();
    else if (kind == 1)
        value = fixed(8);
    else if (kind == 5)
        value = fixed(4);
    // Kinds 3 and 4 are groups, which these files do not have.
    const bool isTooLong = kind == 2 && value && *value > m_rest.size();
    if (!value || isTooLong || (*key >> 3u) == 0 || (*key >> 3u) > 0x1fffffffu) {
        m_isDamaged = true;
        return std::nullopt;
    }
    WireField field;
    field.number = static_cast<std::uint32_t>(*key >> 3u);
    field.isBytes = kind == 2;
    if (field.isBytes) {
        field.bytes = m_rest.substr(0, static_cast<std::size_t>(*value));
        m_rest.remove_prefix(field.bytes.size());
    } else {
        field.value = *value;
    }
    return field;
}

} // namespace core
