#include "ui/models/hub/listing_request.h"

#include <algorithm>
#include <utility>

namespace ui {

namespace {
constexpr qsizetype kLargestAnswer = 64 << 20; // A page of a thousand files has some 300 KB.
constexpr int kMostPages = 1000;
constexpr int kLongestLookWait = 10; // Seconds; a person looks on.
} // namespace

ListingRequest::ListingRequest(QNetworkAccessManager* network, HubAccess access, HubAddress address,
    HubKind kind, QObject* parent)
    : QObject(parent)
    , m_network(network)
    , m_access(std::move(access))
    , m_subject{.address = address,
          .kind = kind,
          .hub = m_access.hub,
          .hasToken = !m_access.token.isEmpty()}
    , m_listing{.address = address, .revision = address.revision}
{
    m_pause.setSingleShot(true);
    connect(&m_pause, &QTimer::timeout, this, &ListingRequest::request);
}

void ListingRequest::start()
{
    m_url = m_listing.address.infoUrl(m_access.hub);
    request();
}

void ListingRequest::request()
{
    endRequest();
    m_body.clear();
    QNetworkRequest request(m_url);
    request.setRawHeader("Accept", "application/json");
    m_get = std::make_unique<HubGet>(m_network, m_access, request, nullptr);
    connect(m_get.get(), &HubGet::bytesArrived, this, [this] {
        m_body += m_get->reply()->readAll();
        if (m_body.size() <= kLargestAnswer)
            return;
        m_get.reset();
        Q_EMIT failed(
            tr("The server's answer is too long to be the list of a repository. Check the "
               "hub's address under Connection."));
    });
    connect(m_get.get(), &HubGet::finished, this, &ListingRequest::replyFinished);
}

void ListingRequest::replyFinished()
{
    QNetworkReply& reply = *m_get->reply();
    if (!m_get->refusal().isEmpty()) {
        Q_EMIT failed(m_get->refusal());
        return;
    }
    if (reply.error() != QNetworkReply::NoError || m_get->status() != 200) {
        const HubFailure failure = failureOf(reply, m_subject);
        const int wait = failure.waitSeconds.value_or(1 << std::min(m_failures, 3));
        if (!failure.isWorthRetry || wait > kLongestLookWait
            || ++m_failures >= m_access.retries.attempts) {
            Q_EMIT failed(failure.message);
            return;
        }
        m_pause.start(wait * m_access.retries.second);
        return;
    }
    m_failures = 0;
    if (reply.isOpen())
        m_body += reply.readAll();
    if (m_hasCommit)
        readPage(m_body);
    else
        readInfo(m_body);
}

void ListingRequest::endRequest()
{
    if (!m_get)
        return;
    m_get->disconnect(this); // Not deleted at once: one of its signals may be under way.
    m_get.release()->deleteLater();
}

void ListingRequest::readInfo(const QByteArray& json)
{
    const auto info = parseInfo(json);
    if (!info) {
        Q_EMIT failed(info.error());
        return;
    }
    m_hasCommit = true;
    m_listing.address.revision = info->commit;
    if (!info->repository.isEmpty())
        m_listing.address.repository = info->repository;
    m_url = m_listing.address.treeUrl(m_access.hub);
    request();
}

void ListingRequest::readPage(const QByteArray& json)
{
    if (const auto added = addPage(m_listing, json); !added) {
        Q_EMIT failed(added.error());
        return;
    }
    const QUrl next = nextPage(m_get->reply()->rawHeader("Link"), m_url);
    if (next.isEmpty()) {
        endRequest();
        Q_EMIT finished(m_listing);
        return;
    }
    // Pages stay on the hub: another host must not extend the list.
    if (next.authority() != m_access.hub.authority() || ++m_pages >= kMostPages) {
        Q_EMIT failed(
            tr("The server's list of files leads elsewhere or does not end. Check the hub's "
               "address under Connection."));
        return;
    }
    m_url = next;
    request();
}

} // namespace ui
