#include "ui/steer/steer_page.h"

#include "core/api/steering_files.h"
#include "core/api/tokenize.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/prompt_line.h"
#include "ui/shared/snapshot_command.h"
#include "ui/steer/change_list.h"
#include "ui/steer/conversation_panel.h"
#include "ui/steer/experiment_bar.h"
#include "ui/steer/guard_panel.h"
#include "ui/steer/intervention_text.h"
#include "ui/steer/pace_bar.h"
#include "ui/steer/prompt_box.h"
#include "ui/steer/prompt_tokens.h"
#include "ui/steer/rewrite_bar.h"
#include "ui/steer/settings_panel.h"
#include "ui/steer/sweep/steering_studies.h"
#include "ui/steer/text_writer.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QAbstractSpinBox>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr QLatin1String kInsteadTag("steer-instead");
constexpr double kGuardedTemperature = 0.6; // where the guard's usual budget was tuned
constexpr int kGuardControls = 100; // beyond the numbers of the other settings

/// Of the proposed strength.
double onTopicAt(const core::SweetSpot& spot)
{
    const auto at = std::find(spot.multiples.begin(), spot.multiples.end(), spot.multiple);
    const auto index = static_cast<std::size_t>(at - spot.multiples.begin());
    return index < spot.trials.size() ? spot.trials[index].onTopic : 0.0;
}

} // namespace

SteerPage::SteerPage(Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_writer(new TextWriter(session, this))
    , m_studies(new SteeringStudies(
          session, settings, [this] { return request(); }, this))
    , m_messages(new MessageBar(this))
    , m_promptTokens(new PromptTokens(session, this))
    , m_box(new PromptBox(session, settings, this))
    , m_conversation(new ConversationPanel(this))
    , m_changes(new ChangeList(session, selection, this))
    , m_guard(new GuardPanel(this))
    , m_panel(new SettingsPanel(this))
    , m_texts(new TextColumns(this))
    , m_rewrite(new RewriteBar(this))
    , m_pace(new PaceBar(settings, this))
    , m_experiment(new ExperimentBar(this))
{
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(makeControls());
    splitter->addWidget(makeTexts());
    splitter->setStretchFactor(0, 0);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(m_conversation);
    column->addWidget(m_box);
    column->addWidget(splitter, 1);
    m_messages->lieOver(m_texts);
    m_messages->showErrorsOf(m_session,
        {kTag<core::GenerateRequest>, kTag<core::SweetSpotRequest>, ChangeList::kTag, kInsteadTag,
            kTag<core::SaveSteeringRequest>, kTag<core::ReadSteeringRequest>});

    core::GenerateSettings first;
    if (m_settings->value(SettingKey::SteerGuard).toBool()) {
        first.guard = core::FluencyGuard();
        first.temperature = kGuardedTemperature;
    }
    applySettings(first);
    follow();
    updateState();
}

QWidget* SteerPage::makeControls()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_changes);
    column->addWidget(m_guard);
    column->addWidget(m_panel);
    column->addStretch();
    m_controls = new QScrollArea(this);
    m_controls->setWidget(box);
    m_controls->setWidgetResizable(true);
    m_controls->setFrameShape(QFrame::NoFrame);
    m_controls->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    box->installEventFilter(this);
    return m_controls;
}

QWidget* SteerPage::makeTexts()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_texts, 1);
    column->addWidget(m_rewrite);
    column->addWidget(m_pace, 0, Qt::AlignLeft);
    column->addWidget(m_experiment);
    return box;
}

void SteerPage::follow()
{
    connect(m_session, &Session::busyChanged, this, [this] {
        m_pace->setRunning(m_writer->isRunning());
        updateState();
    });
    connect(m_session, &Session::stateChanged, this,
        [this] { m_pace->setParameters(m_session->state().model.parameters); });
    connect(m_session, &Session::modelOpened, this, [this] {
        m_texts->setClickable(!m_writer->isOfOtherModel());
        give({});
    });
    connect(m_box, &PromptBox::changed, this, &SteerPage::promptChanged);
    connect(m_box, &PromptBox::generateWanted, this, &SteerPage::generate);
    connect(m_box, &PromptBox::stopWanted, m_writer, &TextWriter::stop);
    connect(m_box, &PromptBox::replyWanted, this, &SteerPage::reply);
    connect(m_box, &PromptBox::sweepWanted, m_studies, &SteeringStudies::showSweep);
    connect(m_changes, &ChangeList::whatSteersWanted, m_studies,
        [this] { m_studies->showWhatSteers(); });
    connect(this, &SteerPage::changed, m_studies, &SteeringStudies::refresh);
    connect(m_studies, &SteeringStudies::taken, this, &SteerPage::take);
    connect(m_conversation, &ConversationPanel::edited, this,
        [this](const QString& what, const std::vector<core::ChatTurn>& after, int turn) {
            changeTalk(what, {after, std::nullopt}, turn);
        });
    connect(m_conversation, &ConversationPanel::startOverWanted, this,
        [this] { changeTalk(tr("start over"), {}, -1); });
    connect(m_changes, &ChangeList::edited, this, &SteerPage::change);
    connect(m_changes, &ChangeList::sweetSpotRequested, this, &SteerPage::askSweetSpot);
    connect(m_guard, &GuardPanel::switched, this,
        [this](bool isOn) { m_settings->setValue(SettingKey::SteerGuard, isOn); });
    connect(m_guard, &GuardPanel::changed, this,
        [this](int control) { settingChanged(control < 0 ? -1 : kGuardControls + control); });
    connect(m_panel, &SettingsPanel::changed, this, &SteerPage::settingChanged);
    connect(m_promptTokens, &PromptTokens::changed, this,
        [this] { m_changes->setPromptTokens(m_promptTokens->tokens()); });
    connect(m_writer, &TextWriter::stepped, m_texts, &TextColumns::append);
    connect(m_writer, &TextWriter::finished, this, &SteerPage::showGeneration);
    connect(m_texts, &TextColumns::tokenChosen, this,
        [this] { m_rewrite->setToken(m_texts->chosenInWords()); });
    connect(m_rewrite, &RewriteBar::regenerateWanted, this, [this] {
        give({});
        generate();
    });
    connect(m_rewrite, &RewriteBar::writeOnWanted, this,
        [this] { writeFrom(m_texts->startsAfterChosen()); });
    connect(m_rewrite, &RewriteBar::replaceWanted, this, &SteerPage::replaceToken);
    connect(m_rewrite, &RewriteBar::forgetGivenWanted, this, [this] { give({}); });
    connect(m_pace, &PaceBar::stepWanted, this, [this] { write(true); });
    connect(m_experiment, &ExperimentBar::copyWanted, this, [this] {
        QGuiApplication::clipboard()->setText(describeExperiment(
            toQString(m_session->state().model.name), request(), generation().get()));
    });
    connect(m_experiment, &ExperimentBar::saveWanted, this, &SteerPage::saveExperiment);
    connect(m_experiment, &ExperimentBar::openWanted, this, &SteerPage::openExperiment);
}

const std::vector<core::Intervention>& SteerPage::interventions() const
{
    return m_changes->list();
}

InterventionRow* SteerPage::row(int index) const
{
    return m_changes->row(index);
}

void SteerPage::addFeature(const core::FeatureRef& feature)
{
    m_changes->addFeature(feature);
}

void SteerPage::setPrompt(const QString& text)
{
    m_box->setPrompt(text);
}

QString SteerPage::prompt() const
{
    return m_box->prompt();
}

core::GenerateSettings SteerPage::settings() const
{
    core::GenerateSettings settings = m_panel->settings();
    settings.guard = m_guard->guard();
    return settings;
}

core::GenerateRequest SteerPage::request() const
{
    core::GenerateRequest request;
    request.prompt = prompt().toStdString();
    request.isChat = m_box->isChat();
    if (request.isChat)
        request.earlier = m_conversation->turns();
    request.settings = settings();
    request.interventions = interventions();
    request.topic = m_topic;
    request.normalStart = m_starts.normal;
    request.steeredStart = m_starts.steered;
    request.changeShare = m_starts.changeShare;
    return request;
}

void SteerPage::change(const QString& what, std::vector<core::Intervention> after, int slider)
{
    using List = std::vector<core::Intervention>;
    m_session->undoStack()->push(new SnapshotCommand<List>(what, interventions(), std::move(after),
        slider, [this](const List& list) { applyInterventions(list); }));
}

void SteerPage::applyInterventions(const std::vector<core::Intervention>& interventions)
{
    if (interventions.size() != this->interventions().size())
        m_topic.clear(); // it was another experiment's
    m_changes->setList(interventions);
    m_writer->setInterventions(interventions);
    updateState();
    Q_EMIT changed();
}

void SteerPage::settingChanged(int control)
{
    core::GenerateSettings after = settings();
    const bool isSwitchedOn = after.guard && !m_shownSettings.guard;
    const bool warms = isSwitchedOn && !m_panel->isTemperatureChosen() && after.temperature == 0.0;
    if (warms)
        after.temperature = kGuardedTemperature;
    changeSettings(after, control);
    if (warms)
        m_messages->showMessage(MessageBar::Kind::Info,
            tr("The temperature is %1 now: the guard draws among what the unsteered model might "
               "say, and at 0 there is one token to draw. Undo takes it back.")
                .arg(kGuardedTemperature));
}

void SteerPage::changeSettings(const core::GenerateSettings& after, int control)
{
    m_session->undoStack()->push(
        new SnapshotCommand<core::GenerateSettings>(tr("setting"), m_shownSettings, after, control,
            [this](const core::GenerateSettings& value) { applySettings(value); }));
}

void SteerPage::applySettings(const core::GenerateSettings& settings)
{
    m_panel->setSettings(settings);
    m_guard->setGuard(settings.guard);
    m_shownSettings = this->settings();
    m_box->line()->setToWrite(m_shownSettings.maxTokens);
    updateState();
    Q_EMIT changed();
}

void SteerPage::changeTalk(const QString& what, Talk after, int turn)
{
    Talk before{m_conversation->turns(), std::nullopt};
    if (after.prompt)
        before.prompt = prompt();
    m_session->undoStack()->push(new SnapshotCommand<Talk>(what, std::move(before),
        std::move(after), turn, [this](const Talk& talk) { applyTalk(talk); }));
}

void SteerPage::applyTalk(const Talk& talk)
{
    m_conversation->setTurns(talk.earlier);
    if (talk.prompt && *talk.prompt != prompt())
        m_box->replacePrompt(*talk.prompt);
    promptChanged();
}

void SteerPage::promptChanged()
{
    m_messages->dismiss(kTag<core::GenerateRequest>); // it spoke of another prompt
    give({}); // they went on from another one
    const core::GenerateRequest now = request();
    m_box->line()->setEarlier(now.earlier);
    m_conversation->setEnabled(now.isChat);
    m_promptTokens->setPrompt(now);
    updateState();
    Q_EMIT changed();
}

void SteerPage::give(const TextColumns::Starts& starts)
{
    m_starts = starts;
    m_rewrite->setGiven(starts.normal.size(), starts.steered.size());
    updateState();
}

void SteerPage::generate()
{
    write(false);
}

void SteerPage::write(bool isPaused)
{
    // Ctrl+Enter leaves the focus where it is: what is typed there counts.
    if (auto* field = qobject_cast<QAbstractSpinBox*>(focusWidget()))
        field->interpretText();
    m_messages->clear();
    const core::GenerateRequest request = this->request();
    m_texts->begin(request);
    m_texts->setClickable(true);
    m_experiment->setFigures({});
    m_writer->write(request, m_pace->begin(isPaused));
    updateState();
}

void SteerPage::replaceToken(const QString& text)
{
    m_session->ask(this, kInsteadTag, core::TokenizeRequest{{}, text.toStdString(), false},
        [this, place = m_texts->chosen()](const Shared<core::Tokenization>& typed) {
            if (m_texts->chosen() == place)
                writeFrom(m_texts->startsInsteadOfChosen(typed->ids));
        });
}

void SteerPage::writeFrom(const TextColumns::Starts& starts)
{
    const auto most = static_cast<std::size_t>(settings().maxTokens);
    give(starts);
    generate();
    if (std::max(starts.normal.size(), starts.steered.size()) >= most)
        m_messages->showMessage(MessageBar::Kind::Info,
            tr("All of the %1 tokens are given. Raise Max tokens to write more.").arg(most));
}

void SteerPage::reply()
{
    const auto& asked = m_writer->asked();
    if (!asked || m_writer->answer().isEmpty())
        return;
    Talk after{m_conversation->turns(), std::nullopt};
    after.earlier.push_back({"user", asked->prompt});
    after.earlier.push_back({"assistant", m_writer->answer().toStdString()});
    // What was typed already is the next message.
    after.prompt = prompt().toStdString() == asked->prompt ? QString() : prompt();
    changeTalk(tr("reply"), std::move(after), -1);
    m_box->focusPrompt();
}

const Shared<core::Generation>& SteerPage::generation() const
{
    return m_writer->generation();
}

void SteerPage::showGeneration()
{
    const Shared<core::Generation>& generation = this->generation();
    m_texts->finish(*generation);
    QStringList figures;
    if (!generation->steered.isOnTopic.empty())
        figures << tr("On topic: normal %1, steered %2")
                       .arg(formatPercent(generation->normal.onTopicShare),
                           formatPercent(generation->steered.onTopicShare));
    figures << tr("%1 tokens/s, all texts").arg(formatNumber(generation->tokensPerSecond));
    if (!generation->note.empty())
        figures << toQString(generation->note);
    m_experiment->setFigures(figures.join(QStringLiteral(" · ")));
    updateState();
    Q_EMIT changed();
}

void SteerPage::take(const QString& what, const std::vector<core::Intervention>& interventions,
    const core::GenerateSettings& settings)
{
    m_session->undoStack()->beginMacro(what);
    changeSettings(settings, -1);
    change(what, interventions);
    m_session->undoStack()->endMacro();
}

void SteerPage::askSweetSpot(const core::FeatureRef& feature)
{
    m_messages->clear();
    m_session->ask(this, core::SweetSpotRequest{feature, prompt().toStdString()},
        [this](const Shared<core::SweetSpot>& spot) { useSweetSpot(spot); });
}

void SteerPage::useSweetSpot(const Shared<core::SweetSpot>& spot)
{
    auto after = interventions();
    for (core::Intervention& one : after)
        if (one.feature == spot->request.feature) {
            one.mode = core::InterventionMode::Clamp;
            one.isMultipleOfMax = true;
            one.value = spot->multiple;
        }
    if (spot->multiple > 0)
        change(tr("sweet spot"), std::move(after));
    m_messages->showMessage(MessageBar::Kind::Info,
        spot->multiple > 0
            ? tr("Proposed: clamp to %1 × the maximum. Of %2 strengths without the guard it leaves "
                 "the text whole and most on topic: %3 of its tokens against %4 of normal text.")
                  .arg(spot->multiple)
                  .arg(spot->trials.size())
                  .arg(formatPercent(onTopicAt(*spot)), formatPercent(spot->normal.onTopic))
            : spot->strongestWhole > 0
            ? tr("None is proposed: up to %1 × the maximum the text stays whole, but is no more on "
                 "topic than normal text. Stay fluent, or try another feature.")
                  .arg(spot->strongestWhole)
            : tr("None is proposed: each of %1 strengths broke the text. Stay fluent, or try "
                 "another feature.")
                  .arg(spot->trials.size()));
}

void SteerPage::updateState()
{
    const auto& asked = m_writer->asked();
    const bool isOld = m_writer->isOld(request());
    m_texts->setOld(isOld);
    m_rewrite->setOld(isOld);
    m_box->line()->setStale(asked && prompt().toStdString() != asked->prompt);
    const QString answer = m_writer->answer();
    const auto& turns = m_conversation->turns();
    const bool isRepliedTo = turns.size() > 1 && asked
        && turns[turns.size() - 2].text == asked->prompt && toQString(turns.back().text) == answer;
    m_box->setAnswered(!answer.isEmpty() && !isRepliedTo);
    m_promptTokens->setWanted(m_changes->showsPromptTokens());
}

void SteerPage::fitControls()
{
    m_controls->setMinimumWidth(m_controls->widget()->minimumSizeHint().width()
        + m_controls->verticalScrollBar()->sizeHint().width());
}

bool SteerPage::eventFilter(QObject* object, QEvent* event)
{
    // Rows came or went, or the text has another size.
    if (object == m_controls->widget() && event->type() == QEvent::LayoutRequest)
        fitControls();
    return QWidget::eventFilter(object, event);
}

void SteerPage::save(core::SavedSession& session) const
{
    session.steer = request();
    session.steer.earlier = m_conversation->turns(); // also while Chat is off
    if (m_writer->step())
        session.steps.push_back(*m_writer->step());
}

void SteerPage::restore(const core::SavedSession& session)
{
    const core::GenerateRequest& saved = session.steer;
    if (prompt() != toQString(saved.prompt))
        setPrompt(toQString(saved.prompt));
    m_box->setChat(saved.isChat);
    applyTalk({saved.earlier, std::nullopt});
    applySettings(saved.settings);
    applyInterventions(saved.interventions);
    m_topic = saved.topic;
    give({saved.normalStart, saved.steeredStart, saved.changeShare});
    m_writer->setStep(core::stepOf<core::GenerateRequest>(session));
}

void SteerPage::saveExperiment(const QString& path)
{
    m_session->ask(this,
        core::SaveSteeringRequest{
            path.toStdString(), m_session->state().model.name, request(), generation()},
        [this](const Shared<std::string>& written) {
            m_messages->showMessage(
                MessageBar::Kind::Info, tr("Saved as %1").arg(toQString(*written)));
        });
}

void SteerPage::openExperiment(const QString& path)
{
    const auto show = [this](const Shared<core::SteeringFile>& file) {
        const core::GenerateRequest& saved = file->steer;
        m_box->setChat(saved.isChat);
        m_session->undoStack()->beginMacro(tr("open an experiment"));
        changeTalk(tr("open an experiment"), {saved.earlier, toQString(saved.prompt)}, -1);
        changeSettings(saved.settings, -1);
        change(tr("open an experiment"), saved.interventions);
        m_session->undoStack()->endMacro();
        m_topic = saved.topic;
        give({saved.normalStart, saved.steeredStart, saved.changeShare});
        QString warning = toQString(file->note);
        if (m_session->hasModel() && file->model != m_session->state().model.name)
            warning = tr("This experiment was made with the model %1; the open one is another.")
                          .arg(toQString(file->model));
        if (!warning.isEmpty())
            m_messages->showMessage(MessageBar::Kind::Warning, warning);
    };
    m_session->ask(this, core::ReadSteeringRequest{path.toStdString()}, show);
}

} // namespace ui
