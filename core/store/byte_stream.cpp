#include "core/store/byte_stream.h"

#include <bit>

namespace core {

static_assert(std::endian::native == std::endian::little, "BLOBs are copied as they lie in memory");

void ByteWriter::count(std::uint64_t v)
{
    while (v >= 0x80) {
        m_bytes.push_back(static_cast<char>(v | 0x80));
        v >>= 7;
    }
    m_bytes.push_back(static_cast<char>(v));
}

void ByteWriter::text(std::string_view s)
{
    count(s.size());
    m_bytes.append(s);
}

std::uint64_t ByteReader::count()
{
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const auto byte = value<std::uint8_t>();
        v |= std::uint64_t(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    spoil();
    return 0;
}

std::size_t ByteReader::size(std::size_t bytesEach)
{
    const std::uint64_t n = count();
    if (n > m_bytes.size() / bytesEach) {
        spoil();
        return 0;
    }
    return n;
}

std::string ByteReader::text()
{
    const std::size_t n = size(1);
    std::string s(m_bytes.substr(0, n));
    m_bytes.remove_prefix(n);
    return s;
}

Result<void> ByteReader::check(const std::string& what) const
{
    if (m_isGood && m_bytes.empty())
        return {};
    return fail(Error::Code::InvalidFile,
        what
            + " is damaged or was written by another version. Harvest the dictionary again to "
              "replace it.");
}

} // namespace core
