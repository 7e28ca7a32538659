#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace core {

/// Builds a BLOB: little-endian numbers behind a format mark and version.
class ByteWriter {
public:
    ByteWriter() = default;
    ByteWriter(char mark, std::uint8_t version)
    {
        value(mark);
        value(version);
    }

    template <typename T> void value(T v)
    {
        static_assert(std::is_arithmetic_v<T>);
        m_bytes.append(reinterpret_cast<const char*>(&v), sizeof v);
    }
    /// 7 bits a byte, low first: small numbers take one byte.
    void count(std::uint64_t v);
    void text(std::string_view s);
    template <typename T> void array(const std::vector<T>& values)
    {
        static_assert(std::is_arithmetic_v<T>);
        count(values.size());
        m_bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    }

    std::string take() { return std::move(m_bytes); }

private:
    std::string m_bytes;
};

/// Reads what ByteWriter wrote. After the first step outside the bytes everything reads as zero and
/// `check` says so: a damaged BLOB is an error, never a crash or a huge allocation.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes)
        : m_bytes(bytes)
    {
    }
    ByteReader(std::string_view bytes, char mark, std::uint8_t version)
        : m_bytes(bytes)
    {
        if (value<char>() != mark || value<std::uint8_t>() != version)
            spoil();
    }

    template <typename T> T value()
    {
        static_assert(std::is_arithmetic_v<T>);
        T v{};
        if (m_bytes.size() < sizeof v) {
            spoil();
            return v;
        }
        std::memcpy(&v, m_bytes.data(), sizeof v);
        m_bytes.remove_prefix(sizeof v);
        return v;
    }
    std::uint64_t count();
    /// A count of things that take at least `bytesEach`; more than can be left is damage.
    std::size_t size(std::size_t bytesEach);
    std::string text();
    template <typename T> std::vector<T> array()
    {
        std::vector<T> values(size(sizeof(T)));
        if (!values.empty())
            std::memcpy(values.data(), m_bytes.data(), values.size() * sizeof(T));
        m_bytes.remove_prefix(values.size() * sizeof(T));
        return values;
    }

    bool isGood() const { return m_isGood; }
    void spoil()
    {
        m_isGood = false;
        m_bytes = {};
    }
    /// Good and read to the last byte; otherwise an error that names `what`.
    Result<void> check(const std::string& what) const;

private:
    std::string_view m_bytes;
    bool m_isGood = true;
};

} // namespace core
