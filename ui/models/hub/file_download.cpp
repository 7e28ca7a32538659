#include "ui/models/hub/file_download.h"

#include "ui/models/hub/safe_path.h"

#include <algorithm>
#include <utility>

#include <QLocale>
#include <QRegularExpression>

namespace ui {

namespace {

constexpr int kLongestDownloadWait = 60; // Seconds; who is asked to wait longer is told so instead.

/// The ETag, if it promises equal bytes; a weak one cannot guard a range.
QByteArray strongEtag(const QNetworkReply& reply)
{
    const QByteArray etag = reply.rawHeader("ETag").trimmed();
    return etag.startsWith('"') && !etag.contains('\n') ? etag : QByteArray();
}

bool isSuccess(int status)
{
    return status == 200 || status == 206;
}

/// Whether a 206 brings the bytes from `start` to the end of a file of `size` bytes.
bool isRangeRight(const QByteArray& contentRange, qint64 start, qint64 size)
{
    static const QRegularExpression kRange(
        QStringLiteral("\\Abytes\\s+(\\d+)-(\\d+)/(\\d+|\\*)\\z"));
    const auto match = kRange.match(QString::fromLatin1(contentRange.trimmed()));
    return match.hasMatch() && match.captured(1).toLongLong() == start
        && match.captured(2).toLongLong() == size - 1
        && (match.captured(3) == QLatin1String("*") || match.captured(3).toLongLong() == size);
}

} // namespace

FileDownload::FileDownload(QNetworkAccessManager* network, HubAccess access, HubSubject subject,
    HubFile file, QString folder, QObject* parent)
    : QObject(parent)
    , m_network(network)
    , m_access(std::move(access))
    , m_subject(std::move(subject))
    , m_folder(std::move(folder))
    , m_part(file, m_folder + QLatin1Char('/') + file.path)
{
    m_subject.path = file.path;
    m_pause.setSingleShot(true);
    connect(&m_pause, &QTimer::timeout, this, &FileDownload::request);
}

void FileDownload::start()
{
    m_state = FileState::Checking;
    if (const auto place = placeBelow(m_folder, path()); !place) {
        fail(place.error());
        return;
    }
    if (const auto opened = m_part.open(); !opened) {
        fail(opened.error());
        return;
    }
    check();
}

void FileDownload::check()
{
    const auto isChecked = m_part.rehash();
    if (!isChecked) {
        fail(isChecked.error());
        return;
    }
    if (!*isChecked) { // Other files and a wish to cancel have their turn in between.
        QMetaObject::invokeMethod(this, &FileDownload::check, Qt::QueuedConnection);
        return;
    }
    if (m_part.isExisting()) {
        m_state = FileState::Done;
        m_part.close();
        Q_EMIT finished();
        return;
    }
    m_wasResumed = m_part.written() > 0;
    if (m_part.written() == m_part.file().size)
        verify();
    else
        request();
}

void FileDownload::request()
{
    m_state = FileState::Coming;
    m_isAccepted = false;
    QNetworkRequest request(m_subject.address.fileUrl(m_access.hub, path()));
    // Ranges and checksums are of the file as it is, not of a compressed copy.
    request.setRawHeader("Accept-Encoding", "identity");
    if (m_part.written() > 0) {
        request.setRawHeader("Range", "bytes=" + QByteArray::number(m_part.written()) + '-');
        if (!m_part.etag().isEmpty())
            request.setRawHeader("If-Range", m_part.etag());
    }
    endRequest();
    m_get = std::make_unique<HubGet>(m_network, m_access, request, nullptr);
    connect(m_get.get(), &HubGet::bytesArrived, this, &FileDownload::readBytes);
    connect(m_get.get(), &HubGet::finished, this, &FileDownload::replyFinished);
}

bool FileDownload::isAnswerUsable()
{
    const QNetworkReply& reply = *m_get->reply();
    const qint64 size = m_part.file().size;
    if (m_get->status() == 206) {
        if (isRangeRight(reply.rawHeader("Content-Range"), m_part.written(), size))
            return true;
        fail(tr(
            "%1 answered with another piece of %2 than was asked for. Try another address of the "
            "hub.")
                 .arg(reply.url().host(), path()));
        return false;
    }
    // The whole file comes, be it that the range was ignored or that the content has changed.
    const QVariant length = reply.header(QNetworkRequest::ContentLengthHeader);
    if (length.isValid() && length.toLongLong() != size) {
        fail(
            tr("%1 offers %2 with %3 bytes, but the repository lists %4. Nothing was written. List "
               "the files again; if it stays so, try another address of the hub.")
                .arg(reply.url().host(), path(), QLocale().toString(length.toLongLong()),
                    QLocale().toString(size)));
        return false;
    }
    m_wasResumed = false;
    if (const auto fresh = m_part.restart(); !fresh) {
        fail(fresh.error());
        return false;
    }
    return true;
}

void FileDownload::readBytes()
{
    QNetworkReply* reply = m_get->reply();
    if (!isSuccess(m_get->status())) {
        reply->readAll(); // A page about the fault; the status says enough.
        return;
    }
    if (!m_isAccepted) {
        if (!isAnswerUsable())
            return;
        if (const auto noted = m_part.remember(strongEtag(*reply)); !noted) {
            fail(noted.error());
            return;
        }
        m_isAccepted = true;
    }
    const QByteArray bytes = reply->isOpen() ? reply->readAll() : QByteArray(); // Closed: given up.
    m_received += bytes.size();
    if (!bytes.isEmpty())
        m_failures = 0;
    if (const auto written = m_part.append(bytes); !written)
        fail(written.error());
}

void FileDownload::replyFinished()
{
    const QNetworkReply* reply = m_get->reply();
    if (!m_get->refusal().isEmpty()) {
        fail(m_get->refusal());
        return;
    }
    if (isSuccess(m_get->status())) { // The last bytes may come with the end.
        readBytes();
        if (!m_get)
            return; // They could not be taken.
    }
    if (m_get->status() == 416) { // The part is not of this file after all.
        if (const auto fresh = m_part.restart(); !fresh) {
            fail(fresh.error());
            return;
        }
        tryAgain({tr("%1 refuses to go on with %2.").arg(reply->url().host(), path()), true, 0});
        return;
    }
    if (isSuccess(m_get->status()) && m_part.written() == m_part.file().size)
        verify();
    else
        tryAgain(failureOf(*reply, m_subject));
}

void FileDownload::verify()
{
    endRequest();
    if (m_part.isRight()) {
        if (const auto committed = m_part.commit(); !committed) {
            fail(committed.error());
            return;
        }
        m_state = FileState::Done;
        Q_EMIT finished();
        return;
    }
    if (const auto fresh = m_part.restart(); !fresh) {
        fail(fresh.error());
        return;
    }
    if (m_wasResumed) { // The old half may have been the wrong one.
        m_wasResumed = false;
        request();
        return;
    }
    fail(
        tr("%1 arrived with another checksum than the hub lists, so it was thrown away. Try again; "
           "if it stays so, a proxy or mirror in between changes files.")
            .arg(path()));
}

void FileDownload::tryAgain(const HubFailure& failure)
{
    const int wait = failure.waitSeconds.value_or(1 << std::min(m_failures, 5));
    if (!failure.isWorthRetry || wait > kLongestDownloadWait
        || ++m_failures >= m_access.retries.attempts) {
        fail(failure.message);
        return;
    }
    endRequest();
    m_state = FileState::Pausing;
    m_wasResumed = m_wasResumed || m_part.written() > 0;
    m_pause.start(wait * m_access.retries.second);
}

void FileDownload::endRequest()
{
    if (!m_get)
        return;
    m_get->disconnect(this); // Not deleted at once: one of its signals may be under way.
    m_get.release()->deleteLater();
}

void FileDownload::fail(const QString& message)
{
    endRequest();
    m_part.close();
    m_state = FileState::Waiting;
    Q_EMIT failed(message);
}

} // namespace ui
