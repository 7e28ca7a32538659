#include "core/files/gguf_file.h"
#include "core/files/gguf_types.h"
#include "core/files/utf8_check.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>

namespace core {

namespace {

constexpr std::string_view kMark = "GGUF";
constexpr std::size_t kMaxName = 65535; // the specification's limit for keys
constexpr std::uint32_t kMaxDimensions = 4;
constexpr std::uint64_t kMaxAlignment = 1 << 20;
constexpr int kMaxDepth = 4; // lists in lists; published files have none

struct GgufProblem : std::exception {
    GgufProblem(Error::Code what, std::string text)
        : code(what)
        , message(std::move(text))
    {
    }
    Error::Code code;
    std::string message;
};

[[noreturn]] void complain(const std::string& problem)
{
    throw GgufProblem(Error::Code::InvalidFile,
        "not a valid GGUF file: " + problem
            + ". The file may be cut short or damaged; fetch it again.");
}

[[noreturn]] void refuse(const std::string& problem)
{
    throw GgufProblem(Error::Code::Unsupported, problem);
}

std::string inQuotes(std::string_view text)
{
    std::string shown("`");
    shown.append(isUtf8(text) ? text.substr(0, 100) : "?");
    shown.push_back('`');
    return shown;
}

} // namespace

/// Goes through a file once, from its mark to the last entry about a tensor. Whatever it is about
/// to read must still be there.
class GgufReader {
public:
    explicit GgufReader(GgufFile& out)
        : m_out(out)
        , m_bytes(out.m_file->bytes())
    {
    }

    void read()
    {
        readMark();
        const auto tensors = number<std::uint64_t>("the number of tensors");
        const auto entries = number<std::uint64_t>("the number of metadata entries");
        // The shortest entries have 13 and 32 bytes; this bounds what is set aside.
        if (entries > left() / 13)
            complain("it claims " + std::to_string(entries) + " metadata entries, more than "
                + std::to_string(left()) + " bytes hold");
        for (std::uint64_t i = 0; i < entries; ++i)
            readEntry();
        if (tensors > left() / 24)
            complain("it claims " + std::to_string(tensors) + " tensors, more than "
                + std::to_string(left()) + " bytes describe");
        for (std::uint64_t i = 0; i < tensors; ++i)
            readTensor();
        placeTensors();
    }

private:
    struct Place {
        std::uint64_t offset, size;
    };

    std::uint64_t left() const { return m_bytes.size() - m_at; }

    std::span<const std::byte> take(std::uint64_t size, std::string_view what)
    {
        if (size > left())
            complain(std::string(what) + " takes " + std::to_string(size) + " bytes at byte "
                + std::to_string(m_at) + ", but the file ends at "
                + std::to_string(m_bytes.size()));
        const auto taken = m_bytes.subspan(m_at, size);
        m_at += size;
        return taken;
    }

    template <typename Number> Number number(std::string_view what)
    {
        Number value{};
        std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
        return value;
    }

    std::string_view text(std::string_view what)
    {
        const auto length = number<std::uint64_t>(what);
        const auto bytes = take(length, what);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    std::string name(std::string_view what)
    {
        const std::string_view read = text(what);
        if (read.empty() || read.size() > kMaxName || !isUtf8(read))
            complain(std::string(what) + " at byte " + std::to_string(m_at)
                + " must be a text of 1 to 65535 bytes of UTF-8");
        return std::string(read);
    }

    void readMark()
    {
        const auto mark = take(kMark.size(), "its mark");
        if (std::memcmp(mark.data(), kMark.data(), kMark.size()) != 0)
            complain("it does not begin with `GGUF`");
        const auto version = number<std::uint32_t>("its version");
        if (version == 1)
            refuse("GGUF version 1 is not read. Convert the model again with today's llama.cpp, or "
                   "fetch a newer file.");
        if (version > 0 && (version & 0xFFFFu) == 0)
            refuse("a GGUF file for big-endian machines, which is not read; fetch the usual "
                   "little-endian file.");
        if (version != 2 && version != 3)
            refuse("GGUF version " + std::to_string(version)
                + " is not read; 2 and 3 are: fetch a file of such a version.");
    }

    void readEntry()
    {
        std::string key = name("a metadata key");
        const std::string what = "metadata " + inQuotes(key);
        const auto type = number<std::uint32_t>(what);
        GgufValue value = readValue(type, what, 0);
        if (!m_out.m_metadata.emplace(std::move(key), std::move(value)).second)
            complain(what + " occurs twice");
    }

    GgufValue readValue(std::uint32_t type, const std::string& what, int depth)
    {
        if (type >= kGgufTypes)
            complain(what + " has the unknown value type " + std::to_string(type));
        switch (static_cast<GgufType>(type)) {
        case GgufType::U8:
            return std::uint64_t{number<std::uint8_t>(what)};
        case GgufType::I8:
            return std::int64_t{number<std::int8_t>(what)};
        case GgufType::U16:
            return std::uint64_t{number<std::uint16_t>(what)};
        case GgufType::I16:
            return std::int64_t{number<std::int16_t>(what)};
        case GgufType::U32:
            return std::uint64_t{number<std::uint32_t>(what)};
        case GgufType::I32:
            return std::int64_t{number<std::int32_t>(what)};
        case GgufType::U64:
            return number<std::uint64_t>(what);
        case GgufType::I64:
            return number<std::int64_t>(what);
        case GgufType::F32:
            return static_cast<double>(number<float>(what));
        case GgufType::F64:
            return number<double>(what);
        case GgufType::Bool: {
            const auto value = number<std::uint8_t>(what);
            if (value > 1)
                complain(what + " must be 0 or 1, not " + std::to_string(value));
            return value == 1;
        }
        case GgufType::Text:
            return text(what);
        case GgufType::List:
            break;
        }
        return readList(what, depth);
    }

    GgufList readList(const std::string& what, int depth)
    {
        if (depth >= kMaxDepth)
            complain(what + ": lists are nested too deep");
        GgufList list;
        list.type = number<std::uint32_t>(what);
        const auto count = number<std::uint64_t>(what);
        if (list.type >= kGgufTypes)
            complain(what + " lists the unknown value type " + std::to_string(list.type));
        const auto type = static_cast<GgufType>(list.type);
        // A text has at least its length, a list its type and count.
        const std::uint64_t least = type == GgufType::Text ? 8
            : type == GgufType::List                       ? 12
                                                           : ggufTypeBytes(type);
        if (count > left() / least)
            complain(what + " claims " + std::to_string(count) + " entries, more than "
                + std::to_string(left()) + " bytes hold");
        list.count = count;
        if (type == GgufType::Text) {
            list.isOfTexts = true;
            list.texts.reserve(count);
            for (std::uint64_t i = 0; i < count; ++i)
                list.texts.push_back(text(what));
        } else if (type == GgufType::List) {
            for (std::uint64_t i = 0; i < count; ++i)
                readList(what, depth + 1); // Checked and passed over: nothing here reads such.
        } else {
            list.bytes = take(count * least, what);
        }
        return list;
    }

    void readTensor()
    {
        TensorView tensor;
        tensor.name = name("a tensor's name");
        const std::string what = "tensor " + inQuotes(tensor.name);
        const auto dimensions = number<std::uint32_t>(what);
        if (dimensions < 1 || dimensions > kMaxDimensions)
            complain(
                what + " has " + std::to_string(dimensions) + " dimensions; it must have 1 to 4");
        std::uint64_t count = 1;
        for (std::uint32_t i = 0; i < dimensions; ++i) {
            const auto size = number<std::uint64_t>(what);
            if (size < 1 || size > static_cast<std::uint64_t>(INT64_MAX)
                || __builtin_mul_overflow(count, size, &count))
                complain(what + " has dimension " + std::to_string(i) + " of "
                    + std::to_string(size) + ", from which no size can be made");
            tensor.shape.push_back(static_cast<std::int64_t>(size));
        }
        const auto rowLength = static_cast<std::uint64_t>(tensor.shape.front());
        std::reverse(tensor.shape.begin(), tensor.shape.end()); // The fastest comes first there.
        const auto id = number<std::uint32_t>(what);
        const GgufTensorType* type = findGgufTensorType(id);
        if (!type)
            refuse(what + " has type " + std::to_string(id)
                + ", which is not known here; fetch the model in another quantisation, such as "
                  "Q4_K_M or Q8_0.");
        if (rowLength % type->numbers != 0)
            complain(what + " has rows of " + std::to_string(rowLength) + " numbers, which "
                + std::string(type->name) + " does not cut into whole blocks of "
                + std::to_string(type->numbers));
        tensor.dtype = type->dtype;
        tensor.otherType = type->name;
        Place place{number<std::uint64_t>(what), 0};
        if (__builtin_mul_overflow(count / type->numbers, type->bytes, &place.size))
            complain(what + " is larger than any file");
        if (!m_out.m_index.emplace(tensor.name, m_out.m_tensors.size()).second)
            complain(what + " occurs twice");
        m_out.m_tensors.push_back(std::move(tensor));
        m_places.push_back(place);
    }

    std::uint64_t alignment() const
    {
        constexpr std::string_view kKey = "general.alignment";
        const GgufValue* value = m_out.value(kKey);
        if (!value)
            return 32;
        const auto* number = std::get_if<std::uint64_t>(value);
        if (!number || !std::has_single_bit(*number) || *number > kMaxAlignment)
            complain("metadata `general.alignment` must be a power of two up to "
                + std::to_string(kMaxAlignment));
        return *number;
    }

    /// Tensors begin at multiples of the alignment behind the header and do not overlap.
    void placeTensors()
    {
        const std::uint64_t alignment = this->alignment();
        const std::uint64_t start = (m_at + alignment - 1) / alignment * alignment;
        const std::uint64_t room = m_bytes.size() > start ? m_bytes.size() - start : 0;
        std::vector<std::size_t> order(m_places.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
            return m_places[a].offset < m_places[b].offset;
        });
        std::uint64_t end = 0;
        for (const std::size_t i : order) {
            const Place& place = m_places[i];
            TensorView& tensor = m_out.m_tensors[i];
            const std::string what = "tensor " + inQuotes(tensor.name);
            if (place.offset % alignment != 0)
                complain(what + " lies at " + std::to_string(place.offset)
                    + ", which is no multiple of the alignment " + std::to_string(alignment));
            if (place.offset < end)
                complain(what + " lies at " + std::to_string(place.offset)
                    + ", but the tensor before it ends at " + std::to_string(end));
            if (place.offset > room || place.size > room - place.offset)
                complain(what + " takes " + std::to_string(place.size) + " bytes at "
                    + std::to_string(place.offset) + " of the tensors' data, which end at "
                    + std::to_string(room));
            end = place.offset + place.size;
            tensor.bytes = m_bytes.subspan(start + place.offset, place.size);
        }
    }

    GgufFile& m_out;
    std::span<const std::byte> m_bytes;
    std::uint64_t m_at = 0;
    std::vector<Place> m_places; // Of the tensors, in their order.
};

Result<std::shared_ptr<const GgufFile>> GgufFile::open(const std::filesystem::path& path)
{
    auto mapped = MappedFile::open(path);
    if (!mapped)
        return fail(mapped.error());
    auto file = std::make_shared<GgufFile>();
    file->m_file = std::move(*mapped);
    try {
        GgufReader(*file).read();
    } catch (const GgufProblem& problem) {
        return fail(problem.code, path.string() + ": " + problem.message);
    } catch (const std::bad_alloc&) {
        return fail(
            Error::Code::OutOfMemory, path.string() + ": its header does not fit into memory.");
    }
    return file;
}

bool GgufFile::isGguf(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return false;
    if (path.extension() == ".gguf")
        return true;
    if (!std::filesystem::is_regular_file(path, ignored)
        || std::filesystem::file_size(path, ignored) < kMark.size())
        return false;
    const auto mapped = MappedFile::open(path);
    return mapped && std::memcmp((*mapped)->bytes().data(), kMark.data(), kMark.size()) == 0;
}

} // namespace core
