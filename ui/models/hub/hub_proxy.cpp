#include "ui/models/hub/hub_proxy.h"

#include <algorithm>
#include <utility>

#include <QCoreApplication>
#include <QHostAddress>

namespace ui {

namespace {
constexpr int kHttpProxyPort = 80;
constexpr int kSocksPort = 1080;
} // namespace

HubResult<QNetworkProxy> parseProxy(const QString& text)
{
    if (text.trimmed().isEmpty())
        return QNetworkProxy(QNetworkProxy::NoProxy);
    QString address = text.trimmed();
    if (!address.contains(QLatin1String("://")))
        address.prepend(QLatin1String("http://"));
    const QUrl url(address, QUrl::StrictMode);
    const QString scheme = url.scheme().toLower();
    const bool isSocks = scheme == QLatin1String("socks5") || scheme == QLatin1String("socks5h")
        || scheme == QLatin1String("socks");
    // A password may stand in the text, so that the message must not repeat it.
    if (!url.isValid() || url.host().isEmpty() || (!isSocks && scheme != QLatin1String("http")))
        return tl::unexpected(QCoreApplication::translate("ui::HubProxy",
            "The proxy's address is not understood. Write http://host:port or "
            "socks5://host:port; other kinds of proxies are not supported."));
    QNetworkProxy proxy(isSocks ? QNetworkProxy::Socks5Proxy : QNetworkProxy::HttpProxy, url.host(),
        static_cast<quint16>(url.port(isSocks ? kSocksPort : kHttpProxyPort)),
        url.userName(QUrl::FullyDecoded), url.password(QUrl::FullyDecoded));
    return proxy;
}

bool isExcluded(const QUrl& url, const QStringList& noProxy)
{
    const QString host = url.host().toLower();
    const QHostAddress address(host);
    return std::any_of(noProxy.cbegin(), noProxy.cend(), [&](const QString& item) {
        QString entry = item.toLower();
        if (entry == QLatin1String("*"))
            return true;
        if (!address.isNull() && entry.contains(QLatin1Char('/')))
            return address.isInSubnet(QHostAddress::parseSubnet(entry));
        if (const auto colon = entry.lastIndexOf(QLatin1Char(':'));
            colon > 0 && entry.count(QLatin1Char(':')) == 1) {
            const int standard = url.scheme() == QLatin1String("https") ? 443 : 80;
            if (entry.mid(colon + 1).toInt() != url.port(standard))
                return false;
            entry.truncate(colon);
        }
        while (entry.startsWith(QLatin1Char('.')) || entry.startsWith(QLatin1Char('*')))
            entry.remove(0, 1);
        return !entry.isEmpty() && (host == entry || host.endsWith(QLatin1Char('.') + entry));
    });
}

HubProxyFactory::HubProxyFactory(QNetworkProxy http, QNetworkProxy https, QStringList noProxy)
    : m_http(std::move(http))
    , m_https(std::move(https))
    , m_noProxy(std::move(noProxy))
{
}

QList<QNetworkProxy> HubProxyFactory::queryProxy(const QNetworkProxyQuery& query)
{
    if (isExcluded(query.url(), m_noProxy))
        return {QNetworkProxy(QNetworkProxy::NoProxy)};
    return {query.url().scheme() == QLatin1String("https") ? m_https : m_http};
}

} // namespace ui
