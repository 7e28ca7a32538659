#include "session_keeper.h"

#include "core/api/open_model.h"
#include "core/api/session_files.h"
#include "main_window.h"
#include "ui/circuit/circuit_page.h"
#include "ui/features/features_page.h"
#include "ui/models/models_page.h"
#include "ui/models/opener.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"
#include "ui/style/text.h"

#include <utility>

#include <QEvent>
#include <QStatusBar>
#include <QUuid>

namespace app {

namespace {

constexpr int kDelayMs = 300; // a person who stops typing has lost no more than this
constexpr int kRetryMs = 2000;

QString newRun()
{
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

} // namespace

SessionKeeper::SessionKeeper(MainWindow* window, ui::Session* session)
    : QObject(window)
    , m_window(window)
    , m_session(session)
    , m_run(newRun())
{
    m_delay.setSingleShot(true);
    m_delay.setInterval(kDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &SessionKeeper::autosave);
    connect(session, &ui::Session::modelLeaving, this, &SessionKeeper::modelLeaving);
    connect(session, &ui::Session::modelOpened, this, &SessionKeeper::modelOpened);
    const auto follow = [this](auto* page, Part part) {
        using Page = std::remove_pointer_t<decltype(page)>;
        connect(page, &Page::changed, this, [this, part] { partChanged(part); });
    };
    follow(window->promptPage(), Part::Prompt);
    follow(window->featuresPage(), Part::Features);
    follow(window->steerPage(), Part::Steer);
    follow(window->circuitPage(), Part::Circuit);
    connect(
        window->selection(), &ui::Selection::featureChanged, this, &SessionKeeper::windowChanged);
    connect(window, &MainWindow::pageChanged, this, &SessionKeeper::windowChanged);
    window->installEventFilter(this);
}

bool SessionKeeper::eventFilter(QObject* object, QEvent* event)
{
    if (object == m_window
        && (event->type() == QEvent::Move || event->type() == QEvent::Resize
            || event->type() == QEvent::WindowStateChange))
        windowChanged();
    return QObject::eventFilter(object, event);
}

bool SessionKeeper::hasUnsavedChanges() const
{
    return !m_file.isEmpty() && m_edits != m_editsInFile;
}

bool SessionKeeper::isKept() const
{
    return m_workspace.isEmpty() || (m_changes == m_kept && !m_isWaiting);
}

void SessionKeeper::partChanged(Part part)
{
    if (m_isRestoring)
        return;
    if (m_workspace.isEmpty())
        m_touched.insert(part);
    ++m_edits;
    windowChanged();
    if (!m_file.isEmpty())
        Q_EMIT fileChanged();
}

void SessionKeeper::windowChanged()
{
    if (m_isRestoring)
        return;
    ++m_changes;
    if (!m_delay.isActive()) // not put off by what comes after
        m_delay.start(kDelayMs);
}

core::SavedSession SessionKeeper::gather() const
{
    core::SavedSession session;
    session.model = m_model;
    for (const core::DictionaryInfo& info : m_session->state().dictionaries)
        session.dictionaries.push_back(
            {info.name, m_session->dictionaryPath(info).toStdString(), {}});
    session.feature = m_window->selection()->feature();
    m_window->promptPage()->save(session);
    m_window->featuresPage()->save(session);
    m_window->steerPage()->save(session);
    m_window->circuitPage()->save(session);
    session.window.page = m_window->pageName().toStdString();
    session.window.geometry = m_window->saveGeometry().toBase64().toStdString();
    return session;
}

void SessionKeeper::autosave()
{
    if (m_workspace.isEmpty() || m_isWaiting || m_sending > 0 || m_changes == m_kept)
        return;
    m_window->rememberPlace();
    sendAutosave(m_workspace, gather());
}

void SessionKeeper::sendAutosave(const QString& workspace, core::SavedSession session)
{
    ++m_sending;
    const auto done = [this](bool isKept) {
        --m_sending;
        if (m_changes != m_kept && !m_delay.isActive())
            m_delay.start(isKept ? kDelayMs : kRetryMs);
        Q_EMIT autosaved();
        if (m_isClosing && !isAsking())
            m_window->close();
    };
    m_session->ask(
        this, QLatin1String(),
        core::AutosaveRequest{workspace.toStdString(), m_run.toStdString(),
            std::make_shared<const core::SavedSession>(std::move(session))},
        [this, workspace, upTo = m_changes, done](const ui::Shared<std::string>&) {
            if (workspace == m_workspace)
                m_kept = upTo;
            done(true);
        },
        [this, done](const core::Error& error) {
            if (error.code != core::Error::Code::Cancelled)
                say(tr("Your work could not be kept: %1").arg(ui::toQString(error.message)));
            m_isLeft = m_isClosing && !isAsking(); // a window that cannot be saved can be left
            done(false);
        });
}

void SessionKeeper::modelLeaving()
{
    if (!isKept() && !m_isWaiting)
        sendAutosave(m_workspace, gather());
}

void SessionKeeper::modelOpened()
{
    const QString workspace = ui::toQString(m_session->state().workspacePath);
    const bool isSameWork = !m_workspace.isEmpty() && workspace == m_workspace;
    const core::OpenModelRequest& opened = m_session->openedAs();
    m_model = {opened.path, m_session->state().model.name, opened.dtype, {}};
    m_workspace = workspace;
    if (!isSameWork)
        m_kept = m_changes; // they were the other's; what is taken along is a change of its own
    if (m_opening) {
        const core::SavedSession session = *std::exchange(m_opening, {});
        if (session.model.path == opened.path)
            return showFile(session);
    }
    if (isSameWork || workspace.isEmpty())
        return;
    if (!m_file.isEmpty()) { // the file's session is that of the other model
        m_file.clear();
        Q_EMIT fileChanged();
    }
    readAutosave();
}

void SessionKeeper::readAutosave()
{
    m_isWaiting = true;
    const auto done = [this] {
        m_isWaiting = false;
        m_touched.clear();
        windowChanged();
        Q_EMIT restored();
        if (m_isClosing && !isAsking())
            m_window->close();
    };
    m_session->ask(
        this, QLatin1String("read-autosave"), core::ReadAutosaveRequest{m_workspace.toStdString()},
        [this, done, run = m_run](const ui::Shared<core::OpenedSession>& opened) {
            if (opened->isThere && run == m_run) { // else a file was opened meanwhile
                core::SavedSession session = opened->session;
                session.model = m_model;
                keepTouched(session);
                restore(session);
                reopenDictionaries(session);
            }
            done();
        },
        [this, done](const core::Error& error) {
            say(tr("What was made with this model before could not be read: %1")
                    .arg(ui::toQString(error.message)));
            done();
        });
}

void SessionKeeper::keepTouched(core::SavedSession& session) const
{
    const core::SavedSession now = gather();
    if (m_touched.contains(Part::Prompt))
        session.prompt = now.prompt;
    if (m_touched.contains(Part::Features))
        session.search = now.search;
    if (m_touched.contains(Part::Steer)) {
        auto changes = std::move(session.steer.interventions);
        session.steer = now.steer;
        if (session.steer.interventions.empty())
            session.steer.interventions = std::move(changes);
    }
    if (m_touched.contains(Part::Circuit)) {
        auto marks = std::move(session.circuit.marks);
        auto edits = std::move(session.circuit.edits);
        session.circuit = now.circuit;
        session.circuit.marks = std::move(marks);
        if (session.circuit.edits.changes.empty())
            session.circuit.edits = std::move(edits);
        session.patching = now.patching;
        if (!now.swapTest.pairs.empty())
            session.swapTest = now.swapTest;
    }
}

void SessionKeeper::restore(core::SavedSession session)
{
    m_isRestoring = true;
    m_window->promptPage()->restore(session);
    m_window->featuresPage()->restore(session);
    m_window->steerPage()->restore(session);
    m_window->circuitPage()->restore(session);
    if (session.feature && m_session->dictionary(session.feature->dictionary))
        m_window->selection()->setFeature(*session.feature);
    m_session->undoStack()->clear(); // what can be undone was done to something else
    m_isRestoring = false;
}

void SessionKeeper::reopenDictionaries(const core::SavedSession& session)
{
    QStringList paths;
    for (const core::SavedDictionary& one : session.dictionaries) {
        const QString path = ui::toQString(one.path);
        if (!path.startsWith(QLatin1String("builtin")) && !m_session->dictionary(one.name)
            && !paths.contains(path))
            paths << path;
    }
    if (!paths.isEmpty())
        m_window->modelsPage()->opener()->addDictionaries(paths);
}

void SessionKeeper::beginRun()
{
    m_run = newRun();
}

void SessionKeeper::say(const QString& text)
{
    m_window->statusBar()->showMessage(text, 10'000);
}

} // namespace app
