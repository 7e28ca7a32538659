#include "core/files/atomic_write.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace core {

namespace {

/// A stream buffer over a descriptor that remembers why writing failed.
class DescriptorBuffer : public std::streambuf {
public:
    explicit DescriptorBuffer(int descriptor)
        : m_descriptor(descriptor)
        , m_buffer(std::size_t{1} << 16)
    {
        setp(m_buffer.data(), m_buffer.data() + m_buffer.size());
    }

    int error() const { return m_error; }

protected:
    int_type overflow(int_type c) override
    {
        if (sync() != 0)
            return traits_type::eof();
        if (!traits_type::eq_int_type(c, traits_type::eof()))
            sputc(traits_type::to_char_type(c));
        return traits_type::not_eof(c);
    }

    std::streamsize xsputn(const char* text, std::streamsize count) override
    {
        if (count <= epptr() - pptr()) {
            std::memcpy(pptr(), text, static_cast<std::size_t>(count));
            pbump(static_cast<int>(count));
            return count;
        }
        return sync() == 0 && writeAll(text, static_cast<std::size_t>(count)) ? count : 0;
    }

    int sync() override
    {
        const bool isWritten = writeAll(pbase(), static_cast<std::size_t>(pptr() - pbase()));
        setp(m_buffer.data(), m_buffer.data() + m_buffer.size());
        return isWritten ? 0 : -1;
    }

private:
    bool writeAll(const char* text, std::size_t count)
    {
        while (count > 0 && m_error == 0) {
            const ssize_t written = ::write(m_descriptor, text, count);
            if (written < 0 && errno != EINTR)
                m_error = errno;
            if (written > 0) {
                text += written;
                count -= static_cast<std::size_t>(written);
            }
        }
        return m_error == 0;
    }

    int m_descriptor;
    int m_error = 0;
    std::vector<char> m_buffer;
};

tl::unexpected<Error> writeError(const std::filesystem::path& path, int number)
{
    std::string advice = "Check the folder, or choose another place.";
    if (number == ENOSPC || number == EDQUOT)
        advice = "Free some space, or choose another disk.";
    else if (number == EACCES || number == EPERM || number == EROFS)
        advice = "Choose a folder that you may write to.";
    return fail(Error::Code::Io,
        path.string() + ": cannot be written: " + std::strerror(number) + ". " + advice);
}

/// The temporary beside the target: closed and, unless it was renamed, removed on every way out.
struct Temporary {
    std::filesystem::path path;
    int descriptor = -1;

    void closeDescriptor()
    {
        if (descriptor >= 0)
            ::close(descriptor);
        descriptor = -1;
    }
    ~Temporary()
    {
        closeDescriptor();
        if (!path.empty())
            ::unlink(path.c_str());
    }
};

/// Fills a stream from `write` and flushes it to disk.
Result<void> fill(int descriptor, const std::filesystem::path& path,
    const std::function<Result<void>(std::ostream&)>& write, bool isDevice)
{
    DescriptorBuffer buffer(descriptor);
    std::ostream stream(&buffer);
    const Result<void> written = write(stream);
    stream.flush();
    if (buffer.error() != 0)
        return writeError(path, buffer.error());
    if (!written)
        return written;
    if (!stream)
        return writeError(path, EIO);
    if (!isDevice && ::fsync(descriptor) != 0)
        return writeError(path, errno);
    return {};
}

int openTemporary(const std::filesystem::path& target, std::filesystem::path& name)
{
    static std::atomic<unsigned> counter{0};
    for (int attempt = 0; attempt < 100; ++attempt) {
        // The target's own name may be as long as the system allows, so only its start is kept.
        std::string text = ".";
        text.append(target.filename().string(), 0, 60);
        text.append(".").append(std::to_string(::getpid()));
        text.append("-").append(std::to_string(counter++)).append(".part");
        name = target.parent_path() / text;
        const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

} // namespace

Result<void> writeAtomically(
    const std::filesystem::path& path, const std::function<Result<void>(std::ostream&)>& write)
{
    std::filesystem::path target = path;
    std::error_code ignored;
    if (std::filesystem::is_symlink(path, ignored))
        target = std::filesystem::weakly_canonical(path, ignored); // the link stays a link

    struct stat status { };
    const bool exists = ::stat(target.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        return writeError(path, EISDIR);
    Temporary temporary;
    if (exists && !S_ISREG(status.st_mode)) {
        // A pipe or a device (/dev/stdout) is written to; a rename would replace it by a file.
        temporary.descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
        if (temporary.descriptor < 0)
            return writeError(path, errno);
        return fill(temporary.descriptor, path, write, true);
    }

    std::filesystem::path name;
    temporary.descriptor = openTemporary(target, name);
    if (temporary.descriptor < 0)
        return writeError(path, errno);
    temporary.path = name;
    if (exists)
        ::fchmod(temporary.descriptor, status.st_mode & 07777);
    if (Result<void> filled = fill(temporary.descriptor, path, write, false); !filled)
        return filled;
    temporary.closeDescriptor();
    if (::rename(name.c_str(), target.c_str()) != 0)
        return writeError(path, errno);
    temporary.path.clear();

    // The rename itself is on disk once the folder is; a file system that cannot do that is no
    // failure.
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    Temporary folderHandle;
    folderHandle.descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folderHandle.descriptor >= 0)
        ::fsync(folderHandle.descriptor);
    return {};
}

Result<void> writeAtomically(const std::filesystem::path& path, std::string_view text)
{
    return writeAtomically(path, [text](std::ostream& stream) -> Result<void> {
        stream.write(text.data(), static_cast<std::streamsize>(text.size()));
        return {};
    });
}

} // namespace core
