#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <zlib.h>

/// Containers written byte by byte, so that a test can get any part of them wrong.
namespace tests {

template <typename T> std::string little(T value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string floats(const std::vector<float>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

struct ZipEntry {
    std::string name;
    std::string data; ///< As it lies in the file.
    std::uint16_t method = 0;
    std::optional<std::uint32_t> size = std::nullopt; ///< Unpacked; of `data` unless given.
    std::optional<std::uint32_t> crc = std::nullopt;
    std::optional<std::uint32_t> packedSize = std::nullopt;
    std::uint16_t flags = 0;
    std::string localExtra = {};
    std::optional<std::uint32_t> offset = std::nullopt; ///< Of the local header.
};

inline std::uint32_t checksum(const std::string& data)
{
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

inline std::string zip(const std::vector<ZipEntry>& entries)
{
    std::string file;
    std::string directory;
    for (const ZipEntry& entry : entries) {
        const auto packed
            = entry.packedSize.value_or(static_cast<std::uint32_t>(entry.data.size()));
        // version, flags, method, time and date, checksum, sizes, length of the name
        const std::string fields = little<std::uint16_t>(20) + little(entry.flags)
            + little(entry.method) + std::string(4, '\0')
            + little(entry.crc.value_or(checksum(entry.data))) + little(packed)
            + little(entry.size.value_or(packed))
            + little(static_cast<std::uint16_t>(entry.name.size()));
        directory += "PK\x01\x02" + little<std::uint16_t>(20) + fields + std::string(12, '\0')
            + little(entry.offset.value_or(static_cast<std::uint32_t>(file.size()))) + entry.name;
        file += "PK\x03\x04" + fields + little(static_cast<std::uint16_t>(entry.localExtra.size()))
            + entry.name + entry.localExtra + entry.data;
    }
    const auto count = static_cast<std::uint16_t>(entries.size());
    return file + directory + "PK\x05\x06" + std::string(4, '\0') + little(count) + little(count)
        + little(static_cast<std::uint32_t>(directory.size()))
        + little(static_cast<std::uint32_t>(file.size())) + std::string(2, '\0');
}

inline ZipEntry deflated(const std::string& name, const std::string& data)
{
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, data.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return {name, packed, 8, static_cast<std::uint32_t>(data.size()), checksum(data)};
}

inline std::string npy(
    const std::string& header, const std::string& data, int major = 1, int minor = 0)
{
    std::string file = "\x93NUMPY";
    file += static_cast<char>(major);
    file += static_cast<char>(minor);
    file += major == 1 ? little(static_cast<std::uint16_t>(header.size()))
                       : little(static_cast<std::uint32_t>(header.size()));
    return file + header + data;
}

inline std::string npyHeader(const std::string& descr, const std::string& shape)
{
    return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n";
}

/// The operations of Python's pickles that torch.save writes.
namespace pickle {

inline std::string global(const std::string& module, const std::string& name)
{
    return "c" + module + "\n" + name + "\n";
}
inline std::string text(const std::string& value)
{
    return "X" + little(static_cast<std::uint32_t>(value.size())) + value;
}
inline std::string number(std::int64_t value)
{
    return "\x8a\x08" + little(value);
}
inline std::string tuple(const std::vector<std::string>& items)
{
    std::string result = "(";
    for (const std::string& item : items)
        result += item;
    return result + "t";
}
inline std::string numbers(const std::vector<std::int64_t>& values)
{
    std::vector<std::string> items;
    for (const std::int64_t value : values)
        items.push_back(number(value));
    return tuple(items);
}
inline std::string storage(
    const std::string& key, std::int64_t count, const std::string& type = "FloatStorage")
{
    return tuple({text("storage"), global("torch", type), text(key), text("cpu"), number(count)})
        + "Q";
}
inline std::string tensor(const std::string& storage, std::int64_t offset,
    const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides)
{
    return global("torch._utils", "_rebuild_tensor_v2")
        + tuple({storage, number(offset), numbers(shape), numbers(strides), "\x89",
            global("collections", "OrderedDict") + ")R"})
        + "R";
}
/// {"w": value}
inline std::string dict(const std::string& value)
{
    return "}" + text("w") + value + "s";
}
inline std::string whole(const std::string& object)
{
    return "\x80\x02" + object + ".";
}

} // namespace pickle

/// An archive as torch.save writes it, with one storage "0".
inline std::string torchZip(
    const std::string& object, const std::string& data, std::vector<ZipEntry> more = {})
{
    std::vector<ZipEntry> entries{
        {"archive/data.pkl", pickle::whole(object)}, {"archive/data/0", data}};
    entries.insert(entries.end(), more.begin(), more.end());
    return zip(entries);
}

/// A stream as torch wrote it before 1.6.
inline std::string torchStream(const std::string& object, const std::string& keys,
    const std::string& storages,
    const std::string& info = "}\x58\x0d" + std::string(3, '\0') + "little_endian\x88s")
{
    const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    return pickle::whole(magic) + pickle::whole("M\xe9\x03") + pickle::whole(info)
        + pickle::whole(object) + pickle::whole(keys) + storages;
}

} // namespace tests
