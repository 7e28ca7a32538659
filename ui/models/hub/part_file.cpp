#include "ui/models/hub/part_file.h"

#include "ui/models/hub/hub_text.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <QDir>
#include <QFileInfo>

namespace ui {

namespace {

constexpr qint64 kHashStep = 4 << 20; // Bytes read between two looks at the event loop: some 20 ms.
constexpr qint64 kLongestNote = 4096;

std::filesystem::path native(const QString& path)
{
    return QFile::encodeName(path).toStdString();
}

tl::unexpected<QString> cannot(const QString& sentence, const QString& path, const QString& reason)
{
    return tl::unexpected(sentence.arg(QDir::toNativeSeparators(path), reason));
}

tl::unexpected<QString> cannotWrite(const QFile& file)
{
    return cannot(
        hubText("Writing %1 failed: %2. What has come so far is kept; free some space or choose "
                "another folder and download again."),
        file.fileName(), file.errorString());
}

/// A link where a part should be would send the bytes elsewhere.
void removeLink(const QString& path)
{
    if (QFileInfo(path).isSymLink())
        QFile::remove(path);
}

/// What tells one content from another.
QByteArray contentId(const HubFile& file)
{
    if (!file.sha256.isEmpty())
        return file.sha256;
    return file.gitId.isEmpty() ? QByteArray::number(file.size) : file.gitId;
}

QList<QByteArray> readNote(const QString& path)
{
    QFile note(path);
    return note.open(QIODevice::ReadOnly) ? note.read(kLongestNote).split('\n')
                                          : QList<QByteArray>();
}

} // namespace

PartFile::PartFile(HubFile file, QString place)
    : m_file(std::move(file))
    , m_place(std::move(place))
    , m_part(partPath())
    , m_hash(m_file.sha256.isEmpty() ? QCryptographicHash::Sha1 : QCryptographicHash::Sha256)
{
}

qint64 PartFile::bytesAlreadyAt(const HubFile& file, const QString& place)
{
    if (const QFileInfo whole(place); whole.isFile() && whole.size() == file.size)
        return file.size;
    const QFileInfo part(place + kEnding);
    const bool isSame = readNote(place + kNoteEnding).value(0) == contentId(file);
    return part.isFile() && !part.isSymLink() && isSame && part.size() <= file.size ? part.size()
                                                                                    : 0;
}

HubResult<void> PartFile::open()
{
    std::error_code error;
    std::filesystem::create_directories(native(m_place).parent_path(), error);
    if (error)
        return cannot(hubText("The folder %1 cannot be made: %2. Choose another folder."),
            QFileInfo(m_place).path(), QString::fromLocal8Bit(error.message().c_str()));
    if (QFileInfo(m_place).isDir())
        return cannot(hubText("%1 is a folder, but the repository has a file of that name.%2"),
            m_place, QString());
    const QFileInfo whole(m_place);
    m_isExisting = whole.isFile() && whole.size() == m_file.size;
    if (!m_isExisting)
        return openPart();
    m_part.setFileName(m_place);
    if (!m_part.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
        m_isExisting = false; // It cannot be read; rename replaces it.
        return openPart();
    }
    m_found = m_file.size;
    startHash();
    return {};
}

HubResult<void> PartFile::openPart()
{
    m_part.close();
    m_part.setFileName(partPath());
    removeLink(partPath());
    removeLink(notePath());
    const QList<QByteArray> note = readNote(notePath());
    const bool isSame
        = note.value(0) == contentId(m_file) && QFileInfo(partPath()).size() <= m_file.size;
    m_etag = isSame ? note.value(1) : QByteArray();
    if (!m_part.open(QIODevice::ReadWrite | QIODevice::Unbuffered))
        return cannot(hubText("%1 cannot be written: %2. Choose another folder."), partPath(),
            m_part.errorString());
    if (!isSame)
        return restart();
    m_found = m_part.size();
    startHash();
    return {};
}

void PartFile::startHash()
{
    m_written = 0;
    m_hash.reset();
    if (m_file.sha256.isEmpty()) { // git hashes a header with the content.
        m_hash.addData(QByteArray("blob ") + QByteArray::number(m_file.size));
        m_hash.addData(QByteArrayView("\0", 1));
    }
}

HubResult<bool> PartFile::rehash()
{
    const QByteArray bytes = m_part.read(std::min(kHashStep, m_found - m_written));
    if (bytes.isEmpty() && m_written < m_found) {
        // It cannot be read back: what was there is worth nothing.
        m_isExisting = false;
        if (m_part.fileName() != partPath()) {
            if (const auto opened = openPart(); !opened)
                return tl::unexpected(opened.error());
            return m_written == m_found;
        }
        if (const auto fresh = restart(); !fresh)
            return tl::unexpected(fresh.error());
        return true;
    }
    m_hash.addData(bytes);
    m_written += bytes.size();
    if (m_written < m_found)
        return false;
    if (m_isExisting && !isSameContent()) {
        m_isExisting = false;
        if (const auto opened = openPart(); !opened)
            return tl::unexpected(opened.error());
        return m_written == m_found;
    }
    return true;
}

HubResult<void> PartFile::remember(const QByteArray& etag)
{
    m_etag = etag;
    QFile note(notePath());
    const QByteArray text = contentId(m_file) + '\n' + etag + '\n';
    if (!note.open(QIODevice::WriteOnly | QIODevice::Unbuffered) || note.write(text) != text.size())
        return cannotWrite(note);
    return {};
}

HubResult<void> PartFile::append(const QByteArray& bytes)
{
    if (m_written + bytes.size() > m_file.size) {
        static_cast<void>(restart());
        return tl::unexpected(hubText(
            "The server sent more of %1 than it announced; nothing of it was kept. Try again, or "
            "another address of the hub.")
                                  .arg(m_file.path));
    }
    if (m_part.write(bytes) != bytes.size())
        return cannotWrite(m_part);
    m_hash.addData(bytes);
    m_written += bytes.size();
    return {};
}

HubResult<void> PartFile::restart()
{
    m_found = 0;
    m_etag.clear();
    startHash();
    QFile::remove(notePath());
    if (!m_part.resize(0) || !m_part.seek(0))
        return cannotWrite(m_part);
    return {};
}

bool PartFile::isSameContent()
{
    if (m_file.sha256.isEmpty() && m_file.gitId.isEmpty())
        return true; // The size is all the server told.
    return m_hash.result().toHex() == (m_file.sha256.isEmpty() ? m_file.gitId : m_file.sha256);
}

bool PartFile::isRight()
{
    return m_written == m_file.size && isSameContent();
}

HubResult<void> PartFile::commit()
{
    if (m_isExisting) {
        close();
        return {};
    }
    // On disk before it has its name, so that a power cut cannot leave a whole name on half a file.
    if (::fsync(m_part.handle()) != 0)
        return cannotWrite(m_part);
    m_part.close();
    std::error_code error;
    std::filesystem::rename(native(partPath()), native(m_place), error);
    if (error)
        return cannot(hubText("%1 cannot be put in its place: %2."), m_place,
            QString::fromLocal8Bit(error.message().c_str()));
    QFile::remove(notePath());
    return {};
}

void PartFile::close()
{
    m_part.close();
}

} // namespace ui
