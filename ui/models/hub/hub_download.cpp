#include "ui/models/hub/hub_download.h"

#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QCoreApplication>
#include <QDir>
#include <QStorageInfo>

namespace ui {

namespace {
constexpr std::size_t kAtOnce = 2;
constexpr std::chrono::milliseconds kBetweenReports{100};
} // namespace

qint64 freeBytes(const QString& folder)
{
    QString existing = QDir::cleanPath(QDir(folder).absolutePath());
    while (!QFileInfo::exists(existing) && existing.size() > 1)
        existing = QFileInfo(existing).path();
    const QStorageInfo storage(existing);
    return storage.isValid() ? storage.bytesAvailable() : -1;
}

HubDownload::HubDownload(
    QNetworkAccessManager* network, HubAccess access, HubOrder order, QObject* parent)
    : QObject(parent)
    , m_network(network)
    , m_access(std::move(access))
    , m_order(std::move(order))
{
    for (const HubFile& file : m_order.listing.files)
        m_total += file.size;
    m_reports.setInterval(kBetweenReports);
    connect(&m_reports, &QTimer::timeout, this, &HubDownload::report);
}

HubResult<void> HubDownload::checkSpace() const
{
    qint64 needed = 0;
    for (const HubFile& file : m_order.listing.files) {
        const QString place = m_order.folder + QLatin1Char('/') + file.path;
        needed += file.size - PartFile::bytesAlreadyAt(file, place);
    }
    const qint64 available = freeBytes(m_order.folder);
    if (available < 0 || needed <= available)
        return {};
    return tl::unexpected(tr(
        "It does not fit: %1 more are needed and %2 are free in %3. Free some space, choose fewer "
        "files or another folder.")
                              .arg(formatBytes(needed), formatBytes(available),
                                  QDir::toNativeSeparators(m_order.folder)));
}

void HubDownload::start()
{
    if (const auto space = checkSpace(); !space) {
        end(space.error());
        return;
    }
    m_clock.start();
    m_reports.start();
    m_rate.add(std::chrono::milliseconds(0), 0);
    startNext();
}

void HubDownload::startNext()
{
    const int count = static_cast<int>(m_order.listing.files.size());
    while (m_running.size() < kAtOnce && m_next < count) {
        const int index = m_next++;
        const HubSubject subject{.address = m_order.listing.address,
            .kind = m_order.kind,
            .hub = m_access.hub,
            .hasToken = !m_access.token.isEmpty()};
        auto* download = new FileDownload(m_network, m_access, subject,
            m_order.listing.files.at(static_cast<std::size_t>(index)), m_order.folder, this);
        m_running.push_back({index, download});
        connect(
            download, &FileDownload::finished, this, [this, index] { fileFinished(index); },
            Qt::QueuedConnection);
        connect(download, &FileDownload::failed, this, &HubDownload::end, Qt::QueuedConnection);
        download->start();
    }
    if (m_running.empty()) {
        const QString below = folderToOpen(m_order.listing.files, m_order.kind);
        m_reports.stop();
        report();
        Q_EMIT finished(
            below.isEmpty() ? m_order.folder : m_order.folder + QLatin1Char('/') + below);
    }
}

void HubDownload::fileFinished(int index)
{
    const auto at = std::find_if(m_running.begin(), m_running.end(),
        [index](const Running& running) { return running.index == index; });
    if (at == m_running.end())
        return; // The whole has failed in the meantime.
    m_doneBefore += m_order.listing.files.at(static_cast<std::size_t>(index)).size;
    m_receivedBefore += at->download->received();
    m_ended.push_back({index, FileState::Done, at->download->done()});
    at->download->deleteLater();
    m_running.erase(at);
    startNext();
}

void HubDownload::end(const QString& message)
{
    if (std::exchange(m_isOver, true))
        return; // Two files failed in the same moment; one message is enough.
    m_reports.stop();
    for (const Running& running : m_running)
        delete running.download;
    m_running.clear();
    Q_EMIT failed(message);
}

void HubDownload::report()
{
    HubProgress progress{
        .files = std::exchange(m_ended, {}), .done = m_doneBefore, .total = m_total};
    qint64 received = m_receivedBefore;
    for (const Running& running : m_running) {
        const FileDownload& download = *running.download;
        progress.files.push_back({running.index, download.state(), download.done()});
        progress.done += download.done();
        received += download.received();
    }
    m_rate.add(std::chrono::milliseconds(m_clock.elapsed()), received);
    progress.bytesPerSecond = m_rate.perSecond();
    progress.remaining = m_rate.remaining(progress.total - progress.done);
    Q_EMIT progressed(progress);
}

} // namespace ui
