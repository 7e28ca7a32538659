#include "core/files/gguf_file.h"

#include "core/files/gguf_types.h"
#include "core/files/utf8_check.h"

#include <cstring>
#include <limits>

namespace core {

namespace {

template <typename Number> double numberAt(std::span<const std::byte> bytes, std::size_t index)
{
    Number value{};
    std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
    return static_cast<double>(value);
}

} // namespace

std::optional<double> GgufList::number(std::size_t index) const
{
    const std::size_t width = ggufTypeBytes(static_cast<GgufType>(type));
    if (width == 0 || (index + 1) * width > bytes.size())
        return std::nullopt;
    switch (static_cast<GgufType>(type)) {
    case GgufType::U8:
    case GgufType::Bool:
        return numberAt<std::uint8_t>(bytes, index);
    case GgufType::I8:
        return numberAt<std::int8_t>(bytes, index);
    case GgufType::U16:
        return numberAt<std::uint16_t>(bytes, index);
    case GgufType::I16:
        return numberAt<std::int16_t>(bytes, index);
    case GgufType::U32:
        return numberAt<std::uint32_t>(bytes, index);
    case GgufType::I32:
        return numberAt<std::int32_t>(bytes, index);
    case GgufType::F32:
        return numberAt<float>(bytes, index);
    case GgufType::U64:
        return numberAt<std::uint64_t>(bytes, index);
    case GgufType::I64:
        return numberAt<std::int64_t>(bytes, index);
    case GgufType::F64:
        return numberAt<double>(bytes, index);
    case GgufType::Text:
    case GgufType::List:
        break;
    }
    return std::nullopt;
}

const std::filesystem::path& GgufFile::path() const
{
    return m_file->path();
}

const TensorView* GgufFile::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

const GgufValue* GgufFile::value(std::string_view key) const
{
    const auto found = m_metadata.find(key);
    return found == m_metadata.end() ? nullptr : &found->second;
}

tl::unexpected<Error> GgufFile::invalid(std::string_view key, const std::string& problem) const
{
    return fail(Error::Code::InvalidFile,
        path().string() + ": metadata `" + std::string(key) + "` " + problem
            + ". The file may be damaged or made by a faulty program; fetch another.");
}

Result<std::optional<std::string>> GgufFile::text(std::string_view key) const
{
    const GgufValue* found = value(key);
    if (!found)
        return std::nullopt;
    const auto* text = std::get_if<std::string_view>(found);
    if (!text || !isUtf8(*text))
        return invalid(key, "must be a text");
    return std::string(*text);
}

Result<std::optional<std::int64_t>> GgufFile::whole(std::string_view key) const
{
    const GgufValue* found = value(key);
    if (!found)
        return std::nullopt;
    if (const auto* number = std::get_if<std::int64_t>(found))
        return *number;
    const auto* number = std::get_if<std::uint64_t>(found);
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return invalid(key, "must be a whole number");
    return static_cast<std::int64_t>(*number);
}

Result<std::optional<double>> GgufFile::number(std::string_view key) const
{
    const GgufValue* found = value(key);
    if (!found)
        return std::nullopt;
    if (const auto* number = std::get_if<double>(found))
        return *number;
    const auto number = whole(key);
    if (!number)
        return invalid(key, "must be a number");
    return static_cast<double>(**number);
}

Result<std::optional<bool>> GgufFile::truth(std::string_view key) const
{
    const GgufValue* found = value(key);
    if (!found)
        return std::nullopt;
    if (const auto* truth = std::get_if<bool>(found))
        return *truth;
    return invalid(key, "must be true or false");
}

Result<const GgufList*> GgufFile::list(std::string_view key) const
{
    const GgufValue* found = value(key);
    if (!found)
        return nullptr;
    if (const auto* list = std::get_if<GgufList>(found))
        return list;
    return invalid(key, "must be a list");
}

} // namespace core
