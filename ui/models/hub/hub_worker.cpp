#include "ui/models/hub/hub_worker.h"

#include "ui/models/hub/hub_proxy.h"

#include <utility>

namespace ui {

HubWorker::HubWorker()
{
    qRegisterMetaType<HubListing>();
    qRegisterMetaType<HubProgress>();
}

HubWorker::~HubWorker() = default;

bool HubWorker::prepare(HubAccess& access, HubKind kind)
{
    endJobs();
    if (access.isOffline) {
        fail(tr("HF_HUB_OFFLINE is set, so nothing is fetched. Unset it and start again.")
            + QLatin1Char(' ') + withoutNetwork(kind));
        return false;
    }
    const auto http = parseProxy(access.httpProxy);
    const auto https = parseProxy(access.httpsProxy);
    if (!http || !https) {
        fail(http ? https.error() : http.error());
        return false;
    }
    if (access.token.isEmpty())
        access.token = readTokenFile(access.tokenFile);
    m_network = std::make_unique<QNetworkAccessManager>();
    m_network->setProxyFactory(new HubProxyFactory(*http, *https, access.noProxy));
    return true;
}

template <typename Job, typename Result>
void HubWorker::follow(Job* job, void (Job::*finishedSignal)(Result),
    std::type_identity_t<std::function<void(Result)>> pass)
{
    // Queued: the answer deletes the job that gives it.
    const int number = m_job;
    connect(
        job, finishedSignal, this,
        [this, number, pass](Result result) {
            if (number != m_job)
                return;
            endJobs();
            pass(result);
        },
        Qt::QueuedConnection);
    connect(
        job, &Job::failed, this,
        [this, number](const QString& message) {
            if (number == m_job)
                fail(message);
        },
        Qt::QueuedConnection);
}

void HubWorker::list(HubAccess access, const HubAddress& address, HubKind kind)
{
    if (!prepare(access, kind))
        return;
    m_listing = std::make_unique<ListingRequest>(
        m_network.get(), std::move(access), address, kind, nullptr);
    follow(m_listing.get(), &ListingRequest::finished,
        [this](const HubListing& listing) { Q_EMIT listed(listing); });
    m_listing->start();
}

void HubWorker::download(HubAccess access, const HubOrder& order)
{
    if (!prepare(access, order.kind))
        return;
    m_download = std::make_unique<HubDownload>(m_network.get(), std::move(access), order, nullptr);
    connect(m_download.get(), &HubDownload::progressed, this, &HubWorker::progressed);
    follow(m_download.get(), &HubDownload::finished,
        [this](const QString& folder) { Q_EMIT finished(folder); });
    m_download->start();
}

void HubWorker::cancel()
{
    endJobs();
    Q_EMIT cancelled();
}

void HubWorker::measureSpace(const QString& folder)
{
    Q_EMIT spaceMeasured(folder, freeBytes(folder));
}

void HubWorker::endJobs()
{
    ++m_job;
    m_listing.reset();
    m_download.reset();
    m_network.reset();
}

void HubWorker::fail(const QString& message)
{
    endJobs();
    Q_EMIT failed(message);
}

} // namespace ui
