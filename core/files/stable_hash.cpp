#include "core/files/stable_hash.h"

#include <cstring>

namespace core {

void StableHash::add(std::string_view bytes)
{
    add(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        add(word);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    add(rest);
}

std::string StableHash::hex() const
{
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
        text += kDigits[(m_state >> shift) & 15];
    return text;
}

} // namespace core
