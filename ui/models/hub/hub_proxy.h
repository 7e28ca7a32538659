#pragma once

#include "ui/models/hub/hub_address.h"

#include <QNetworkProxyFactory>
#include <QStringList>

namespace ui {

/// Reads "http://user:password@host:port", "socks5://host:port" or "host:port"; empty is no proxy.
HubResult<QNetworkProxy> parseProxy(const QString& text);

/// Whether `url` is to be reached directly by a no_proxy list: "*", a host, a domain with or
/// without its leading dot, "host:port", an address or a subnet.
bool isExcluded(const QUrl& url, const QStringList& noProxy);

/// One proxy for each scheme, except for the hosts on the no_proxy list.
class HubProxyFactory : public QNetworkProxyFactory {
public:
    HubProxyFactory(QNetworkProxy http, QNetworkProxy https, QStringList noProxy);

    QList<QNetworkProxy> queryProxy(const QNetworkProxyQuery& query) override;

private:
    QNetworkProxy m_http, m_https;
    QStringList m_noProxy;
};

} // namespace ui
