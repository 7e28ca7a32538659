#include "main_window.h"

#include "card_dock.h"
#include "guide.h"
#include "session_keeper.h"
#include "status_line.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/circuit_page.h"
#include "ui/features/feature_card.h"
#include "ui/features/features_page.h"
#include "ui/models/models_page.h"
#include "ui/models/recent_menu.h"
#include "ui/prompt/prompt_page.h"
#include "ui/shared/drop_hint.h"
#include "ui/shared/message_bar.h"
#include "ui/start/start_page.h"
#include "ui/steer/steer_page.h"
#include "ui/steer/sweep/steering_studies.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"
#include "ui/train/train_page.h"

#include <algorithm>

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QScrollArea>
#include <QStackedWidget>
#include <QToolBar>
#include <QToolButton>

namespace app {

namespace {

const QString kWindowGeometry = QStringLiteral("geometry");
const QString kWindowState = QStringLiteral("state");
const QString kStart = QStringLiteral("start");
const QString kBuiltin = QStringLiteral("builtin");
constexpr int kUnfinishedShownMs = 30'000;
constexpr int kStateVersion = 1;

QStringList localPaths(const QDropEvent& event)
{
    QStringList paths;
    for (const QUrl& url : event.mimeData()->urls()) {
        if (url.isLocalFile())
            paths << url.toLocalFile();
    }
    return paths;
}

} // namespace

MainWindow::MainWindow(ui::Settings* settings, QWidget* parent)
    : QMainWindow(parent)
    , m_settings(settings)
    , m_session(new ui::Session(this))
    , m_stack(new QStackedWidget(this))
    , m_banner(new ui::MessageBar(this))
    , m_pageActions(new QActionGroup(this))
    , m_models(new ui::ModelsPage(m_session, &m_selection, settings, this))
    , m_prompt(new ui::PromptPage(m_session, &m_selection, this))
    , m_features(new ui::FeaturesPage(m_session, &m_selection, settings, this))
    , m_steer(new ui::SteerPage(m_session, &m_selection, settings, this))
    , m_circuit(new ui::CircuitPage(m_session, &m_selection, settings, this))
    , m_train(new ui::TrainPage(m_session, settings, this))
    , m_card(new ui::FeatureCard(m_session, &m_selection, settings, this))
    , m_dropHint(new ui::DropHint(
          tr("Drop it to open it\n\nA model folder (config.json, safetensors, "
             "tokenizer) or a GGUF file\nAn SAE or transcoder, file or folder\nA circuit "
             "graph (.json)"),
          this))
{
    setAcceptDrops(true);
    qApp->installEventFilter(this);
    setWindowTitle(tr("Featurescope"));
    setCentralWidget(m_stack);
    m_banner->lieOver(m_stack);
    m_banner->setObjectName(QStringLiteral("windowBanner"));
    m_guide = new Guide(this);
    makeRail();
    m_dock = new CardDock(m_card, this);
    setStatusBar(new StatusLine(m_session, this));
    m_keeper = new SessionKeeper(this, m_session);
    makeMenus();
    connect(m_keeper, &SessionKeeper::fileChanged, this, &MainWindow::updateTitle);
    connect(m_card, &ui::FeatureCard::steerRequested, this, &MainWindow::steer);
    connect(m_card, &ui::FeatureCard::stepRequested, m_features, &ui::FeaturesPage::step);
    connect(m_features, &ui::FeaturesPage::steerRequested, this, &MainWindow::steer);
    connect(m_features, &ui::FeaturesPage::cardRequested, m_dock, &CardDock::open);
    connect(
        m_features, &ui::FeaturesPage::harvestRequested, this, [this] { showPage(Page::Models); });
    const auto showTraining = [this] { showPage(Page::Train); };
    connect(m_features, &ui::FeaturesPage::trainRequested, this, showTraining);
    connect(m_prompt, &ui::PromptPage::trainRequested, this, showTraining);
    connect(m_start, &ui::StartPage::trainRequested, this, showTraining);
    connect(m_features, &ui::FeaturesPage::rankRequested, m_steer->studies(),
        &ui::SteeringStudies::showWhatSteers);
    connect(
        m_steer->studies(), &ui::SteeringStudies::taken, this, [this] { showPage(Page::Steer); });
    connect(
        m_train, &ui::TrainPage::openRequested, m_models->opener(), &ui::Opener::addDictionaries);
    const auto markTraining = [this](const QString& title) {
        m_pageActions->actions().at(static_cast<int>(Page::Train))->setText(title);
    };
    connect(m_train, &ui::TrainPage::unfinishedFound, this,
        [this, markTraining](const QString& sentence) {
            // Not over the page, whose controls a person may be at; what stays is the mark.
            statusBar()->showMessage(
                tr("%1 The Train page offers that.").arg(sentence), kUnfinishedShownMs);
            markTraining(tr("Train •"));
        });
    connect(this, &MainWindow::pageChanged, this, [this, markTraining] {
        if (currentPage() != Page::Train)
            return;
        statusBar()->clearMessage();
        markTraining(tr("Train"));
    });
    connect(
        m_session, &ui::Session::modelOpened, this, [markTraining] { markTraining(tr("Train")); });
    connect(m_train, &ui::TrainPage::featuresRequested, this, [this](const std::string& name) {
        m_features->chooseDictionary(name);
        showPage(Page::Features);
    });
    connect(m_session, &ui::Session::stateChanged, this, [this] {
        updateTitle();
        const core::EngineState& state = m_session->state();
        m_start->showModel(
            m_session->hasModel() && m_session->openedAs().path != kBuiltin.toStdString()
                ? ui::toQString(state.model.name)
                : QString(),
            m_session->hasModel() && state.dictionaries.empty());
        m_selection.keepOnly(
            [this](const std::string& name) { return m_session->dictionary(name) != nullptr; });
    });
    followDevices();
    restore();
}

MainWindow::~MainWindow()
{
    m_guide->stop();
    // Stops and joins the engine before any page goes.
    delete m_session;
}

void MainWindow::makeRail()
{
    auto* rail = new QToolBar(tr("Pages"), this);
    rail->setObjectName(QStringLiteral("rail"));
    rail->setMovable(false);
    rail->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    rail->setIconSize(QSize(ui::em(this) * 3 / 2, ui::em(this) * 3 / 2));
    rail->setContextMenuPolicy(Qt::PreventContextMenu);
    addToolBar(Qt::LeftToolBarArea, rail);
    m_pageActions->setExclusive(true);
    // One line for each page, in the order of `Page`; the name is what the settings remember.
    // Ctrl+1 is the first page behind Start.
    const auto add = [&](const QString& name, QWidget* page, const QString& title,
                         const QString& note, ui::Icon which) {
        // A page that needs more than there is scrolls: large text on a small screen.
        auto* scroll = new QScrollArea(m_stack);
        scroll->setWidgetResizable(true);
        scroll->setFrameShape(QFrame::NoFrame);
        scroll->setFocusPolicy(Qt::NoFocus);
        scroll->setWidget(page);
        m_stack->addWidget(scroll);
        const int number = m_stack->count() - 1;
        auto* action = new QAction(ui::icon(which), title, this);
        action->setObjectName(name);
        action->setCheckable(true);
        action->setShortcut(number == 0
                ? QKeySequence(Qt::ALT | Qt::Key_Home)
                : QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + number)));
        action->setToolTip(QStringLiteral("%1 (%2)").arg(
            note, action->shortcut().toString(QKeySequence::NativeText)));
        connect(action, &QAction::triggered, this,
            [this, scroll] { m_stack->setCurrentWidget(scroll); });
        m_pageActions->addAction(action);
        rail->addAction(action);
        m_commands.push_back(action);
    };
    std::vector<ui::StartCard> cards;
    for (const Walk& walk : m_guide->walks())
        cards.push_back({walk.name, walk.icon, walk.title, walk.sentence, walk.button});
    m_start = new ui::StartPage(cards, this);
    connect(m_start, &ui::StartPage::chosen, m_guide, &Guide::start);
    connect(m_start, &ui::StartPage::glossaryRequested, this, &MainWindow::showGlossary);
    add(kStart, m_start, tr("Start"), tr("Three ways to begin"), ui::Icon::Start);
    add(QStringLiteral("models"), m_models, tr("Models"), tr("Open a model and its dictionaries"),
        ui::Icon::Models);
    add(QStringLiteral("prompt"), m_prompt, tr("Prompt"), tr("What happens inside on one prompt"),
        ui::Icon::Prompt);
    add(QStringLiteral("features"), m_features, tr("Features"),
        tr("Browse features and find them by concept"), ui::Icon::Features);
    add(QStringLiteral("steer"), m_steer, tr("Steer"), tr("Change features while the model writes"),
        ui::Icon::Steer);
    add(QStringLiteral("circuit"), m_circuit, tr("Circuit"), tr("Trace why the model says a word"),
        ui::Icon::Circuit);
    add(QStringLiteral("train"), m_train, tr("Train"), tr("Make dictionaries and watch them learn"),
        ui::Icon::Train);
    connect(m_stack, &QStackedWidget::currentChanged, this, [this](int index) {
        QAction* const action = m_pageActions->actions().at(index);
        action->setChecked(true);
        if (action->objectName() != kStart) // for the first time only, and for those who ask
            m_settings->setValue(ui::SettingKey::LastPage, action->objectName());
        Q_EMIT pageChanged();
    });
    m_pageActions->actions().constFirst()->setChecked(true);
}

QAction* MainWindow::addCommand(
    const QString& text, const QKeySequence& shortcut, std::function<void()> run)
{
    auto* action = new QAction(text, this);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, std::move(run));
    m_commands.push_back(action);
    return action;
}

void MainWindow::makeMenus()
{
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(addCommand(tr("&New window"), QKeySequence::New, [this] { askNewWindow(); }));
    file->addAction(addCommand(tr("&Open model folder …"), QKeySequence::Open, [this] {
        showPage(Page::Models);
        m_models->chooseModelFolder();
    }));
    file->addAction(addCommand(tr("Open model &file (GGUF) …"), {}, [this] {
        showPage(Page::Models);
        m_models->chooseModelFile();
    }));
    auto* recent = new ui::RecentMenu(
        tr("Open &recent"),
        [this] { return m_settings->value(ui::SettingKey::RecentModels).toStringList(); }, file);
    recent->setIcon(ui::icon(ui::Icon::Recent));
    connect(recent, &ui::RecentMenu::chosen, this,
        [this](const QStringList& paths) { open(paths.constFirst()); });
    file->addMenu(recent);
    file->addAction(addCommand(tr("Open &built-in model"), {}, [this] { open(kBuiltin); }));
    file->addAction(addCommand(tr("Add &dictionaries …"), {}, [this] {
        showPage(Page::Models);
        m_models->chooseDictionaries();
    }));
    file->addAction(addCommand(tr("Open &circuit graph …"), {}, [this] {
        const QString path = QFileDialog::getOpenFileName(
            this, tr("Open a circuit graph"), {}, tr("Attribution graphs (*.json)"));
        if (!path.isEmpty())
            open(path);
    }));
    file->addSeparator();
    file->addAction(addCommand(tr("Open sess&ion …"), {}, [this] { m_keeper->chooseAndOpen(); }));
    file->addAction(
        addCommand(tr("&Save session"), QKeySequence::Save, [this] { m_keeper->save(); }));
    file->addAction(addCommand(tr("Save session &as …"), {}, [this] { m_keeper->saveAs(); }));
    file->addSeparator();
    file->addAction(addCommand(tr("&Quit"), QKeySequence::Quit, [this] { close(); }));

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    QAction* undo = m_session->undoStack()->createUndoAction(this, tr("&Undo"));
    undo->setShortcut(QKeySequence::Undo);
    undo->setIcon(ui::icon(ui::Icon::Undo));
    QAction* redo = m_session->undoStack()->createRedoAction(this, tr("&Redo"));
    redo->setShortcut(QKeySequence::Redo);
    edit->addActions({undo, redo});
    edit->addSeparator();
    edit->addAction(addCommand(
        tr("&Find anything …"), QKeySequence(Qt::CTRL | Qt::Key_K), [this] { openPalette(); }));
    QAction* findConcept = addCommand(tr("Find a &concept …"), {}, [this] {
        showPage(Page::Features);
        m_features->focusSearch();
    });
    QAction* findNode = addCommand(tr("Find a &node in the graph …"), {}, [this] {
        showPage(Page::Circuit);
        m_circuit->focusFind();
    });
    edit->addActions({findConcept, findNode});
    // Ctrl+F finds in what is shown: nodes over a graph, concepts everywhere else.
    const auto shareShortcut = [this, findConcept, findNode] {
        const bool isCircuit = currentPage() == Page::Circuit;
        const QKeySequence elsewhere(Qt::CTRL | Qt::SHIFT | Qt::Key_F);
        findConcept->setShortcut(isCircuit ? elsewhere : QKeySequence(QKeySequence::Find));
        findNode->setShortcut(isCircuit ? QKeySequence(QKeySequence::Find) : elsewhere);
    };
    shareShortcut();
    connect(m_stack, &QStackedWidget::currentChanged, this, shareShortcut);
    edit->addAction(
        addCommand(tr("&Label the chosen feature"), QKeySequence(Qt::CTRL | Qt::Key_L), [this] {
            if (m_selection.feature()) {
                m_dock->open();
                m_card->focusLabel();
            }
        }));
    edit->addAction(addCommand(
        tr("&Steer the chosen feature"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S), [this] {
            if (m_selection.feature())
                steer(*m_selection.feature());
        }));
    edit->addAction(
        addCommand(tr("What st&eers? …"), {}, [this] { m_steer->studies()->showWhatSteers(); }));
    edit->addAction(
        addCommand(tr("Sweep stren&gths …"), {}, [this] { m_steer->studies()->showSweep(); }));
    edit->addSeparator();
    edit->addAction(addCommand(tr("Feature &back"), QKeySequence(Qt::ALT | Qt::Key_Left),
        [this] { m_selection.goBack(); }));
    edit->addAction(addCommand(tr("Feature for&ward"), QKeySequence(Qt::ALT | Qt::Key_Right),
        [this] { m_selection.goForward(); }));
    edit->addAction(addCommand(tr("Pre&vious feature of the list"),
        QKeySequence(Qt::ALT | Qt::Key_Up), [this] { m_features->step(-1); }));
    edit->addAction(addCommand(tr("Ne&xt feature of the list"),
        QKeySequence(Qt::ALT | Qt::Key_Down), [this] { m_features->step(1); }));
    edit->addSeparator();
    edit->addAction(addCommand(tr("&Preferences …"), QKeySequence(Qt::CTRL | Qt::Key_Comma),
        [this] { showPreferences(); }));

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addActions(m_pageActions->actions());
    view->addSeparator();
    view->addAction(m_dock->toggleViewAction());
    view->addAction(
        addCommand(tr("&Light or dark"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D), [this] {
            m_settings->setValue(ui::SettingKey::Theme,
                ui::isDark(qApp->palette()) ? QStringLiteral("light") : QStringLiteral("dark"));
        }));
    addZoom(view);
    view->addAction(addCommand(tr("&Stop everything"), QKeySequence(Qt::CTRL | Qt::Key_Period),
        [this] { m_session->cancelAll(); }));

    makeHelp();
}

void MainWindow::makeHelp()
{
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(addCommand(
        tr("&Glossary"), QKeySequence(QKeySequence::HelpContents), [this] { showGlossary(); }));
    help->addAction(addCommand(tr("&Keyboard shortcuts"), QKeySequence(Qt::CTRL | Qt::Key_Slash),
        [this] { showShortcuts(); }));
    QMenu* tour = help->addMenu(tr("Take the &tour"));
    for (const Walk& walk : m_guide->walks())
        tour->addAction(
            addCommand(walk.title, {}, [this, name = walk.name] { m_guide->start(name); }));
    help->addSeparator();
    help->addAction(addCommand(tr("&About Featurescope"), {}, [this] {
        QMessageBox::about(this, tr("About Featurescope"),
            tr("Featurescope %1\nLook inside a language model and change what it does.")
                .arg(QStringLiteral(FEATURESCOPE_VERSION)));
    }));
}

void MainWindow::restore()
{
    if (!restoreGeometry(m_settings->windowState(kWindowGeometry)))
        resize(ui::ex(this) * 190, ui::em(this) * 52);
    m_dock->restore(m_settings->windowState(kWindowState), kStateVersion);
    const QString last = m_settings->value(ui::SettingKey::LastPage).toString();
    if (last.isEmpty()) // Start is shown once; the next time it is the page where work begins.
        m_settings->setValue(ui::SettingKey::LastPage, QStringLiteral("prompt"));
    restorePlace(last, {});
}

void MainWindow::updateTitle()
{
    QString title = m_session->hasModel()
        ? tr("%1 – Featurescope").arg(ui::toQString(m_session->state().model.name))
        : tr("Featurescope");
    if (!m_keeper->file().isEmpty())
        title = tr("%1[*] – %2").arg(QFileInfo(m_keeper->file()).fileName(), title);
    setWindowTitle(title);
    setWindowModified(m_keeper->hasUnsavedChanges());
}

QString MainWindow::pageName() const
{
    return m_pageActions->actions().at(m_stack->currentIndex())->objectName();
}

void MainWindow::rememberPlace()
{
    m_settings->setWindowState(kWindowGeometry, saveGeometry());
    m_settings->setWindowState(kWindowState, m_dock->state(kStateVersion));
}

void MainWindow::restorePlace(const QString& page, const QByteArray& geometry)
{
    if (!geometry.isEmpty())
        restoreGeometry(geometry);
    const QList<QAction*> pages = m_pageActions->actions();
    for (int index = 0; index < pages.size(); ++index)
        if (pages[index]->objectName() == page)
            m_stack->setCurrentIndex(index);
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_keeper->mayClose())
        return event->ignore();
    rememberPlace();
    m_session->cancelAll();
    QMainWindow::closeEvent(event);
}

bool MainWindow::event(QEvent* event)
{
    const bool isHandled = QMainWindow::event(event);
    if (event->type() == QEvent::Paint && !m_isPainted) {
        m_isPainted = true;
        QMetaObject::invokeMethod(this, &MainWindow::firstPainted, Qt::QueuedConnection);
    }
    return isHandled;
}

void MainWindow::showPage(Page page)
{
    const int index = static_cast<int>(page);
    if (index < m_stack->count())
        m_stack->setCurrentIndex(index);
}

MainWindow::Page MainWindow::currentPage() const
{
    return static_cast<Page>(m_stack->currentIndex());
}

void MainWindow::open(const QString& path)
{
    open(path, false);
}

void MainWindow::open(const QString& path, bool isAsked)
{
    if (path.endsWith(QLatin1String(".featurescope"), Qt::CaseInsensitive)
        && !QFileInfo(path).isDir())
        return m_keeper->open(path);
    // To the page that shows what is wrong with it, if anything is.
    const bool isGraph
        = path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive) && !QFileInfo(path).isDir();
    if (isGraph || path != kBuiltin)
        showPage(isGraph ? Page::Circuit : Page::Models);
    if (isGraph)
        return m_circuit->document()->open(path);
    m_models->open(path, isAsked ? ui::Opener::Ask::Always : ui::Opener::Ask::WhenNew);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (localPaths(*event).isEmpty())
        return;
    event->acceptProposedAction();
    m_dropHint->cover();
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*)
{
    m_dropHint->hide();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    m_dropHint->hide();
    const QStringList paths = localPaths(*event);
    if (paths.isEmpty())
        return;
    event->acceptProposedAction();
    open(paths.constFirst(), true);
}

bool MainWindow::eventFilter(QObject* object, QEvent* event)
{
    // A text field would take a dropped file as text; in this window files are opened.
    if (event->type() == QEvent::DragEnter && object != this) {
        auto* widget = qobject_cast<QWidget*>(object);
        auto* drag = static_cast<QDragEnterEvent*>(event);
        if (widget && widget->window() == this && !localPaths(*drag).isEmpty()) {
            drag->ignore();
            return true;
        }
    }
    return QMainWindow::eventFilter(object, event);
}

void MainWindow::steer(const core::FeatureRef& feature)
{
    m_steer->addFeature(feature);
    showPage(Page::Steer);
}

} // namespace app
