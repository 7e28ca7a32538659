#include "core/files/mapped_file.h"

#include "core/base/text_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace core {

namespace {

/// Closes the descriptor on every way out; the mapping outlives it.
struct Descriptor {
    int number;
    ~Descriptor()
    {
        if (number >= 0)
            ::close(number);
    }
};

} // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(
    const std::filesystem::path& path, Emptiness emptiness)
{
    // O_NONBLOCK: opening a named pipe must not wait for a writer.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.number < 0)
        return fail(fileProblem(path, errno));
    struct stat status { };
    if (::fstat(file.number, &status) != 0)
        return fail(fileProblem(path, errno));
    if (S_ISDIR(status.st_mode))
        return fail(folderProblem(path));
    if (!S_ISREG(status.st_mode))
        return fail(Error::Code::InvalidFile,
            path.string() + ": this is not an ordinary file and cannot be mapped.");

    if (status.st_size == 0 && emptiness == Emptiness::IsRefused)
        return fail(emptyFileProblem(path));
    auto mapped = std::shared_ptr<MappedFile>(new MappedFile);
    mapped->m_path = path;
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > 0) {
        void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
        if (data == MAP_FAILED)
            return fail(fileProblem(path, errno));
        mapped->m_data = static_cast<const std::byte*>(data);
        mapped->m_size = size;
    }
    return mapped;
}

MappedFile::~MappedFile()
{
    if (m_data)
        ::munmap(const_cast<std::byte*>(m_data), m_size);
}

} // namespace core
