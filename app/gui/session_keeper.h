#pragma once

#include "core/api/session_files.h"
#include "ui/session/session.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include <QObject>
#include <QString>
#include <QTimer>

namespace app {

class MainWindow;

/// Keeps what a person makes. Changes of the pages are written to the workspace of the open model
/// within a third of a second, and are there again when the model is opened next; a session file
/// is written when a person says so, and asked for before it is left with changes.
///
/// Each model has its own work: opening another one saves this one's and brings back that one's.
class SessionKeeper : public QObject {
    Q_OBJECT
public:
    SessionKeeper(MainWindow* window, ui::Session* session);

    const QString& file() const { return m_file; } ///< Of the session; empty: it has none.
    bool hasUnsavedChanges() const; ///< In the session's file; without a file there are none.
    /// Everything that was made is in the workspace, and nothing waits to be brought back.
    bool isKept() const;

    void save(); ///< Into its file; without one asks for a file.
    void saveAs();
    void saveTo(const QString& path, std::function<void()> then = {});
    void chooseAndOpen();
    void open(const QString& path); ///< Asks about unsaved changes first.

    /// May the window go now? Where not, a person is asked or work is being written, and the window
    /// is closed when that is done.
    bool mayClose();

    core::SavedSession gather() const; ///< All of it, as it is now.

Q_SIGNALS:
    void autosaved(); ///< What isKept() says has changed: it is on the disk.
    void restored(); ///< The pages show what was kept.
    void fileChanged(); ///< file() or hasUnsavedChanges().

private:
    enum class Part : std::uint8_t { Prompt, Features, Steer, Circuit };

    void partChanged(Part part);
    void windowChanged();
    void modelLeaving();
    void modelOpened();
    void autosave();
    void sendAutosave(const QString& workspace, core::SavedSession session);
    void readAutosave();
    void restore(core::SavedSession session);
    void keepTouched(core::SavedSession& session) const;
    void reopenDictionaries(const core::SavedSession& session);
    void read(const QString& path, const QString& model);
    void openRead(const QString& path, const core::OpenedSession& opened);
    void showFile(const core::SavedSession& session);
    /// `then` once it is saved or left as it was; not when it was cancelled.
    void askToSave(std::function<void()> then);
    bool isAsking() const; ///< A person is asked, or what the answer was is being written.
    void beginRun(); ///< What was autosaved until now stays in the workspace beside what comes.
    void say(const QString& text);
    bool eventFilter(QObject* object, QEvent* event) override;

    MainWindow* m_window;
    ui::Session* m_session;
    QTimer m_delay;
    QString m_run; ///< Tells this run from others in the workspace.
    QString m_workspace; ///< Of the model whose work the pages show; empty: none is kept.
    core::SavedModel m_model; ///< Likewise.
    std::set<Part> m_touched; ///< By a person, before anything could be brought back.
    quint64 m_changes = 0, m_kept = 0; ///< How many were made, and how many are on the disk.
    bool m_isRestoring = false; ///< What changes now was not changed by a person.
    bool m_isWaiting = false; ///< The autosave of the workspace is being read.
    int m_sending = 0; ///< Autosaves on their way.
    bool m_isClosing = false; ///< The window is to go as soon as all is written.
    bool m_isLeft = false; ///< The window goes although something could not be written.

    QString m_file;
    quint64 m_edits = 0, m_editsInFile = 0; ///< Of the pages alone: where the window stands is not
                                            ///< asked about.
    std::optional<core::SavedSession> m_opening; ///< Its model is being opened.
    QString m_openingFile;
};

} // namespace app
