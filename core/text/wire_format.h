#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace core {

/// One field of a protobuf message: a number, or bytes that may be a message themselves.
struct WireField {
    std::uint32_t number = 0;
    bool isBytes = false;
    std::uint64_t value = 0; ///< Of a varint or of fixed 32 or 64 bits.
    std::string_view bytes;

    float asFloat() const;
    bool asBool() const { return value != 0; }
    std::int32_t asInt32() const
    {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    }
};

/// Walks through a protobuf message without copying it.
class WireReader {
public:
    explicit WireReader(std::string_view message)
        : m_rest(message)
    {
    }
    /// The next field; nothing at the end or where the message is damaged.
    std::optional<WireField> next();
    bool isDamaged() const { return m_isDamaged; }

private:
    std::optional<std::uint64_t> varint();
    std::optional<std::uint64_t> fixed(std::size_t size);

    std::string_view m_rest;
    bool m_isDamaged = false;
};

} // namespace core
