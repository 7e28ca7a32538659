#include "core/files/npy_header.h"

#include "core/files/array_memory.h"

#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace core {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLargestHeader = 10'000; // numpy's own limit
constexpr std::size_t kMostDimensions = 64; // numpy's own limit since 2.0

struct NpyType {
    std::string_view name; // kind and bytes
    DType dtype;
    std::size_t itemBytes;
};

constexpr std::array<NpyType, 14> kTypes{
    {{"f2", DType::F16, 2}, {"f4", DType::F32, 4}, {"f8", DType::F64, 8}, {"i1", DType::I8, 1},
        {"i2", DType::I16, 2}, {"i4", DType::I32, 4}, {"i8", DType::I64, 8}, {"u1", DType::U8, 1},
        {"u2", DType::U16, 2}, {"u4", DType::U32, 4}, {"u8", DType::U64, 8}, {"b1", DType::Bool, 1},
        {"c8", DType::Other, 8}, {"c16", DType::Other, 16}}};

struct NpyProblem {
    Error::Code code;
    std::string message;
};

[[noreturn]] void invalid(const std::string& problem)
{
    throw NpyProblem{Error::Code::InvalidFile,
        "not a valid npy array: " + problem
            + ". The file may be cut short or damaged; save or fetch it again."};
}

[[noreturn]] void unsupported(const std::string& problem)
{
    throw NpyProblem{Error::Code::Unsupported, problem};
}

std::string printable(std::string_view text)
{
    std::string result;
    for (const char c : text.substr(0, 40))
        result += c >= ' ' && c <= '~' ? c : '?';
    return result;
}

/// Reads the dictionary that numpy prints: {'descr': '<f4', 'fortran_order': False, 'shape': (3,),
/// }
class Literal {
public:
    explicit Literal(std::string_view text)
        : m_text(text)
    {
    }

    bool take(char c)
    {
        skipSpace();
        if (m_at == m_text.size() || m_text[m_at] != c)
            return false;
        ++m_at;
        return true;
    }
    void expect(char c)
    {
        if (!take(c))
            invalid(std::string("its header lacks `") + c + "` at column " + std::to_string(m_at));
    }
    bool isAtEnd()
    {
        skipSpace();
        return m_at == m_text.size();
    }
    bool isNext(char c)
    {
        skipSpace();
        return m_at < m_text.size() && m_text[m_at] == c;
    }
    std::string_view string()
    {
        const char quote = isNext('"') ? '"' : '\'';
        expect(quote);
        const std::size_t end = m_text.find(quote, m_at);
        if (end == std::string_view::npos)
            invalid("a quoted text of its header does not end");
        const std::string_view text = m_text.substr(m_at, end - m_at);
        if (text.find('\\') != std::string_view::npos)
            invalid("a quoted text of its header holds a backslash");
        m_at = end + 1;
        return text;
    }
    bool boolean()
    {
        skipSpace();
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "True" : "False";
            if (m_text.substr(m_at).starts_with(word)) {
                m_at += word.size();
                return value;
            }
        }
        invalid("`fortran_order` must be True or False");
    }
    std::int64_t size()
    {
        skipSpace();
        const std::size_t start = m_at;
        std::int64_t value = 0;
        for (; m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '9'; ++m_at)
            if (__builtin_mul_overflow(value, 10, &value)
                || __builtin_add_overflow(value, m_text[m_at] - '0', &value))
                invalid("a size in `shape` does not fit 64 bits");
        if (m_at == start)
            invalid("`shape` must hold whole numbers from 0");
        if (m_at < m_text.size() && m_text[m_at] == 'L')
            ++m_at; // Python 2 printed long integers so
        return value;
    }
    std::vector<std::int64_t> shape()
    {
        std::vector<std::int64_t> sizes;
        expect('(');
        bool hasComma = false;
        while (!take(')')) {
            if (!sizes.empty() && !hasComma)
                invalid("`shape` lacks a comma");
            if (sizes.size() == kMostDimensions)
                invalid("`shape` has more than " + std::to_string(kMostDimensions) + " dimensions");
            sizes.push_back(size());
            hasComma = take(',');
        }
        if (sizes.size() == 1 && !hasComma)
            invalid("`shape` must be a tuple"); // (3) is a number in parentheses
        return sizes;
    }

private:
    void skipSpace()
    {
        while (m_at < m_text.size() && std::strchr(" \t\r\n", m_text[m_at]) && m_text[m_at])
            ++m_at;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
};

void setType(NpyHeader& header, std::string_view descr)
{
    std::string_view name = descr;
    char order = '=';
    if (!name.empty() && std::strchr("<>|=", name[0])) {
        order = name[0];
        name.remove_prefix(1);
    }
    for (const NpyType& type : kTypes) {
        if (type.name != name)
            continue;
        header.dtype = type.dtype;
        header.itemBytes = type.itemBytes;
        if (order == '>' && type.itemBytes > 1)
            header.swapUnit = name[0] == 'c' ? type.itemBytes / 2 : type.itemBytes;
        return;
    }
    const std::string quoted = "elements of type `" + printable(descr) + "` ";
    if (name.starts_with('O'))
        unsupported(
            quoted + "are pickled Python objects, which are never loaded. Save arrays of numbers.");
    if (name == "V2")
        unsupported(quoted
            + "have no meaning of their own (bfloat16 is sometimes saved so). Save them as "
              "float32, or as safetensors.");
    unsupported(quoted + "are not read. Save the array as float32 or another plain number type.");
}

NpyHeader parse(std::span<const std::byte> bytes)
{
    const auto byteAt = [&](std::size_t i) { return static_cast<std::size_t>(bytes[i]); };
    if (bytes.size() < 10 || !looksLikeNpy(bytes))
        invalid("it does not begin as one");
    const std::size_t major = byteAt(6);
    if (major < 1 || major > 3 || byteAt(7) != 0)
        unsupported("npy version " + std::to_string(major) + "." + std::to_string(byteAt(7))
            + " is not read; 1.0, 2.0 and 3.0 are. Save the array with numpy.");
    const std::size_t lengthBytes = major == 1 ? 2 : 4;
    if (bytes.size() < 8 + lengthBytes)
        invalid("it ends inside its header");
    std::size_t length = 0;
    for (std::size_t i = lengthBytes; i-- > 0;)
        length = length << 8 | byteAt(8 + i);
    if (length > kLargestHeader)
        invalid("its header claims " + std::to_string(length) + " bytes; at most "
            + std::to_string(kLargestHeader) + " are sensible");
    NpyHeader header;
    header.dataOffset = 8 + lengthBytes + length;
    if (header.dataOffset > bytes.size())
        invalid("it ends inside its header");

    Literal text({reinterpret_cast<const char*>(bytes.data()) + 8 + lengthBytes, length});
    std::optional<std::string_view> descr;
    std::optional<bool> isColumnMajor;
    std::optional<std::vector<std::int64_t>> shape;
    text.expect('{');
    bool hasComma = true;
    while (!text.take('}')) {
        if (!hasComma)
            invalid("its header lacks a comma");
        const std::string_view key = text.string();
        text.expect(':');
        const bool isKnown = key == "descr" ? !descr
            : key == "fortran_order"        ? !isColumnMajor
            : key == "shape"                ? !shape
                                            : false;
        if (!isKnown)
            invalid("its header names `" + printable(key) + "`, unknown or for the second time");
        if (key == "fortran_order") {
            isColumnMajor = text.boolean();
        } else if (key == "shape") {
            shape = text.shape();
        } else {
            if (text.isNext('['))
                unsupported("its elements are structures of several fields. Save each field as an "
                            "array of its own.");
            descr = text.string();
        }
        hasComma = text.take(',');
    }
    if (!text.isAtEnd())
        invalid("something follows the dictionary of its header");
    if (!descr || !isColumnMajor || !shape)
        invalid("its header must name `descr`, `fortran_order` and `shape`");
    setType(header, *descr);
    header.isColumnMajor = *isColumnMajor;
    header.shape = *shape;
    const auto count = elementCount(header.shape);
    if (!count || __builtin_mul_overflow(*count, header.itemBytes, &header.dataBytes))
        invalid("its shape needs more bytes than 64 bits can count");
    const std::uint64_t present = bytes.size() - header.dataOffset;
    if (present != header.dataBytes)
        invalid("its shape needs " + std::to_string(header.dataBytes) + " bytes, but "
            + std::to_string(present) + " follow its header");
    return header;
}

} // namespace

bool looksLikeNpy(std::span<const std::byte> bytes)
{
    return bytes.size() >= kMagic.size()
        && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<NpyHeader> readNpyHeader(std::span<const std::byte> bytes, const std::string& where)
{
    try {
        return parse(bytes);
    } catch (const NpyProblem& problem) {
        return fail(problem.code, where + ": " + problem.message);
    }
}

} // namespace core
