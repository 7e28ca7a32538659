#include "ui/models/hub/hub_get.h"

#include <utility>

#include <QCoreApplication>

namespace ui {

namespace {

constexpr int kMostRedirects = 10;
constexpr qint64 kReadAhead = 8 << 20; // Bytes held while the disk is busy.

int portOf(const QUrl& url)
{
    return url.port(url.scheme() == QLatin1String("https") ? 443 : 80);
}

bool isSameOrigin(const QUrl& a, const QUrl& b)
{
    return a.scheme() == b.scheme() && a.host().compare(b.host(), Qt::CaseInsensitive) == 0
        && portOf(a) == portOf(b);
}

} // namespace

HubGet::HubGet(QNetworkAccessManager* network, const HubAccess& access, QNetworkRequest request,
    QObject* parent)
    : QObject(parent)
    , m_network(network)
    , m_hub(access.hub)
    , m_token(access.token.toUtf8())
    , m_silence(static_cast<int>(access.retries.silence.count()))
    , m_request(std::move(request))
{
    m_request.setAttribute(
        QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    m_request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    m_request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    m_request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    m_request.setRawHeader("User-Agent", "featurescope");
    m_request.setTransferTimeout(m_silence);
    send(m_request.url());
}

HubGet::~HubGet()
{
    if (m_reply) {
        m_reply->disconnect(this);
        m_reply->abort();
        m_reply->deleteLater();
    }
}

int HubGet::status() const
{
    return m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
}

bool HubGet::isRedirect() const
{
    return m_reply->attribute(QNetworkRequest::RedirectionTargetAttribute).isValid();
}

void HubGet::send(const QUrl& url)
{
    m_request.setUrl(url);
    const bool mayHaveToken = !m_token.isEmpty() && isSameOrigin(url, m_hub);
    m_request.setRawHeader("Authorization", mayHaveToken ? "Bearer " + m_token : QByteArray());
    m_reply = m_network->get(m_request);
    m_reply->setReadBufferSize(kReadAhead);
    connect(m_reply, &QNetworkReply::readyRead, this, [this] {
        if (isRedirect())
            m_reply->readAll(); // Else a long page about the redirect would fill the buffer.
        else
            Q_EMIT bytesArrived();
    });
    connect(m_reply, &QNetworkReply::finished, this, &HubGet::replyFinished);
}

void HubGet::replyFinished()
{
    if (!isRedirect()) {
        Q_EMIT finished();
        return;
    }
    const QUrl from = m_reply->url();
    const QUrl to
        = from.resolved(m_reply->attribute(QNetworkRequest::RedirectionTargetAttribute).toUrl());
    const bool isSecure = to.scheme() == QLatin1String("https");
    const bool isLessSafe = !isSecure
        && (to.scheme() != QLatin1String("http") || from.scheme() == QLatin1String("https"));
    if (isLessSafe || to.host().isEmpty() || ++m_redirects > kMostRedirects) {
        m_refusal = isLessSafe || to.host().isEmpty()
            ? QCoreApplication::translate("ui::HubGet",
                "%1 sends on to an address that is not secure; it was not followed. Check the "
                "hub's "
                "address under Connection.")
                  .arg(from.host())
            : QCoreApplication::translate("ui::HubGet",
                "%1 sends on from one address to the next without end. Check the hub's address "
                "under "
                "Connection.")
                  .arg(from.host());
        Q_EMIT finished();
        return;
    }
    m_reply->disconnect(this);
    m_reply->deleteLater();
    send(to);
}

} // namespace ui
