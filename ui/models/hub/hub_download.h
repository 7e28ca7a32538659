#pragma once

#include "ui/models/hub/file_download.h"
#include "ui/models/hub/transfer_rate.h"

#include <functional>
#include <vector>

#include <QElapsedTimer>

namespace ui {

/// What to bring where.
struct HubOrder {
    HubListing listing; ///< Its files are those to bring.
    HubKind kind = HubKind::Model;
    QString folder; ///< Of the repository on this machine; made if it is not there.
};

/// How far a download is, at one moment.
struct HubProgress {
    struct File {
        int index = 0; ///< In the order's files.
        FileState state = FileState::Waiting;
        qint64 done = 0;
    };
    std::vector<File> files; ///< That changed since the last time.
    qint64 done = 0, total = 0;
    double bytesPerSecond = 0.0;
    std::optional<std::chrono::seconds> remaining;
};

/// Brings the files of a repository, two at a time, after making sure that they fit. Ends at the
/// first that cannot be had; deleting it leaves parts to go on with. Worker thread.
class HubDownload : public QObject {
    Q_OBJECT
public:
    HubDownload(QNetworkAccessManager* network, HubAccess access, HubOrder order, QObject* parent);

    void start();

Q_SIGNALS:
    void progressed(const ui::HubProgress& progress); ///< At most ten times a second.
    void finished(const QString& folderToOpen);
    void failed(const QString& message);

private:
    HubResult<void> checkSpace() const;
    void startNext();
    void fileFinished(int index);
    void end(const QString& message);
    void report();

    struct Running {
        int index;
        FileDownload* download;
    };

    QNetworkAccessManager* m_network;
    HubAccess m_access;
    HubOrder m_order;
    std::vector<Running> m_running;
    std::vector<HubProgress::File> m_ended; ///< Since the last report.
    int m_next = 0;
    qint64 m_total = 0;
    qint64 m_doneBefore = 0, m_receivedBefore = 0; ///< In files that have ended.
    TransferRate m_rate;
    QElapsedTimer m_clock;
    QTimer m_reports;
    bool m_isOver = false;
};

/// Bytes free where `folder` is or would be made; negative when that cannot be told.
qint64 freeBytes(const QString& folder);

} // namespace ui

Q_DECLARE_METATYPE(ui::HubProgress)
