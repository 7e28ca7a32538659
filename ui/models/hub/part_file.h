#pragma once

#include "ui/models/hub/hub_listing.h"

#include <QCryptographicHash>
#include <QFile>

namespace ui {

/// One file while it comes: "name.part" beside its final place, hashed as it is written, renamed
/// only when whole and right. Beside it "name.part.note" says which content the part belongs to, so
/// that a later start can go on. Worker thread only.
class PartFile {
public:
    static constexpr QLatin1String kEnding{".part"};
    static constexpr QLatin1String kNoteEnding{".part.note"};

    PartFile(HubFile file, QString place);

    const HubFile& file() const { return m_file; }
    const QString& place() const { return m_place; } ///< Where the whole file will be.
    qint64 written() const { return m_written; }
    QByteArray etag() const { return m_etag; } ///< Of the answer the part came from.

    /// Bytes of a part that could go on, or of the whole file if it is there; what need not be
    /// fetched again. Looks at sizes only.
    static qint64 bytesAlreadyAt(const HubFile& file, const QString& place);

    /// Opens what is there: the whole file, a part of the same content, or an empty new part.
    HubResult<void> open();
    /// Reads the next few megabytes of what open() found into the hash; true when all were.
    HubResult<bool> rehash();
    /// Whether open() found a whole file, which is right if its checksum is.
    bool isExisting() const { return m_isExisting; }
    /// The part is kept for an answer with this ETag; written before the first byte.
    HubResult<void> remember(const QByteArray& etag);
    HubResult<void> append(const QByteArray& bytes);
    HubResult<void> restart(); ///< Empties the part.
    bool isRight(); ///< Call once, when all bytes are in: the checksum the hub promised.
    HubResult<void> commit(); ///< Flushes and renames.
    void close(); ///< Leaves the part for another time.

private:
    QString partPath() const { return m_place + kEnding; }
    QString notePath() const { return m_place + kNoteEnding; }
    void startHash();
    HubResult<void> openPart();
    bool isSameContent();

    HubFile m_file;
    QString m_place;
    QFile m_part;
    QCryptographicHash m_hash;
    qint64 m_written = 0; ///< Bytes in the hash and, behind m_found, on disk.
    qint64 m_found = 0; ///< Bytes open() found.
    QByteArray m_etag;
    bool m_isExisting = false;
};

} // namespace ui
