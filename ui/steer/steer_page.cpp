#include "ui/steer/steer_page.h"

#include "core/api/feature_rows.h"
#include "core/api/steering_files.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/prompt_line.h"
#include "ui/shared/snapshot_command.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/kl_chart.h"
#include "ui/steer/stream_pane.h"
#include "ui/steer/sweep/steering_studies.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

namespace ui {

namespace {

const QString kChat = QStringLiteral("chat");
constexpr QLatin1String kRowsTag("steer-rows");

double mean(const std::vector<core::TokenFigures>& figures, float core::TokenFigures::*figure)
{
    double sum = 0.0;
    for (const core::TokenFigures& one : figures)
        sum += static_cast<double>(one.*figure);
    return figures.empty() ? 0.0 : sum / static_cast<double>(figures.size());
}

/// How unlike the steered next-token distribution is, for colour: 0 at no difference, near 1 from a
/// few nats on.
double shareOfKl(float kl)
{
    return 1.0 - std::exp(-static_cast<double>(kl));
}

} // namespace

SteerPage::SteerPage(Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_settings(settings)
    , m_studies(new SteeringStudies(
          session, settings, [this] { return request(); }, this))
    , m_messages(new MessageBar(this))
{
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(makeControls());
    splitter->addWidget(makeTexts());
    splitter->setStretchFactor(0, 0);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(makePrompt());
    column->addWidget(splitter, 1);
    m_messages->lieOver(m_texts);

    connect(m_session, &Session::busyChanged, this, &SteerPage::updateButtons);
    connect(m_session, &Session::stateChanged, this, [this] {
        m_known.clear();
        updateTitles();
        updateButtons();
    });
    connect(m_session, &Session::modelOpened, this, &SteerPage::updateChat);
    connect(m_session, &Session::featureChanged, this, [this](const core::FeatureRow& row) {
        m_known[row.feature] = row;
        updateTitles();
    });
    m_messages->showErrorsOf(m_session,
        {kTag<core::GenerateRequest>, kTag<core::SweetSpotRequest>, kRowsTag,
            kTag<core::SaveSteeringRequest>, kTag<core::ReadSteeringRequest>});
    connect(m_selection, &Selection::featureChanged, this, &SteerPage::updateButtons);
    connect(this, &SteerPage::changed, m_studies, &SteeringStudies::refresh);
    connect(m_studies, &SteeringStudies::taken, this, &SteerPage::take);
    rebuildRows();
    updateChat();
    updateButtons();
}

QWidget* SteerPage::makePrompt()
{
    auto* box = new QWidget(this);
    m_prompt = new QPlainTextEdit(QStringLiteral("Q: What can I do in Paris?\nA:"), box);
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setTabChangesFocus(true);
    m_prompt->setPlaceholderText(tr("The text to go on from"));
    m_prompt->setFixedHeight(em(this) * 3 + pad(this) * 2);
    m_generate = new QPushButton(tr("&Generate"), box);
    m_generate->setObjectName(QStringLiteral("generateButton"));
    m_generate->setToolTip(tr("Write on from the prompt, as the model would and as it does with "
                              "the changes (Ctrl+Enter)"));
    m_generate->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_stop = new QPushButton(tr("&Stop"), box);
    m_stop->setToolTip(tr("Stop after the current token"));
    m_chat = new QCheckBox(tr("C&hat"), box);
    m_chat->setObjectName(QStringLiteral("chatSwitch"));
    auto* sweep = new QPushButton(tr("S&weep …"), box);
    sweep->setObjectName(QStringLiteral("sweepButton"));
    sweep->setToolTip(tr("Try the changes at several strengths and in several ways, side by side"));
    connect(sweep, &QPushButton::clicked, m_studies, &SteeringStudies::showSweep);
    auto* buttons = new QGridLayout;
    buttons->addWidget(m_generate, 0, 0);
    buttons->addWidget(m_stop, 0, 1);
    buttons->addWidget(sweep, 1, 0);
    buttons->addWidget(m_chat, 1, 1);
    buttons->setRowStretch(2, 1);
    m_line = new PromptLine(m_session, m_prompt, box);
    m_line->setToWrite(m_maxTokens->value());
    m_line->follow(kTag<core::GenerateRequest>, tr("Progress of writing"));
    m_line->follow(kTag<core::SweetSpotRequest>, {});
    auto* text = new QVBoxLayout;
    text->setSpacing(0);
    text->addWidget(m_prompt);
    text->addWidget(m_line);
    text->addStretch();
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addLayout(text, 1);
    row->addLayout(buttons);
    connect(m_maxTokens, &QSpinBox::valueChanged, m_line, &PromptLine::setToWrite);
    connect(m_prompt, &QPlainTextEdit::textChanged, this, [this] {
        m_messages->dismiss(kTag<core::GenerateRequest>); // it spoke of another prompt
        updateStale();
    });
    connect(m_chat, &QCheckBox::toggled, m_line, [this](bool isOn) {
        m_line->setForm(isOn ? core::PromptForm::Chat : core::PromptForm::Text);
    });
    connect(m_generate, &QPushButton::clicked, this, &SteerPage::generate);
    connect(m_prompt, &QPlainTextEdit::textChanged, this, &SteerPage::changed);
    connect(m_chat, &QCheckBox::toggled, this, &SteerPage::changed);
    connect(m_chat, &QCheckBox::clicked, this, [this](bool isOn) {
        m_settings->setModelValue(toQString(m_session->openedAs().path), kChat, isOn);
    });
    connect(m_stop, &QPushButton::clicked, this,
        [this] { m_session->cancel(kTag<core::GenerateRequest>); });
    return box;
}

QWidget* SteerPage::makeControls()
{
    auto* box = new QWidget(this);
    auto* heading = new QLabel(tr("Changes"), box);
    makeHeading(heading, 2);
    m_addSelected = new QPushButton(tr("&Add the chosen feature"), box);
    m_addSelected->setToolTip(tr("Adds the feature of the card as a clamp at its own maximum"));
    m_empty = new EmptyState(tr("No changes yet"),
        tr("Find a feature on the Features page and press Steer on its card."), box);
    QPushButton* whatSteers = m_empty->addAction(tr("Wha&t steers? …"));
    whatSteers->setObjectName(QStringLiteral("whatSteersButton"));
    whatSteers->setToolTip(tr("Find features that make the model write about a concept"));
    connect(whatSteers, &QPushButton::clicked, m_studies, [this] { m_studies->showWhatSteers(); });
    auto* listBox = new QWidget(box);
    m_list = new QVBoxLayout(listBox);
    m_list->setContentsMargins(0, 0, 0, 0);
    m_list->addWidget(m_empty);
    m_list->addStretch();
    m_changes = new QScrollArea(box);
    m_changes->setWidget(listBox);
    m_changes->setWidgetResizable(true);
    m_changes->setFrameShape(QFrame::NoFrame);
    m_changes->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    listBox->installEventFilter(this);

    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(heading);
    column->addWidget(m_addSelected);
    column->addWidget(m_changes, 1);
    column->addWidget(makeSettings(box));
    box->setMinimumWidth(ex(this) * 46);
    connect(m_addSelected, &QPushButton::clicked, this, [this] {
        if (m_selection->feature())
            addFeature(*m_selection->feature());
    });
    return box;
}

QWidget* SteerPage::makeSettings(QWidget* parent)
{
    auto* box = new QWidget(parent);
    const auto real
        = [box](double low, double high, double value, double step, const QString& tip) {
              auto* spin = new QDoubleSpinBox(box);
              spin->setRange(low, high);
              spin->setSingleStep(step);
              spin->setValue(value);
              spin->setToolTip(tip);
              return spin;
          };
    const auto whole = [box](int low, int high, int value, const QString& tip) {
        auto* spin = new QSpinBox(box);
        spin->setRange(low, high);
        spin->setValue(value);
        spin->setToolTip(tip);
        return spin;
    };
    m_maxTokens = whole(1, 4096, 60, tr("Tokens to write at most"));
    m_temperature = real(0, 5, 0, 0.1, tr("0 takes the most probable token each time"));
    m_topK = whole(0, 100000, 0, tr("Keep the k most probable tokens; 0 = off"));
    m_topP = real(
        0.01, 1, 1, 0.05, tr("Keep the fewest tokens whose probabilities reach this; 1 = off"));
    m_repetitionPenalty
        = real(0.01, 100, 1, 0.05, tr("Divides the logits of tokens already said; 1 = off"));
    m_frequencyPenalty = real(-5, 5, 0, 0.1,
        tr("Subtracted from a token's logit for each time it was already said; 0 = off"));
    m_seed = whole(0, 2147483647, 0, tr("Same seed, same random numbers in both streams"));
    m_freeze = new QCheckBox(tr("Freeze attention on the prompt"), box);
    m_freeze->setToolTip(tr("The steered stream keeps the normal stream's attention patterns: only "
                            "direct paths remain"));
    auto* form = new QFormLayout(box);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("Max tokens"), m_maxTokens);
    form->addRow(tr("Temperature"), m_temperature);
    form->addRow(tr("Top k"), m_topK);
    form->addRow(tr("Top p"), m_topP);
    form->addRow(tr("Repetition penalty"), m_repetitionPenalty);
    form->addRow(tr("Frequency penalty"), m_frequencyPenalty);
    form->addRow(tr("Seed"), m_seed);
    form->addRow(m_freeze);
    m_frequencyPenalty->setObjectName(QStringLiteral("frequencyPenalty"));
    int control = 0;
    for (QDoubleSpinBox* spin : {m_temperature, m_topP, m_repetitionPenalty, m_frequencyPenalty})
        connect(spin, &QDoubleSpinBox::valueChanged, this,
            [this, one = control++] { settingChanged(one); });
    for (QSpinBox* spin : {m_maxTokens, m_topK, m_seed})
        connect(
            spin, &QSpinBox::valueChanged, this, [this, one = control++] { settingChanged(one); });
    connect(m_freeze, &QCheckBox::toggled, this, [this] { settingChanged(-1); });
    m_shownSettings = settings();
    return box;
}

QWidget* SteerPage::makeTexts()
{
    auto* box = new QWidget(this);
    m_normal = new StreamPane(tr("Normal"), box);
    m_steered = new StreamPane(tr("Steered"), box);
    m_steered->setObjectName(QStringLiteral("steeredPane"));
    m_chart = new KlChart(box);
    m_figures = new QLabel(box);
    m_figures->setWordWrap(true);
    m_figures->setMinimumHeight(
        m_figures->fontMetrics().lineSpacing() * 2); // two lines, also before there is a text
    m_figures->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    makeSubtle(m_figures);
    auto* copy = new QPushButton(tr("&Copy"), box);
    copy->setToolTip(tr("Copy both texts and the settings that made them"));
    auto* save = new QPushButton(tr("Sa&ve …"), box);
    save->setToolTip(
        tr("Save prompt, changes, settings and both texts as JSON; open it again to replay"));
    auto* open = new QPushButton(tr("&Open …"), box);
    open->setToolTip(tr("Open a saved experiment and set everything as it was"));
    auto* panes = new QSplitter(Qt::Horizontal, box);
    m_texts = panes;
    panes->addWidget(m_normal);
    panes->addWidget(m_steered);
    panes->setChildrenCollapsible(false);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_figures, 1);
    buttons->addWidget(copy);
    buttons->addWidget(save);
    buttons->addWidget(open);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(panes, 3);
    column->addWidget(m_chart, 1);
    column->addLayout(buttons);
    connect(copy, &QPushButton::clicked, this, &SteerPage::copyResult);
    connect(save, &QPushButton::clicked, this, &SteerPage::saveResult);
    connect(open, &QPushButton::clicked, this, &SteerPage::openRecipe);
    return box;
}

void SteerPage::addFeature(const core::FeatureRef& feature)
{
    const auto isSame = [&](const core::Intervention& one) { return one.feature == feature; };
    if (std::any_of(m_interventions.begin(), m_interventions.end(), isSame))
        return;
    core::Intervention clamp;
    clamp.feature = feature;
    const core::DictionaryInfo* dictionary = m_session->dictionary(feature.dictionary);
    clamp.isMultipleOfMax = dictionary && dictionary->isHarvested;
    clamp.value = 1.0;
    auto after = m_interventions;
    after.push_back(clamp);
    change(tr("add %1").arg(featureName(feature)), std::move(after));
}

void SteerPage::setPrompt(const QString& text)
{
    m_prompt->setPlainText(text);
}

QString SteerPage::prompt() const
{
    return m_prompt->toPlainText();
}

core::GenerateSettings SteerPage::settings() const
{
    core::GenerateSettings settings;
    settings.maxTokens = m_maxTokens->value();
    settings.temperature = m_temperature->value();
    settings.topK = m_topK->value();
    settings.topP = m_topP->value();
    settings.repetitionPenalty = m_repetitionPenalty->value();
    settings.frequencyPenalty = m_frequencyPenalty->value();
    settings.seed = static_cast<std::uint64_t>(m_seed->value());
    settings.freezeAttention = m_freeze->isChecked();
    settings.guard = m_guard;
    return settings;
}

void SteerPage::applySettings(const core::GenerateSettings& settings)
{
    m_isApplying = true;
    m_maxTokens->setValue(settings.maxTokens);
    m_temperature->setValue(settings.temperature);
    m_topK->setValue(settings.topK);
    m_topP->setValue(settings.topP);
    m_repetitionPenalty->setValue(settings.repetitionPenalty);
    m_frequencyPenalty->setValue(settings.frequencyPenalty);
    m_seed->setValue(static_cast<int>(
        std::min<std::uint64_t>(settings.seed, static_cast<std::uint64_t>(m_seed->maximum()))));
    m_freeze->setChecked(settings.freezeAttention);
    m_guard = settings.guard;
    m_isApplying = false;
    m_shownSettings = this->settings();
    Q_EMIT changed();
}

void SteerPage::settingChanged(int control)
{
    if (!m_isApplying)
        changeSettings(settings(), control);
}

void SteerPage::changeSettings(const core::GenerateSettings& after, int control)
{
    m_session->undoStack()->push(
        new SnapshotCommand<core::GenerateSettings>(tr("setting"), m_shownSettings, after, control,
            [this](const core::GenerateSettings& value) { applySettings(value); }));
}

core::GenerateRequest SteerPage::request() const
{
    core::GenerateRequest request;
    request.prompt = prompt().toStdString();
    request.isChat = m_chat->isEnabled() && m_chat->isChecked();
    request.settings = settings();
    request.interventions = m_interventions;
    return request;
}

void SteerPage::generate()
{
    m_messages->clear();
    core::GenerateRequest request = this->request();
    m_live = std::make_shared<core::SharedInterventions>(m_interventions);
    request.live = m_live;
    const QString before = request.isChat ? prompt() + QStringLiteral("\n\n") : prompt();
    m_normal->begin(before);
    m_steered->begin(before);
    m_shownPrompt = prompt();
    m_hasTexts = true;
    updateStale();
    m_kl.clear();
    m_chart->setValues(m_kl);
    m_figures->clear();
    m_session->ask(
        this, request,
        [this](const Shared<core::Generation>& generation) { showGeneration(generation); }, {},
        [this](const std::vector<core::GenerateStep>& steps) { showSteps(steps); });
}

void SteerPage::change(const QString& what, std::vector<core::Intervention> after, int slider)
{
    using List = std::vector<core::Intervention>;
    m_session->undoStack()->push(new SnapshotCommand<List>(what, m_interventions, std::move(after),
        slider, [this](const List& list) { applyInterventions(list); }));
}

void SteerPage::applyInterventions(const std::vector<core::Intervention>& interventions)
{
    const auto sameFeature = [](const core::Intervention& a, const core::Intervention& b) {
        return a.feature == b.feature;
    };
    const bool isSameList = std::equal(interventions.begin(), interventions.end(),
        m_interventions.begin(), m_interventions.end(), sameFeature);
    m_interventions = interventions;
    if (isSameList) {
        for (std::size_t i = 0; i < m_rows.size(); ++i)
            m_rows[i]->setIntervention(m_interventions[i]);
    } else {
        rebuildRows();
    }
    if (m_live)
        m_live->set(m_interventions); // also of a generation that waits for its turn
    updateButtons();
    Q_EMIT changed();
}

void SteerPage::fitRows()
{
    m_changes->setMinimumWidth(m_changes->widget()->minimumSizeHint().width()
        + m_changes->verticalScrollBar()->sizeHint().width());
}

bool SteerPage::eventFilter(QObject* object, QEvent* event)
{
    // Rows came or went, or the text has another size.
    if (object == m_changes->widget() && event->type() == QEvent::LayoutRequest)
        fitRows();
    return QWidget::eventFilter(object, event);
}

void SteerPage::rebuildRows()
{
    for (InterventionRow* row : m_rows) {
        // Its number is another row's now, and a double click would still meet it.
        row->disconnect(this);
        row->hide();
        row->deleteLater();
    }
    m_rows.clear();
    std::vector<core::FeatureRef> unknown;
    for (std::size_t i = 0; i < m_interventions.size(); ++i) {
        auto* row = new InterventionRow(m_interventions[i], this);
        const int index = static_cast<int>(i);
        m_list->insertWidget(index, row);
        m_rows.push_back(row);
        connect(row, &InterventionRow::changed, this,
            [this, index](const core::Intervention& intervention, bool isDragged) {
                auto after = m_interventions;
                after[static_cast<std::size_t>(index)] = intervention;
                change(tr("change of %1").arg(featureName(intervention.feature)), std::move(after),
                    isDragged ? index : -1);
            });
        connect(row, &InterventionRow::removed, this, [this, index] {
            auto after = m_interventions;
            after.erase(after.begin() + index);
            change(tr("remove a change"), std::move(after));
        });
        connect(row, &InterventionRow::sweetSpotRequested, this, [this, index] {
            askSweetSpot(m_interventions[static_cast<std::size_t>(index)].feature);
        });
        connect(row, &InterventionRow::featureClicked, this, [this, index] {
            m_selection->setFeature(m_interventions[static_cast<std::size_t>(index)].feature);
        });
        if (!m_known.contains(m_interventions[i].feature))
            unknown.push_back(m_interventions[i].feature);
    }
    m_empty->setVisible(m_rows.empty());
    updateTitles();
    if (!unknown.empty())
        askRows(std::move(unknown));
}

void SteerPage::askRows(std::vector<core::FeatureRef> features)
{
    m_session->ask(this, kRowsTag, core::FeatureRowsRequest{std::move(features)},
        [this](const Shared<std::vector<core::FeatureRow>>& rows) {
            for (const core::FeatureRow& row : *rows)
                m_known[row.feature] = row;
            updateTitles();
        });
}

void SteerPage::askSweetSpot(const core::FeatureRef& feature)
{
    m_messages->clear();
    m_session->ask(this, core::SweetSpotRequest{feature, prompt().toStdString()},
        [this](const Shared<core::SweetSpot>& spot) { useSweetSpot(spot); });
}

void SteerPage::updateTitles()
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const core::FeatureRef& feature = m_interventions[i].feature;
        const auto known = m_known.find(feature);
        const core::DictionaryInfo* dictionary = m_session->dictionary(feature.dictionary);
        const QString name = featureName(feature, dictionary ? dictionary->layer : core::Layer());
        const QString title = known == m_known.end() ? QString() : featureTitle(known->second);
        m_rows[i]->setTitle(
            title.isEmpty() ? name : title, tr("%1, %2").arg(name, toQString(feature.dictionary)));
        m_rows[i]->setMaximum(
            known == m_known.end() ? 0.0 : static_cast<double>(known->second.maxActivation));
    }
}

void SteerPage::showSteps(const std::vector<core::GenerateStep>& steps)
{
    for (const core::GenerateStep& step : steps) {
        const float kl = step.steered.figures.kl;
        const double difference = m_interventions.empty() ? 0.0 : shareOfKl(kl);
        m_normal->append(toQString(step.normal.token.text), 0.0);
        m_steered->append(toQString(step.steered.token.text), difference);
        if (step.steered.token.id.isValid())
            m_kl.push_back(kl);
    }
    m_chart->setValues(m_kl);
}

void SteerPage::showGeneration(const Shared<core::Generation>& generation)
{
    m_generation = generation;
    // What was steered while it was written cannot be run again from a request.
    if (generation->isComplete && m_live && m_live->get().first == 0) {
        m_step = {generation->request, generation, {}};
        std::get<core::GenerateRequest>(m_step->request).live.reset();
    }
    Q_EMIT changed();
    // A change may also have been added while the generation waited.
    const bool isSteered
        = !generation->request.interventions.empty() || !generation->steered.tokens.empty();
    m_normal->setFigures(tr("%1 tokens · repetition %2")
                             .arg(generation->normal.tokens.size())
                             .arg(formatPercent(generation->normal.repetition)));
    m_steered->setFigures(isSteered
            ? tr("%1 tokens · repetition %2 · mean KL %3 nats · ‖Δ‖/‖x‖ %4")
                  .arg(generation->steered.tokens.size())
                  .arg(formatPercent(generation->steered.repetition),
                      formatNumber(mean(generation->steered.figures, &core::TokenFigures::kl)),
                      formatNumber(
                          mean(generation->steered.figures, &core::TokenFigures::deltaNormRatio)))
            : tr("No changes: only the normal text was written."));
    QString figures
        = tr("%1 tokens/s, both streams").arg(formatNumber(generation->tokensPerSecond));
    if (!generation->isComplete)
        figures += tr(" · stopped");
    if (!generation->note.empty())
        figures += QStringLiteral(" · ") + toQString(generation->note);
    m_figures->setText(figures);
}

void SteerPage::useSweetSpot(const Shared<core::SweetSpot>& spot)
{
    auto after = m_interventions;
    for (core::Intervention& one : after)
        if (one.feature == spot->request.feature) {
            one.mode = core::InterventionMode::Clamp;
            one.isMultipleOfMax = true;
            one.value = spot->multiple;
        }
    change(tr("sweet spot"), std::move(after));
    m_messages->showMessage(MessageBar::Kind::Info,
        spot->multiple > 0 ? tr("Proposed: clamp to %1 × the maximum, the strongest of %2 "
                                "strengths that leaves the text whole.")
                                 .arg(spot->multiple)
                                 .arg(spot->trials.size())
                           : tr("Every one of %1 strengths broke the text; none is proposed.")
                                 .arg(spot->trials.size()));
}

void SteerPage::updateChat()
{
    const bool canChat = m_session->hasModel() && m_session->state().model.hasChatTemplate;
    m_chat->setEnabled(canChat);
    m_chat->setChecked(
        canChat && m_settings->modelValue(toQString(m_session->openedAs().path), kChat).toBool());
    m_chat->setToolTip(canChat
            ? tr("The prompt is a user's message; the model's chat template goes around it")
            : tr("The open model has no chat template; it goes on from the prompt as it stands"));
}

void SteerPage::updateStale()
{
    m_line->setStale(m_hasTexts && prompt() != m_shownPrompt);
}

void SteerPage::updateButtons()
{
    const bool isBusy = m_session->isBusy(kTag<core::GenerateRequest>);
    m_generate->setEnabled(m_session->hasModel());
    m_stop->setEnabled(isBusy);
    m_addSelected->setEnabled(m_selection->feature().has_value());
}

} // namespace ui
