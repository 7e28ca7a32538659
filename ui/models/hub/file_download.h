#pragma once

#include "ui/models/hub/hub_get.h"
#include "ui/models/hub/hub_messages.h"
#include "ui/models/hub/part_file.h"

#include <QTimer>

namespace ui {

enum class FileState : std::uint8_t { Waiting, Checking, Coming, Pausing, Done };

/// Brings one file: hashes what is there already, asks for the rest, checks, renames. Tries again
/// what may succeed another time. Lives on the worker thread; deleting it at any moment leaves a
/// part that can go on.
class FileDownload : public QObject {
    Q_OBJECT
public:
    FileDownload(QNetworkAccessManager* network, HubAccess access, HubSubject subject, HubFile file,
        QString folder, QObject* parent);

    void start();

    const QString& path() const { return m_part.file().path; }
    qint64 done() const { return m_part.written(); }
    qint64 received() const { return m_received; } ///< Over the network, for the speed.
    FileState state() const { return m_state; }

Q_SIGNALS:
    void finished(); ///< Whole, right and in its place.
    void failed(const QString& message);

private:
    void check();
    void request();
    void readBytes();
    void replyFinished();
    void endRequest();
    void verify();
    void tryAgain(const HubFailure& failure);
    void fail(const QString& message);
    bool isAnswerUsable();

    QNetworkAccessManager* m_network;
    HubAccess m_access;
    HubSubject m_subject;
    QString m_folder;
    PartFile m_part;
    FileState m_state = FileState::Waiting;
    std::unique_ptr<HubGet> m_get;
    QTimer m_pause;
    bool m_isAccepted = false; ///< The answer's headers were looked at and its bytes are wanted.
    bool m_wasResumed = false; ///< Some bytes came from an earlier answer.
    int m_failures = 0; ///< Without a new byte in between.
    qint64 m_received = 0;
};

} // namespace ui
