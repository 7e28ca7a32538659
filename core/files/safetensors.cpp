#include "core/files/safetensors.h"

#include "core/files/dtype_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

namespace core {

static_assert(std::endian::native == std::endian::little,
    "safetensors data is mapped as it lies in the file");

namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000; // the reference reader's limit
constexpr int kMaxHeaderDepth = 3; // header, tensor, shape

struct HeaderProblem : std::exception {
    explicit HeaderProblem(std::string text)
        : message(std::move(text))
    {
    }
    std::string message;
};

/// Stops the parser at names that occur twice and at nesting that no header has.
struct HeaderGuard {
    std::vector<std::set<std::string>> keys;

    bool operator()(int depth, json::parse_event_t event, const json& value)
    {
        if (depth > kMaxHeaderDepth)
            throw HeaderProblem("brackets are nested too deep");
        if (event == json::parse_event_t::object_start)
            keys.emplace_back();
        else if (event == json::parse_event_t::object_end)
            keys.pop_back();
        else if (event == json::parse_event_t::key
            && !keys.back().insert(value.get<std::string>()).second)
            throw HeaderProblem("the name `" + value.get<std::string>() + "` occurs twice");
        return true;
    }
};

struct Entry {
    std::string name;
    const DTypeEntry* dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin;
    std::uint64_t end;
};

std::uint64_t sizeFrom(const json& value, const std::string& tensor, const char* field)
{
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMax)
        throw HeaderProblem(
            "tensor `" + tensor + "`: `" + field + "` must hold whole numbers from 0");
    return value.get<std::uint64_t>();
}

Entry entryFrom(const std::string& name, const json& value)
{
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype")
        || !value.contains("shape") || !value.contains("data_offsets"))
        throw HeaderProblem("tensor `" + name
            + "` must have `dtype`, `shape` and `data_offsets`, and nothing else");
    Entry entry{name, nullptr, {}, 0, 0};
    const json& dtype = value["dtype"];
    if (dtype.is_string())
        entry.dtype = findDType(dtype.get_ref<const std::string&>());
    if (!entry.dtype)
        throw HeaderProblem(
            "tensor `" + name + "` has the unknown dtype " + dtype.dump().substr(0, 40));
    if (!value["shape"].is_array())
        throw HeaderProblem("tensor `" + name + "`: `shape` must be a list");
    for (const json& size : value["shape"])
        entry.shape.push_back(static_cast<std::int64_t>(sizeFrom(size, name, "shape")));
    const json& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2)
        throw HeaderProblem("tensor `" + name + "`: `data_offsets` must be [begin, end]");
    entry.begin = sizeFrom(offsets[0], name, "data_offsets");
    entry.end = sizeFrom(offsets[1], name, "data_offsets");
    return entry;
}

/// Bytes that a shape needs, or nothing when they do not fit 64 bits or do not fill whole bytes.
std::optional<std::uint64_t> bytesNeeded(const std::vector<std::int64_t>& shape, std::uint64_t bits)
{
    std::uint64_t count = 1;
    for (const std::int64_t size : shape) {
        if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count))
            return std::nullopt;
    }
    if (__builtin_mul_overflow(count, bits, &count) || count % 8 != 0)
        return std::nullopt;
    return count / 8;
}

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

/// Checks order, gaps, overlaps and sizes; returns where the last tensor ends.
std::uint64_t checkLayout(std::vector<Entry>& entries)
{
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t start = 0;
    for (const Entry& entry : entries) {
        if (entry.begin != start || entry.end < entry.begin)
            throw HeaderProblem("tensor `" + entry.name + "` lies at ["
                + std::to_string(entry.begin) + ", " + std::to_string(entry.end)
                + "], but the data before it ends at " + std::to_string(start)
                + ": tensors must neither overlap nor leave holes");
        start = entry.end;
    }
    for (const Entry& entry : entries) {
        const auto needed = bytesNeeded(entry.shape, entry.dtype->bits);
        if (!needed || *needed != entry.end - entry.begin)
            throw HeaderProblem("tensor `" + entry.name + "` has "
                + std::to_string(entry.end - entry.begin) + " bytes, which is not what shape "
                + shapeText(entry.shape) + " of " + std::string(entry.dtype->name) + " needs");
    }
    return start;
}

tl::unexpected<Error> invalid(const std::filesystem::path& path, const std::string& problem)
{
    return fail(Error::Code::InvalidFile,
        path.string() + ": not a valid safetensors file: " + problem
            + ". The file may be cut short or damaged; fetch it again.");
}

} // namespace

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(
    const std::filesystem::path& path)
{
    auto mapped = MappedFile::open(path);
    if (!mapped)
        return fail(mapped.error());
    const std::span<const std::byte> bytes = (*mapped)->bytes();
    if (bytes.size() < 8)
        return invalid(path, "it has only " + std::to_string(bytes.size()) + " bytes");
    std::uint64_t headerSize = 0;
    std::memcpy(&headerSize, bytes.data(), sizeof headerSize);
    if (headerSize > kMaxHeader)
        return invalid(path, "its header claims " + std::to_string(headerSize) + " bytes");
    if (headerSize > bytes.size() - 8)
        return invalid(path,
            "its header claims " + std::to_string(headerSize) + " bytes, but only "
                + std::to_string(bytes.size() - 8) + " follow");

    auto file = std::make_shared<SafetensorsFile>();
    file->m_file = *mapped;
    std::vector<Entry> entries;
    try {
        const auto* text = reinterpret_cast<const char*>(bytes.data()) + 8;
        const json header = json::parse(text, text + headerSize, HeaderGuard{});
        if (!header.is_object())
            throw HeaderProblem("its header is not a JSON object");
        for (const auto& [name, value] : header.items()) {
            if (name != "__metadata__") {
                entries.push_back(entryFrom(name, value));
                continue;
            }
            if (!value.is_object())
                throw HeaderProblem("`__metadata__` must hold strings");
            for (const auto& [key, text] : value.items()) {
                if (!text.is_string())
                    throw HeaderProblem(
                        "`__metadata__` must hold strings; `" + key + "` is not one");
                file->m_metadata[key] = text.get<std::string>();
            }
        }
        const std::uint64_t dataSize = bytes.size() - 8 - headerSize;
        if (const std::uint64_t end = checkLayout(entries); end != dataSize)
            throw HeaderProblem("its tensors take " + std::to_string(end)
                + " bytes, but the file holds " + std::to_string(dataSize));
    } catch (const HeaderProblem& problem) {
        return invalid(path, problem.message);
    } catch (const json::exception&) {
        return invalid(path, "its header is not valid JSON");
    } catch (const std::bad_alloc&) {
        return fail(
            Error::Code::OutOfMemory, path.string() + ": its header does not fit into memory.");
    }

    const std::span<const std::byte> data = bytes.subspan(8 + headerSize);
    for (Entry& entry : entries) {
        file->m_index[entry.name] = file->m_tensors.size();
        file->m_tensors.push_back(
            {std::move(entry.name), entry.dtype->dtype, std::move(entry.shape),
                data.subspan(entry.begin, entry.end - entry.begin), entry.dtype->name});
    }
    return file;
}

const TensorView* SafetensorsFile::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

} // namespace core
