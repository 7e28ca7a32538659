#include "core/files/zip_archive.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <zip.h>

namespace core {

/// The map as libzip reads it; remembers where, since libzip does not tell where a member's data
/// begin.
struct ZipArchive::Source {
    std::shared_ptr<const MappedFile> file;
    std::uint64_t position = 0;
    std::uint64_t lastRead = 0;
    zip_t* archive = nullptr;
    zip_error_t error{};

    std::string path() const { return file->path().string(); }
    static zip_int64_t handle(void* self, void* data, zip_uint64_t length, zip_source_cmd_t command)
    {
        return static_cast<Source*>(self)->answer(data, length, command);
    }
    zip_int64_t answer(void* data, zip_uint64_t length, zip_source_cmd_t command);
};

zip_int64_t ZipArchive::Source::answer(void* data, zip_uint64_t length, zip_source_cmd_t command)
{
    const std::span<const std::byte> bytes = file->bytes();
    switch (command) {
    case ZIP_SOURCE_OPEN:
        position = 0;
        return 0;
    case ZIP_SOURCE_READ: {
        const std::uint64_t count = std::min<std::uint64_t>(length, bytes.size() - position);
        lastRead = position;
        if (count > 0)
            std::memcpy(data, bytes.data() + position, count);
        position += count;
        return static_cast<zip_int64_t>(count);
    }
    case ZIP_SOURCE_SEEK: {
        const zip_int64_t target
            = zip_source_seek_compute_offset(position, bytes.size(), data, length, &error);
        if (target < 0)
            return -1;
        position = static_cast<std::uint64_t>(target);
        return 0;
    }
    case ZIP_SOURCE_TELL:
        return static_cast<zip_int64_t>(position);
    case ZIP_SOURCE_STAT: {
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        stat->size = bytes.size();
        stat->valid = ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
    }
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&error, data, length);
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
            ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: // this object belongs to the archive
        return 0;
    default:
        zip_error_set(&error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

namespace {

constexpr const char* kFetchAgain = ". The file may be cut short or damaged; fetch it again.";

tl::unexpected<Error> invalid(const std::string& path, const std::string& problem)
{
    return fail(
        Error::Code::InvalidFile, path + ": not a valid zip archive: " + problem + kFetchAgain);
}

/// An open member, closed on every way out.
struct OpenMember {
    zip_file_t* file;
    ~OpenMember()
    {
        if (file)
            zip_fclose(file);
    }
};

} // namespace

ZipArchive::~ZipArchive()
{
    if (m_source && m_source->archive)
        zip_discard(m_source->archive);
}

Result<std::unique_ptr<ZipArchive>> ZipArchive::open(const std::shared_ptr<const MappedFile>& file)
{
    auto archive = std::unique_ptr<ZipArchive>(new ZipArchive);
    archive->m_source = std::make_unique<Source>();
    Source& self = *archive->m_source;
    self.file = file;
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_function_create(&Source::handle, &self, &error);
    if (source) {
        self.archive = zip_open_from_source(source, ZIP_RDONLY, &error);
        if (!self.archive)
            zip_source_free(source);
    }
    const std::string reason = self.archive ? std::string() : zip_error_strerror(&error);
    zip_error_fini(&error);
    if (!self.archive)
        return invalid(self.path(), reason);
    if (Result<void> read = archive->readDirectory(); !read)
        return fail(read.error());
    return archive;
}

Result<void> ZipArchive::readDirectory()
{
    // Deflate packs at most 1032 to 1, and members that do not overlap fit into the file together.
    constexpr std::uint64_t kLargestRatio = 1032;
    constexpr std::uint64_t kSlack = 64;
    const std::string path = m_source->path();
    std::uint64_t packedTotal = 0;
    const zip_int64_t count = zip_get_num_entries(m_source->archive, 0);
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(std::max<zip_int64_t>(count, 0)); ++i) {
        zip_stat_t stat;
        constexpr zip_uint64_t kNeeded
            = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
        if (zip_stat_index(m_source->archive, i, 0, &stat) != 0
            || (stat.valid & kNeeded) != kNeeded)
            return invalid(path, "entry " + std::to_string(i) + " of its directory cannot be read");
        const std::string name = stat.name;
        if (name.ends_with('/') && stat.size == 0)
            continue;
        if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
            return fail(Error::Code::Unsupported,
                path + ": member `" + name + "` is encrypted. Unpack it and save it anew.");
        if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
            return fail(Error::Code::Unsupported,
                path + ": member `" + name + "` is packed with method "
                    + std::to_string(stat.comp_method)
                    + "; only stored and deflated members are read. Save the file anew.");
        const bool isStored = stat.comp_method == ZIP_CM_STORE;
        if (__builtin_add_overflow(packedTotal, stat.comp_size, &packedTotal)
            || packedTotal > m_source->file->bytes().size())
            return invalid(path, "its members claim more bytes than the file has");
        if (isStored ? stat.size != stat.comp_size
                     : stat.size > kSlack + kLargestRatio * stat.comp_size)
            return invalid(path,
                "member `" + name + "` claims " + std::to_string(stat.size) + " bytes from "
                    + std::to_string(stat.comp_size));
        if (!m_index.emplace(name, m_members.size()).second)
            return invalid(path, "member `" + name + "` occurs twice");
        m_members.push_back({name, i, stat.size, isStored});
    }
    return {};
}

const ZipMember* ZipArchive::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_members[found->second];
}

Result<std::span<const std::byte>> ZipArchive::inMap(const ZipMember& member) const
{
    if (member.size == 0)
        return std::span<const std::byte>();
    const std::span<const std::byte> bytes = m_source->file->bytes();
    const OpenMember opened{zip_fopen_index(m_source->archive, member.index, ZIP_FL_COMPRESSED)};
    // The local header's own lengths decide where the data begin; libzip has followed them.
    std::byte first{};
    if (!opened.file || zip_fread(opened.file, &first, 1) != 1)
        return invalid(m_source->path(), "member `" + member.name + "` does not lie in it");
    const std::uint64_t begin = m_source->lastRead;
    if (begin > bytes.size() || member.size > bytes.size() - begin || bytes[begin] != first)
        return invalid(m_source->path(), "member `" + member.name + "` reaches past its end");
    return bytes.subspan(begin, member.size);
}

Result<void> ZipArchive::unpack(const ZipMember& member, std::span<std::byte> target) const
{
    const std::string where = "member `" + member.name + "` ";
    const OpenMember opened{zip_fopen_index(m_source->archive, member.index, 0)};
    if (!opened.file)
        return invalid(m_source->path(), where + zip_strerror(m_source->archive));
    std::array<std::byte, std::size_t{1} << 16> scratch;
    std::uint64_t done = 0;
    for (;;) {
        std::span<std::byte> room(scratch);
        if (done < target.size())
            room = target.subspan(done);
        const zip_int64_t read = zip_fread(opened.file, room.data(), room.size());
        if (read < 0)
            return invalid(m_source->path(), where + zip_file_strerror(opened.file));
        if (read == 0)
            break;
        done += static_cast<std::uint64_t>(read);
        if (done > member.size)
            break;
    }
    if (done != member.size)
        return invalid(m_source->path(),
            where + "does not unpack to the " + std::to_string(member.size) + " bytes it claims");
    return {};
}

bool looksLikeZip(std::span<const std::byte> bytes)
{
    constexpr std::array<std::array<unsigned char, 4>, 2> kMarks{
        {{'P', 'K', 3, 4}, {'P', 'K', 5, 6}}};
    return bytes.size() >= 4 && std::any_of(kMarks.begin(), kMarks.end(), [&](const auto& mark) {
        return std::memcmp(bytes.data(), mark.data(), mark.size()) == 0;
    });
}

} // namespace core
