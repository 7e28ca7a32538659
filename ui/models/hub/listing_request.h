#pragma once

#include "ui/models/hub/hub_get.h"
#include "ui/models/hub/hub_messages.h"

#include <memory>

#include <QTimer>

namespace ui {

/// Asks the hub for the commit behind a revision and then, page by page, for the files of it.
/// Worker thread; deleting it ends it.
class ListingRequest : public QObject {
    Q_OBJECT
public:
    ListingRequest(QNetworkAccessManager* network, HubAccess access, HubAddress address,
        HubKind kind, QObject* parent);

    void start();

Q_SIGNALS:
    void finished(const ui::HubListing& listing);
    void failed(const QString& message);

private:
    void request();
    void replyFinished();
    void endRequest();
    void readInfo(const QByteArray& json);
    void readPage(const QByteArray& json);

    QNetworkAccessManager* m_network;
    HubAccess m_access;
    HubSubject m_subject;
    HubListing m_listing;
    QUrl m_url; ///< Of the page to read now.
    std::unique_ptr<HubGet> m_get;
    QByteArray m_body;
    QTimer m_pause;
    int m_failures = 0;
    int m_pages = 0;
    bool m_hasCommit = false;
};

} // namespace ui
