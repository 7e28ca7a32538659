#pragma once

#include "ui/models/hub/hub_access.h"

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QPointer>

namespace ui {

/// One GET, with redirects followed here and not by Qt, so that the token goes to the hub alone:
/// large files are kept on other hosts. Signals come for the last answer only.
class HubGet : public QObject {
    Q_OBJECT
public:
    HubGet(QNetworkAccessManager* network, const HubAccess& access, QNetworkRequest request,
        QObject* parent);
    ~HubGet() override; ///< Ends the request.

    QNetworkReply* reply() const { return m_reply; }
    int status() const;
    /// Set where following a redirect would not be right; the reply then holds the redirect.
    QString refusal() const { return m_refusal; }

Q_SIGNALS:
    void bytesArrived(); ///< Some can be read; the headers are known.
    void finished();

private:
    void send(const QUrl& url);
    void replyFinished();
    bool isRedirect() const;

    QNetworkAccessManager* m_network;
    QUrl m_hub;
    QByteArray m_token;
    int m_silence;
    QNetworkRequest m_request;
    QPointer<QNetworkReply> m_reply; ///< Its network may go first.
    int m_redirects = 0;
    QString m_refusal;
};

} // namespace ui
