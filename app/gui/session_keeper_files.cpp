// Sessions as files: what a person saves, opens and is asked about.
#include "core/api/session_files.h"
#include "main_window.h"
#include "session_keeper.h"
#include "ui/style/text.h"

#include <utility>

#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>

namespace app {

namespace {

const QString kEnding = QStringLiteral(".featurescope");
const QString kQuestion = QStringLiteral("askToSave"); // the box that asks whether to save

QString filter()
{
    return SessionKeeper::tr("Sessions (*%1)").arg(kEnding);
}

} // namespace

void SessionKeeper::save()
{
    if (m_file.isEmpty())
        saveAs();
    else
        saveTo(m_file);
}

void SessionKeeper::saveAs()
{
    if (!m_session->hasModel())
        return say(tr("Open a model first: a session belongs to one."));
    QString path = QFileDialog::getSaveFileName(m_window, tr("Save the session"),
        m_file.isEmpty() ? QStringLiteral("session") + kEnding : m_file, filter());
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += kEnding;
    saveTo(path);
}

void SessionKeeper::saveTo(const QString& path, std::function<void()> then)
{
    m_session->ask(
        this,
        core::SaveSessionRequest{
            path.toStdString(), std::make_shared<const core::SavedSession>(gather())},
        [this, path, upTo = m_edits, then = std::move(then)](const ui::Shared<std::string>&) {
            m_file = path;
            m_editsInFile = upTo;
            Q_EMIT fileChanged();
            say(tr("Session saved as %1").arg(path));
            if (then)
                then();
        },
        [this](const core::Error& error) {
            m_isClosing = false;
            auto* box = new QMessageBox(QMessageBox::Warning, tr("The session was not saved"),
                ui::toQString(error.message), QMessageBox::Ok, m_window);
            box->setAttribute(Qt::WA_DeleteOnClose);
            box->open();
        });
}

void SessionKeeper::chooseAndOpen()
{
    const QString path = QFileDialog::getOpenFileName(m_window, tr("Open a session"), {}, filter());
    if (!path.isEmpty())
        open(path);
}

void SessionKeeper::open(const QString& path)
{
    if (hasUnsavedChanges())
        askToSave([this, path] { read(path, {}); });
    else
        read(path, {});
}

void SessionKeeper::read(const QString& path, const QString& model)
{
    m_session->ask(
        this, core::ReadSessionRequest{path.toStdString(), model.toStdString(), {}},
        [this, path](const ui::Shared<core::OpenedSession>& opened) { openRead(path, *opened); },
        [this, path, model](const core::Error& error) {
            auto* box = new QMessageBox(QMessageBox::Warning, tr("The session was not opened"),
                ui::toQString(error.message), QMessageBox::Close, m_window);
            box->setAttribute(Qt::WA_DeleteOnClose);
            if (error.code == core::Error::Code::NotFound && model.isEmpty()
                && QFileInfo::exists(path)) {
                QPushButton* const where
                    = box->addButton(tr("Choose the model's &folder …"), QMessageBox::AcceptRole);
                connect(where, &QPushButton::clicked, this, [this, path] {
                    const QString folder = QFileDialog::getExistingDirectory(
                        m_window, tr("Where the session's model lies"));
                    if (!folder.isEmpty())
                        read(path, folder);
                });
                QPushButton* const file
                    = box->addButton(tr("Choose its GGUF f&ile …"), QMessageBox::AcceptRole);
                connect(file, &QPushButton::clicked, this, [this, path] {
                    const QString model = QFileDialog::getOpenFileName(m_window,
                        tr("Where the session's model lies"), {},
                        tr("GGUF models (*.gguf);;All files (*)"));
                    if (!model.isEmpty())
                        read(path, model);
                });
            }
            box->open();
            if (!m_session->hasModel() && !m_session->isBusy())
                m_window->open(QStringLiteral("builtin"));
        });
}

void SessionKeeper::openRead(const QString& path, const core::OpenedSession& opened)
{
    if (!opened.notes.empty()) {
        QStringList notes;
        for (const std::string& note : opened.notes)
            notes << ui::toQString(note);
        auto* box = new QMessageBox(QMessageBox::Information, tr("Not all is as it was saved"),
            notes.join(QLatin1Char('\n')), QMessageBox::Ok, m_window);
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    }
    m_openingFile = path;
    const core::SavedModel& model = opened.session.model;
    if (m_session->hasModel() && m_session->openedAs().path == model.path
        && m_session->openedAs().dtype == model.dtype)
        return showFile(opened.session);
    m_opening = opened.session;
    m_session->openModel(ui::toQString(model.path), {}, ui::toQString(model.dtype));
}

void SessionKeeper::showFile(const core::SavedSession& session)
{
    beginRun();
    core::SavedSession shown = session;
    shown.model.name = m_model.name; // as it is called here
    restore(shown);
    reopenDictionaries(shown);
    m_window->restorePlace(ui::toQString(session.window.page),
        QByteArray::fromBase64(QByteArray::fromStdString(session.window.geometry)));
    m_touched.clear();
    m_file = m_openingFile;
    m_editsInFile = m_edits;
    windowChanged();
    Q_EMIT fileChanged();
    Q_EMIT restored();
}

void SessionKeeper::askToSave(std::function<void()> then)
{
    auto* box = new QMessageBox(QMessageBox::Question, tr("Save the session?"),
        tr("%1 has changes that are not saved.").arg(QFileInfo(m_file).fileName()),
        QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, m_window);
    box->setObjectName(kQuestion);
    box->setInformativeText(
        tr("They are kept with the model in any case; the file stays as it was unless you save."));
    box->setDefaultButton(QMessageBox::Save);
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then)](int answer) {
        if (answer == QMessageBox::Cancel) {
            m_isClosing = m_isLeft = false;
            return;
        }
        if (answer == QMessageBox::Save)
            return saveTo(m_file, then);
        m_editsInFile = m_edits;
        then();
    });
    box->open();
}

bool SessionKeeper::isAsking() const
{
    const auto* box = m_window->findChild<QMessageBox*>(kQuestion);
    return (box && box->isVisible()) || m_session->isBusy(ui::kTag<core::SaveSessionRequest>);
}

bool SessionKeeper::mayClose()
{
    if (m_isLeft)
        return true;
    m_isClosing = true;
    if (hasUnsavedChanges()) {
        if (!isAsking())
            askToSave([this] { m_window->close(); });
        return false;
    }
    m_delay.stop();
    autosave();
    return m_sending == 0 && !m_isWaiting;
}

} // namespace app
