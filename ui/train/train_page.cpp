#include "ui/train/train_page.h"

#include "core/api/keep_training.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/train/changes_row.h"
#include "ui/train/earlier_runs.h"
#include "ui/train/training_advice.h"
#include "ui/train/training_charts.h"
#include "ui/train/training_form.h"
#include "ui/train/training_job.h"
#include "ui/train/training_words.h"
#include "ui/train/unfinished_offer.h"

#include <algorithm>

#include <QCheckBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

namespace ui {

namespace {

const QString kFailure = QStringLiteral("training"); // cause of a message
const QString kTrainingFolder = QStringLiteral("trainingFolder");
constexpr std::int64_t kMostHarvested = 200'000; // tokens; more say little that is new
constexpr qsizetype kAdviceShown = 3;
constexpr int kFigureLines = 2;
constexpr int kNameInButton = 20; // characters

/// A model's name as that of a folder.
QString folderName(const std::string& model)
{
    static const QRegularExpression kUnsafe(QStringLiteral("[^A-Za-z0-9._-]+"));
    return toQString(model).replace(kUnsafe, QStringLiteral("_"));
}

QString nameInButton(QString name)
{
    if (name.size() > kNameInButton)
        name = name.left(kNameInButton - 1) + QStringLiteral("…");
    return name.replace(QLatin1Char('&'), QLatin1String("&&"));
}

} // namespace

TrainPage::TrainPage(Session* session, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_job(new TrainingJob(session, this))
    , m_messages(new MessageBar(this))
    , m_form(new TrainingForm(session, settings, this))
    , m_runs(new EarlierRuns(session, this))
    , m_offer(new UnfinishedOffer(this))
{
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(makeSetUp());
    splitter->addWidget(makeResult());
    splitter->setStretchFactor(0, 0);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(m_offer);
    column->addWidget(splitter, 1);
    m_messages->lieOver(m_stack);
    m_messages->showErrorsOf(m_session, {kTag<core::TrainingRunsRequest>});
    follow();
    modelOpened();
    showRun();
}

QWidget* TrainPage::makeSetUp()
{
    auto* content = new QWidget(this);
    m_name = new QLineEdit(content);
    m_name->setObjectName(QStringLiteral("trainName"));
    m_name->setAccessibleName(tr("Name of the training"));
    m_name->setToolTip(tr("Its folder and its curves are called so, and its dictionaries begin "
                          "with it"));
    auto* label = new QLabel(tr("Na&me"), content);
    label->setBuddy(m_name);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_name, 1);
    m_formNote = new QLabel(content);
    m_formNote->setObjectName(QStringLiteral("trainFormNote"));
    makeSubtle(m_formNote);
    wrapLines(m_formNote);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->addWidget(m_formNote);
    column->addLayout(row);
    column->addWidget(m_form, 1);
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("trainTabs"));
    m_tabs->setDocumentMode(true);
    auto* setUp = new QWidget(m_tabs);
    auto* scroll = new QScrollArea(setUp);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* whole = new QVBoxLayout(setUp);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->setSpacing(gap(this));
    whole->addWidget(scroll, 1);
    whole->addWidget(m_form->footer()); // seen without scrolling: what Start will take
    m_tabs->addTab(setUp, tr("Set &up"));
    m_tabs->addTab(m_runs, tr("Ru&ns"));
    m_tabs->setMinimumWidth(ex(this) * 45);
    return m_tabs;
}

QWidget* TrainPage::makeControls()
{
    auto* box = new QWidget(this);
    const auto button
        = [&](Icon which, const QString& text, const char* name, const QString& note) {
              auto* made = new QPushButton(icon(which), text, box);
              made->setObjectName(QLatin1String(name));
              made->setToolTip(note);
              return made;
          };
    m_start = button(Icon::Play, tr("&Start"), "trainStart",
        tr("Begin a new training as it is set up (Ctrl+Enter)"));
    m_start->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_pause = button(Icon::Stop, tr("&Pause"), "trainPause", {});
    m_keep = button(Icon::Save, tr("Stop and &keep"), "trainKeep",
        tr("Make dictionaries of it as it stands. It can still go on afterwards."));
    m_open = button(Icon::Features, tr("&Open in Features"), "trainOpen",
        tr("Add the dictionaries to the open model and show their features"));
    m_harvests = new QCheckBox(tr("and harvest"), box);
    m_harvests->setObjectName(QStringLiteral("trainHarvests"));
    m_harvests->setToolTip(
        tr("First run the text through the model once more and keep where each feature fires: "
           "examples, densities, maxima and suggested labels come from that. Takes about as long "
           "as recording did."));
    m_harvests->setChecked(m_settings->value(SettingKey::TrainingHarvests).toBool());
    m_save = button(Icon::Download, tr("Sa&ve …"), "trainSave",
        tr("Save the curves as a picture (PNG, SVG) or a table of all rows (CSV)"));
    m_progress = new JobProgress(tr("Progress of the training"), box);
    for (const QLatin1String tag : {kTag<core::TrainDictionaryRequest>,
             kTag<core::KeepTrainingRequest>, kTag<core::HarvestRequest>})
        m_progress->follow(m_session, tag);
    auto* upper = new QHBoxLayout;
    for (QPushButton* each : {m_start, m_pause, m_keep})
        upper->addWidget(each);
    upper->addStretch(1);
    auto* lower = new QHBoxLayout; // two rows: large text on a small screen
    lower->addWidget(m_open);
    lower->addWidget(m_harvests);
    lower->addStretch(1);
    lower->addWidget(m_save);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    m_changes = new ChangesRow(box);
    m_changes->hide();
    column->addLayout(upper);
    column->addLayout(lower);
    column->addWidget(m_progress); // a row of its own: its words are long
    column->addWidget(m_changes);
    return box;
}

QWidget* TrainPage::makeResult()
{
    auto* box = new QWidget(this);
    m_which = new QLabel(box);
    m_which->setObjectName(QStringLiteral("trainWhichRun"));
    wrapLines(m_which);
    m_which->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_figures = new QLabel(box);
    m_figures->setObjectName(QStringLiteral("trainFigures"));
    wrapLines(m_figures);
    m_figures->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_figures->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state = new Notice(box);
    m_state->setObjectName(QStringLiteral("trainState"));
    m_stack = new QStackedWidget(box);
    m_empty = new EmptyState({}, {}, m_stack);
    m_charts = new TrainingCharts(m_stack);
    m_charts->setObjectName(QStringLiteral("trainCharts"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_charts);
    m_advice = new Notice(box);
    m_advice->setObjectName(QStringLiteral("trainAdvice"));
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(pad(this), 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makeControls());
    column->addWidget(m_which);
    column->addWidget(m_figures);
    column->addWidget(m_state);
    column->addWidget(m_stack, 1);
    column->addWidget(m_advice);
    return box;
}

void TrainPage::follow()
{
    connect(m_start, &QPushButton::clicked, this, &TrainPage::start);
    connect(m_pause, &QPushButton::clicked, this, &TrainPage::pauseOrGoOn);
    connect(m_keep, &QPushButton::clicked, m_job, &TrainingJob::keep);
    connect(m_open, &QPushButton::clicked, this, &TrainPage::openDictionaries);
    connect(m_save, &QPushButton::clicked, m_charts, &TrainingCharts::chooseAndSave);
    connect(m_harvests, &QCheckBox::toggled, this,
        [this](bool isOn) { m_settings->setValue(SettingKey::TrainingHarvests, isOn); });
    connect(m_charts, &TrainingCharts::failed, m_messages, &MessageBar::showError);
    connect(m_charts, &TrainingCharts::filled, this, [this](bool hasCurves) {
        m_stack->setCurrentIndex(hasCurves ? 1 : 0);
        m_save->setEnabled(hasCurves);
    });
    connect(m_form, &TrainingForm::changed, this, [this] { m_messages->dismiss(kFailure); });
    connect(m_form, &TrainingForm::edited, this, [this] {
        proposeName();
        updateButtons();
    });
    connect(m_name, &QLineEdit::textChanged, this, &TrainPage::updateButtons);
    connect(m_job, &TrainingJob::begun, this, &TrainPage::showRun);
    connect(m_job, &TrainingJob::rowsArrived, this,
        [this](const std::vector<core::TrainMetrics>& rows) {
            m_charts->addRows(rows);
            showRows();
            if (!m_keep->isEnabled())
                updateButtons(); // from the first step on there is something to keep
        });
    connect(m_job, &TrainingJob::stateChanged, this, [this] {
        if (!m_job->isBusy())
            m_runs->refresh();
        if (m_job->canGoOn())
            m_changes->setSettings(m_job->plan().settings, m_job->latest().learningRate);
        m_changes->setVisible(m_job->canGoOn());
        showRows();
        updateButtons();
    });
    connect(m_job, &TrainingJob::failed, this, [this](const QString& message) {
        m_messages->showMessage(MessageBar::Kind::Error, message, kFailure);
    });
    connect(m_runs, &EarlierRuns::refreshed, this, [this] {
        proposeName();
        showOverlays();
        offerUnfinished();
        updateButtons();
    });
    connect(m_runs, &EarlierRuns::ticksChanged, this, &TrainPage::showOverlays);
    connect(m_runs, &EarlierRuns::taken, m_job, &TrainingJob::take);
    connect(m_runs, &EarlierRuns::settingsWanted, this, [this](const core::TrainingRunInfo& run) {
        m_form->setPlan({run.settings, run.text});
        m_tabs->setCurrentIndex(0);
    });
    connect(m_runs, &EarlierRuns::folderWanted, this, &TrainPage::chooseFolder);
    connect(m_offer, &UnfinishedOffer::accepted, this, [this](const core::TrainingRunInfo& run) {
        m_job->take(run);
        m_job->goOn();
    });
    connect(m_session, &Session::modelLeaving, m_job, &TrainingJob::pause);
    connect(m_session, &Session::modelOpened, this, &TrainPage::modelOpened);
    connect(m_session, &Session::dictionariesAdded, this, &TrainPage::dictionariesAdded);
    connect(m_session, &Session::harvested, this, [this] {
        if (!m_opened.empty())
            showOpened();
    });
    connect(m_session, &Session::errorOccurred, this,
        [this](const QString& tag, const QString& message) {
            const bool isOpening = tag == kTag<core::OpenModelRequest> && !m_opening.isEmpty();
            const bool isHarvest = tag == kTag<core::HarvestRequest> && !m_opened.empty();
            if (!isOpening && !isHarvest)
                return;
            m_messages->showError(message);
            m_opening.clear();
            m_opened.clear();
            updateButtons();
        });
    connect(m_session, &Session::busyChanged, this, &TrainPage::updateButtons);
}

void TrainPage::modelOpened()
{
    m_job->forget();
    m_opening.clear();
    m_opened.clear();
    m_offer->hide();
    const core::EngineState& state = m_session->state();
    QString folder;
    if (m_session->hasModel()) {
        folder = m_settings->modelValue(toQString(m_session->openedAs().path), kTrainingFolder)
                     .toString();
        const QString beside = state.workspacePath.empty()
            ? Settings::defaultFolder()
            : QFileInfo(toQString(state.workspacePath)).absolutePath();
        if (folder.isEmpty())
            folder = QStringLiteral("%1/training/%2").arg(beside, folderName(state.model.name));
    }
    m_runs->setFolder(folder);
    showRun();
    updateButtons();
}

void TrainPage::chooseFolder()
{
    const QString folder = QFileDialog::getExistingDirectory(
        this, tr("Where trainings of this model are kept"), m_runs->folder());
    if (folder.isEmpty())
        return;
    m_settings->setModelValue(toQString(m_session->openedAs().path), kTrainingFolder, folder);
    m_runs->setFolder(folder);
}

void TrainPage::proposeName()
{
    if (m_runs->folder().isEmpty() || m_job->isBusy() || m_name->text() != m_proposed)
        return;
    const auto plan = m_form->plan();
    if (!plan)
        return;
    m_proposed = m_runs->freeName(architectureName(plan->settings.architecture).toLower());
    m_name->setText(m_proposed);
}

void TrainPage::offerUnfinished()
{
    if (m_job->state() != TrainingJob::State::Idle || !m_offer->isHidden())
        return;
    // One that dictionaries were made of was stopped on purpose; one without a step has nothing to
    // go on from.
    const auto isLeft = [this](const core::TrainingRunInfo& run) {
        return !run.isDone && run.steps > 0 && run.dictionaries.empty()
            && run.model == m_session->state().model.name && run.folder != m_offer->run().folder;
    };
    const auto& runs = m_runs->runs();
    const auto left = std::find_if(runs.begin(), runs.end(), isLeft);
    if (left == runs.end())
        return;
    m_offer->offer(*left, static_cast<int>(std::count_if(left + 1, runs.end(), isLeft)));
    if (!isVisible())
        Q_EMIT unfinishedFound(m_offer->sentence());
}

void TrainPage::start()
{
    const auto plan = m_form->plan();
    if (!plan || !m_start->isEnabled())
        return;
    m_messages->clear();
    m_offer->hide();
    m_job->start(*plan, QDir(m_runs->folder()).filePath(m_name->text().trimmed()));
}

void TrainPage::pauseOrGoOn()
{
    m_messages->clear();
    if (m_job->canGoOn())
        m_job->goOn(m_changes->changes());
    else
        m_job->pause();
}

void TrainPage::openDictionaries()
{
    m_messages->clear();
    m_opening.clear();
    m_opened.clear();
    for (const std::string& path : m_job->dictionaries())
        m_opening << toQString(path);
    Q_EMIT openRequested(m_opening);
    updateButtons();
}

void TrainPage::dictionariesAdded(const QString& path)
{
    if (!m_opening.removeOne(path) || !m_opening.isEmpty())
        return;
    const QString folder = QFileInfo(m_job->folder()).canonicalFilePath();
    for (const core::DictionaryInfo& info : m_session->state().dictionaries)
        if (QFileInfo(toQString(info.path)).canonicalFilePath().startsWith(folder))
            m_opened.push_back(info.name);
    if (!m_harvests->isChecked())
        return showOpened();
    core::HarvestRequest request;
    request.dictionaries = m_opened;
    request.corpusPath = m_job->plan().text.path;
    request.corpusField = m_job->plan().text.field;
    request.tokens = std::min(m_job->plan().text.tokens, kMostHarvested);
    m_session->harvest(request);
}

void TrainPage::showOpened()
{
    if (m_opened.empty())
        return;
    const std::string name = m_opened.front();
    m_opened.clear();
    updateButtons();
    Q_EMIT featuresRequested(name);
}

void TrainPage::showRun()
{
    m_charts->setRun(m_job->name(), m_job->rows());
    m_figures->setMinimumHeight(kFigureLines * em(this));
    showRows();
    updateButtons();
}

void TrainPage::showOverlays()
{
    std::vector<Curve> curves;
    for (const core::TrainingRunInfo& run : m_runs->ticked()) {
        if (toQString(run.folder) == m_job->folder())
            continue; // is shown already
        for (Curve& curve : curvesOf(toQString(run.name), run.metrics))
            curves.push_back(std::move(curve));
    }
    m_charts->setOverlays(std::move(curves));
}

void TrainPage::showRows()
{
    const bool isAtHand = !m_job->folder().isEmpty();
    m_figures->setText(figuresInWords(*m_job));
    m_figures->setVisible(isAtHand);
    // As tall as it ever was: words that come and go must not move the charts.
    if (isVisible())
        m_figures->setMinimumHeight(
            std::max(m_figures->minimumHeight(), m_figures->heightForWidth(m_stack->width())));
    m_which->setText(isAtHand ? runInWords(*m_job) : QString());
    m_which->setVisible(isAtHand);
    m_formNote->setText(tr("For the next training. %1 keeps the settings that are named above its "
                           "curves.")
                            .arg(m_job->name()));
    m_formNote->setVisible(isAtHand);
    const core::TrainMetrics* last = lastStep(*m_job);
    m_runs->setRunning(m_job->isBusy() ? m_job->folder().toStdString() : std::string(),
        last ? *last : core::TrainMetrics());
    const QStringList advice = adviceOn(m_job->plan(), m_job->rows());
    m_advice->say(Notice::Kind::Warning, advice.mid(0, kAdviceShown).join(QLatin1Char('\n')));
}

void TrainPage::showState()
{
    using State = TrainingJob::State;
    using Kind = Notice::Kind;
    const bool isMade = !m_job->dictionaries().empty();
    if (!m_opened.empty())
        return m_state->say(Kind::Info,
            m_job->plan().text.isWritten()
                ? tr("Opening in Features. The harvest comes first: the model writes text once "
                     "more, and where each feature fires on it is kept.")
                : tr("Opening in Features. The harvest comes first: the text is read once more, "
                     "and where each feature fires on it is kept."));
    if (m_job->state() == State::Done)
        return m_state->say(Kind::Good,
            tr("Done. %1, as SAELens and circuit-tracer read it.").arg(savedInWords(*m_job)));
    if (m_job->state() != State::Paused)
        return m_state->clear();
    if (m_job->isKept())
        m_state->say(Kind::Good,
            tr("Stopped and kept. %1: “Open in Features” shows what was learned, “Continue” lets "
               "it go on.")
                .arg(savedInWords(*m_job)));
    else if (isMade)
        m_state->say(Kind::Info,
            tr("Paused. %1 at an earlier step; “Stop and keep” makes it anew as it stands.")
                .arg(savedInWords(*m_job)));
    else if (m_job->latest().step == 0)
        m_state->say(Kind::Info, tr("Stopped before its first step."));
    else
        m_state->say(
            Kind::Info, tr("Paused. It can go on now, or after the next start of the program."));
}

void TrainPage::showEmptyState()
{
    if (!m_session->hasModel()) {
        m_empty->setTitle(tr("Open a model first"));
        m_empty->setHint(tr("Dictionaries are trained for a model. Open one on the Models page; "
                            "the built-in one is under File."));
    } else if (m_job->isBusy()) {
        m_empty->setTitle(tr("The curves begin when the text is recorded"));
        m_empty->setHint(recordingInWords(*m_job));
    } else if (!m_runs->runs().empty()) {
        m_empty->setTitle(tr("No curves are shown"));
        m_empty->setHint(tr("Tick earlier trainings under “Runs” to see their curves here, take "
                            "one up to go on with it, or press Start for a new one."));
    } else {
        m_empty->setTitle(tr("No dictionary has been trained here yet"));
        m_empty->setHint(
            tr("An SAE splits what happens inside the model into features that can be named and "
               "steered. “First look” makes one in minutes from text that the model writes "
               "itself: press Start and watch it learn here."));
    }
}

void TrainPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_figures->setMinimumHeight(kFigureLines * em(this)); // lines of another length
}

QString TrainPage::advice() const
{
    return m_advice->text();
}

void TrainPage::updateButtons()
{
    const bool hasModel = m_session->hasModel(), isBusy = m_job->isBusy();
    const bool canGoOn = m_job->canGoOn();
    const bool isRunning = m_job->state() == TrainingJob::State::Running;
    m_start->setEnabled(hasModel && !isBusy && m_form->plan() && m_form->problem().isEmpty()
        && !m_name->text().trimmed().isEmpty());
    m_pause->setText(canGoOn ? tr("&Continue") : tr("&Pause"));
    m_pause->setIcon(icon(canGoOn ? Icon::Play : Icon::Stop));
    m_pause->setToolTip(canGoOn
            ? tr("Go on where it was paused, exactly")
            : tr("Stop after the step it is at; nothing is lost, also when the program ends"));
    m_pause->setEnabled(hasModel && (canGoOn || isRunning));
    m_keep->setEnabled(
        hasModel && ((canGoOn && !m_job->isKept()) || isRunning) && m_job->latest().step > 0);
    const bool isOpening = !m_opening.isEmpty() || !m_opened.empty();
    const bool isMade = !m_job->dictionaries().empty();
    m_open->setEnabled(hasModel && !isBusy && !isOpening && isMade);
    // The one at hand, whichever row of the runs is chosen.
    m_open->setText(isMade ? tr("&Open %1 in Features").arg(nameInButton(m_job->name()))
                           : tr("&Open in Features"));
    m_harvests->setEnabled(!isOpening);
    m_name->setEnabled(!isBusy);
    m_form->setLocked(isBusy);
    m_runs->setLocked(isBusy);
    m_save->setEnabled(!m_charts->curves().empty());
    showState();
    showEmptyState();
}

} // namespace ui
