#pragma once

#include "ui/models/hub/hub_download.h"
#include "ui/models/hub/listing_request.h"

#include <functional>
#include <type_traits>

namespace ui {

/// All that touches the network and the disk for the download dialog, on a thread of its own: move
/// it there and call its slots by queued connections. One job at a time; a new one ends the old.
class HubWorker : public QObject {
    Q_OBJECT
public:
    HubWorker();
    ~HubWorker() override;

    void list(HubAccess access, const HubAddress& address, HubKind kind);
    void download(HubAccess access, const HubOrder& order);
    void cancel(); ///< Parts stay, to go on with.
    void measureSpace(const QString& folder);

Q_SIGNALS:
    void listed(const ui::HubListing& listing);
    void progressed(const ui::HubProgress& progress);
    void finished(const QString& folderToOpen);
    void failed(const QString& message);
    void cancelled();
    void spaceMeasured(const QString& folder, qint64 bytes); ///< Negative: cannot be told.

private:
    /// A network that goes through the proxy asked for; false after saying what is wrong with it.
    bool prepare(HubAccess& access, HubKind kind);
    template <typename Job, typename Result>
    void follow(Job* job, void (Job::*finishedSignal)(Result),
        std::type_identity_t<std::function<void(Result)>> pass);
    void endJobs();
    void fail(const QString& message);

    int m_job = 0; ///< Answers of an earlier one are dropped.
    std::unique_ptr<QNetworkAccessManager> m_network; ///< Made on the worker's thread.
    std::unique_ptr<ListingRequest> m_listing;
    std::unique_ptr<HubDownload> m_download;
};

} // namespace ui
