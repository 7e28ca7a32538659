#include "ui/train/training_form.h"

#include "ui/shared/notice.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/train/layer_list.h"
#include "ui/train/number_box.h"
#include "ui/train/text_choice.h"
#include "ui/train/time_text.h"
#include "ui/train/training_details.h"
#include "ui/train/training_sweep_choice.h"

#include <algorithm>
#include <limits>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace ui {

namespace {

struct TrainedPlace {
    const char* hook; ///< Empty: the transcoder; kAcrossLayers: the one across layers.
    const char* title;
};
constexpr const char* kAcrossLayers = "clt";
constexpr TrainedPlace kPlaces[]{
    {"hook_resid_post", QT_TRANSLATE_NOOP("ui::TrainingForm", "SAE: after a layer")},
    {"hook_resid_mid", QT_TRANSLATE_NOOP("ui::TrainingForm", "SAE: after attention")},
    {"hook_resid_pre", QT_TRANSLATE_NOOP("ui::TrainingForm", "SAE: before a layer")},
    {"hook_attn_out", QT_TRANSLATE_NOOP("ui::TrainingForm", "SAE: attention's part")},
    {"hook_mlp_out", QT_TRANSLATE_NOOP("ui::TrainingForm", "SAE: the MLP's part")},
    {"", QT_TRANSLATE_NOOP("ui::TrainingForm", "Transcoder of the MLP")},
    {kAcrossLayers, QT_TRANSLATE_NOOP("ui::TrainingForm", "Cross-layer transcoder")},
};
constexpr int kMostTrainingTokens = 2'000'000'000;
constexpr int kPresets = 3; // behind them: as it is set up
constexpr core::TrainedArchitecture kArchitectures[]{core::TrainedArchitecture::Matryoshka,
    core::TrainedArchitecture::BatchTopK, core::TrainedArchitecture::TopK,
    core::TrainedArchitecture::AbsTopK, core::TrainedArchitecture::L1,
    core::TrainedArchitecture::JumpRelu, core::TrainedArchitecture::Gated};

} // namespace

TrainingForm::TrainingForm(Session* session, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_preset(new QComboBox(this))
    , m_footer(new QWidget(this))
    , m_estimate(new QLabel(m_footer))
    , m_problem(new Notice(m_footer))
{
    m_preset->setObjectName(QStringLiteral("trainPreset"));
    m_preset->addItems({tr("First look (minutes)"), tr("Good (hours)"), tr("As published (days)"),
        tr("As set up below")});
    m_preset->setToolTip(tr("Sizes that fit the open model. First look: one layer, 8 features for "
                            "each number, a million tokens. Good: 32 features for each number, 50 "
                            "million tokens. As published: the architecture's paper, 500 million "
                            "tokens. Everything can be changed afterwards."));
    auto* label = new QLabel(tr("P&reset"), this);
    label->setBuddy(m_preset);
    auto* head = new QFormLayout;
    head->setContentsMargins(0, 0, 0, 0);
    head->addRow(label, m_preset);
    m_estimate->setObjectName(QStringLiteral("trainEstimate"));
    makeSubtle(m_estimate);
    wrapLines(m_estimate);
    m_problem->setObjectName(QStringLiteral("trainProblem"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(head);
    m_details = new TrainingDetails(this);
    for (QWidget* group :
        {makePlace(), makeSize(), makeText(), makeLearning(), static_cast<QWidget*>(m_details)})
        column->addWidget(group);
    for (const auto& [field, label] : m_details->labels()) {
        m_labels[field] = label;
        m_titles[field] = label->text();
    }
    connect(m_details, &TrainingDetails::changed, this, &TrainingForm::fieldChanged);
    column->addStretch(1);
    auto* foot = new QVBoxLayout(m_footer);
    foot->setContentsMargins(0, 0, 0, 0);
    foot->setSpacing(gap(this));
    foot->addWidget(m_estimate);
    foot->addWidget(m_problem);
    m_delay.setSingleShot(true);
    m_delay.setInterval(kTypingDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &TrainingForm::ask);
    connect(m_preset, &QComboBox::activated, this, [this](int index) {
        if (index < kPresets)
            choosePreset(static_cast<TrainingPreset>(index));
    });
    connect(session, &Session::modelOpened, this, [this] {
        if (const auto kept = planOf(m_settings->value(SettingKey::TrainingPlan).toString()))
            setPlan(*kept);
        else
            choosePreset(TrainingPreset::FirstLook);
    });
    setPlan(
        planOf(m_settings->value(SettingKey::TrainingPlan).toString()).value_or(TrainingPlan()));
    m_preset->setCurrentIndex(0);
}

void TrainingForm::addField(QFormLayout* form, const char* field, const QString& title,
    QWidget* widget, const QString& note)
{
    widget->setObjectName(QStringLiteral("train_") + QLatin1String(field));
    widget->setAccessibleName(title);
    widget->setToolTip(note);
    auto* label = new QLabel(title, this);
    label->setBuddy(widget);
    label->setToolTip(note);
    form->addRow(label, widget);
    m_labels[field] = label;
    m_titles[field] = title;
}

QSpinBox* TrainingForm::addWhole(QFormLayout* form, const char* field, const QString& title,
    int low, int high, const QString& note)
{
    auto* spin = new QSpinBox(this);
    spin->setRange(low, high);
    spin->setGroupSeparatorShown(true);
    addField(form, field, title, spin, note);
    connect(spin, &QSpinBox::valueChanged, this, &TrainingForm::fieldChanged);
    return spin;
}

QDoubleSpinBox* TrainingForm::addReal(QFormLayout* form, const char* field, const QString& title,
    double low, double high, int decimals, const QString& note)
{
    auto* spin = new NumberBox(this);
    spin->setDecimals(decimals);
    spin->setRange(low, high);
    spin->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    addField(form, field, title, spin, note);
    connect(spin, &QDoubleSpinBox::valueChanged, this, &TrainingForm::fieldChanged);
    return spin;
}

QDoubleSpinBox* TrainingForm::addShare(
    QFormLayout* form, const char* field, const QString& title, const QString& note)
{
    QDoubleSpinBox* spin = addReal(form, field, title, 0.0, 100.0, 2, note);
    spin->setSuffix(tr(" % of the run"));
    return spin;
}

namespace {

QFormLayout* groupForm(QWidget* group, const QString& title)
{
    auto* heading = new QLabel(title, group);
    makeHeading(heading, 2);
    auto* form = new QFormLayout(group);
    form->setContentsMargins(0, pad(group), 0, 0);
    form->setVerticalSpacing(gap(group));
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(heading);
    return form;
}

} // namespace

QWidget* TrainingForm::makePlace()
{
    auto* group = new QWidget(this);
    QFormLayout* form = groupForm(group, tr("What"));
    m_place = new QComboBox(group);
    for (const TrainedPlace& place : kPlaces) {
        m_place->addItem(tr(place.title), QLatin1String(place.hook));
        if (QLatin1String(place.hook).startsWith(QLatin1String("hook_")))
            m_place->setItemData(m_place->count() - 1, QLatin1String(place.hook), Qt::ToolTipRole);
    }
    // Long words must not make the form as wide as themselves.
    m_place->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_place->setMinimumContentsLength(18);
    addField(form, "hook", tr("Place"), m_place,
        tr("What is read. An SAE rebuilds one place: the residual stream after a layer is the "
           "usual one, and where steering acts best. Transcoders predict what an MLP writes from "
           "what it reads; with one for every layer, circuits can be traced. A cross-layer "
           "transcoder reads every layer and writes to it and all later ones: paths through it are "
           "shorter and less is left unexplained, at the price of more weights. As the field calls "
           "them: resid_post, resid_mid, resid_pre, attn_out, mlp_out, transcoder, CLT."));
    connect(m_place, &QComboBox::currentIndexChanged, this, [this] {
        // One across layers has no nested widths: the usual choice would be refused.
        const auto chosen
            = static_cast<core::TrainedArchitecture>(m_architecture->currentData().toInt());
        if (!m_isFilling && m_place->currentData().toString() == QLatin1String(kAcrossLayers)
            && chosen == core::TrainedArchitecture::Matryoshka)
            m_architecture->setCurrentIndex(
                m_architecture->findData(static_cast<int>(core::TrainedArchitecture::BatchTopK)));
        fieldChanged();
    });
    m_layers = new QLineEdit(group);
    m_layers->setPlaceholderText(tr("all"));
    addField(form, "layers", tr("Layers"), m_layers,
        tr("A dictionary for each, all from one pass over the text: “2”, “0, 2-4” or “all”. "
           "Middle layers hold the most abstract features. Circuits over transcoders need all."));
    connect(m_layers, &QLineEdit::textChanged, this, &TrainingForm::fieldChanged);
    m_architecture = new QComboBox(group);
    for (const auto architecture : kArchitectures)
        m_architecture->addItem(architectureName(architecture), static_cast<int>(architecture));
    addField(form, "architecture", tr("Architecture"), m_architecture,
        tr("How features are kept few. Matryoshka, the usual choice, keeps k a token on average, "
           "and its first features rebuild everything alone, so that they stay general; BatchTopK "
           "is the same without that and rebuilds a little better; TopK keeps exactly k; AbsTopK k "
           "of either sign, so that a feature has "
           "an opposite. With λ: L1 pays for each activation, JumpReLU learns a threshold for each "
           "feature, Gated decides apart whether a feature fires and how much."));
    m_startFrom = new QComboBox(group);
    m_startFrom->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_startFrom->setMinimumContentsLength(18);
    addField(form, "start_from", tr("Start from"), m_startFrom,
        tr("New weights, or those of an open dictionary of the same place and kind, which then go "
           "on learning on this text (fine-tuning). The expansion is then that dictionary's. A low "
           "learning rate keeps more of what it knew."));
    offerStarts();
    connect(m_session, &Session::stateChanged, this, [this] { offerStarts(); });
    connect(m_startFrom, &QComboBox::currentIndexChanged, this, &TrainingForm::fieldChanged);
    connect(m_architecture, &QComboBox::currentIndexChanged, this, [this] {
        if (!m_isFilling && m_session->hasModel()) { // another penalty is weighed otherwise
            TrainingPlan now;
            now.settings.architecture
                = static_cast<core::TrainedArchitecture>(m_architecture->currentData().toInt());
            m_lambda->setValue(presetPlan(TrainingPreset::FirstLook, m_session->state().model, now)
                                   .settings.lambda);
        }
        fieldChanged();
    });
    return group;
}

void TrainingForm::offerStarts(const QString& chosen)
{
    const QString now = chosen.isNull() ? m_startFrom->currentData().toString() : chosen;
    const QSignalBlocker blocker(m_startFrom);
    m_startFrom->clear();
    m_startFrom->addItem(tr("new weights"), QString());
    for (const core::DictionaryInfo& dictionary : m_session->state().dictionaries) {
        // One of a set lies in a file of its own, the set in its folder.
        const QFileInfo path(toQString(dictionary.path));
        const QString start = path.isFile() ? path.absolutePath() : path.absoluteFilePath();
        if (dictionary.isPlaced && m_startFrom->findData(start) < 0)
            m_startFrom->addItem(toQString(dictionary.name), start);
    }
    if (!now.isEmpty() && m_startFrom->findData(now) < 0)
        m_startFrom->addItem(QFileInfo(now).fileName(), now);
    m_startFrom->setCurrentIndex(std::max(0, m_startFrom->findData(now)));
}

QWidget* TrainingForm::makeSize()
{
    auto* group = new QWidget(this);
    QFormLayout* form = m_sizeForm = groupForm(group, tr("Features"));
    m_expansion = addWhole(form, "expansion", tr("Expansion"), 1, 1024,
        tr("Features for each number of the activation (d_sae / d_in). Usual: 8 for a first look, "
           "32 to 256 in published ones. More find rarer things and cost time and memory in "
           "proportion."));
    m_expansion->setSuffix(tr(" ×"));
    m_features = new QLabel(group);
    makeSubtle(m_features);
    form->addRow(QString(), m_features);
    m_k = addWhole(form, "k", tr("k"), 1, 1'000'000,
        tr("Active features a token (L0). Usual: 20 to 100. More rebuild better, fewer are easier "
           "to read."));
    m_lambda = addReal(form, "lambda", tr("λ"), 0.000001, 100'000.0, 6,
        tr("Weight of the penalty against the squared error of a token (activations are scaled to "
           "a mean norm of √d_in first). Higher: fewer active features, worse rebuilt. Usual: such "
           "that L0 ends between 20 and 100; the value offered is a start for this width."));
    m_lambdaWarmUp = addShare(form, "lambda_warm_up", tr("λ rises over"),
        tr("λ rises to its value over this share of the run. Usual: 2 to 10 %. Without it many "
           "features die at the beginning."));
    m_sweep = new TrainingSweepChoice(group);
    addField(form, "sweep", tr("Try several"), m_sweep,
        tr("One setting with several values: a dictionary for each, from one pass over the text."));
    connect(m_sweep, &TrainingSweepChoice::changed, this, &TrainingForm::fieldChanged);
    return group;
}

QWidget* TrainingForm::makeText()
{
    auto* group = new QWidget(this);
    QFormLayout* form = groupForm(group, tr("Text"));
    m_text = new TextChoice(group);
    addField(form, "text", tr("Text"), m_text, {});
    m_textTokens = addWhole(form, "text_tokens", tr("Take at most"), 2, kMostTrainingTokens,
        tr("So many tokens of it are run through the model and their activations kept in memory "
           "(4 bytes for each number). They are shuffled and seen again and again. Special tokens "
           "are left out. Usual: 50,000 for a first look, millions for a good one."));
    m_textTokens->setSuffix(tr(" tokens"));
    m_textTokens->setSingleStep(50'000);
    connect(m_text, &TextChoice::changed, this, &TrainingForm::fieldChanged);
    return group;
}

QWidget* TrainingForm::makeLearning()
{
    auto* group = new QWidget(this);
    QFormLayout* form = m_learningForm = groupForm(group, tr("Learning"));
    m_tokens = addWhole(form, "tokens", tr("Train on"), 1, kMostTrainingTokens,
        tr("Tokens seen in all, repetitions included. Usual: 1 million for a first look, 50 "
           "million to 4 billion in published ones. Time grows in proportion."));
    m_tokens->setSuffix(tr(" tokens"));
    m_tokens->setSingleStep(1'000'000);
    m_batch = addWhole(form, "batch", tr("Batch"), 1, 1 << 20,
        tr("Tokens a step. Usual: 1,024 to 8,192. Larger ones are steadier and make fewer steps."));
    m_batch->setSuffix(tr(" tokens"));
    m_batch->setSingleStep(1024);
    m_learningRate = addReal(form, "learning_rate", tr("Learning rate"), 0.000001, 1000.0, 6,
        tr("Length of a step (Adam). Usual: 0.0001 to 0.002; the wider the dictionary the lower. "
           "Too high: the loss rises or features die. Too low: it is still falling at the end."));
    m_rateWarning = new Notice(group);
    m_rateWarning->setObjectName(QStringLiteral("trainRateWarning"));
    form->addRow(QString(), m_rateWarning);
    m_warmUp = addShare(form, "warm_up", tr("Warm-up"),
        tr("The learning rate rises from nothing over this share of the run. Usual: 1 to 5 %."));
    m_decay = new QComboBox(group);
    m_decay->addItems({tr("cosine, over the run"), tr("over the last fifth"), tr("none")});
    addField(form, "decay", tr("Decay"), m_decay,
        tr("How the learning rate falls to zero. Cosine decay is the usual one; SAELens keeps it "
           "constant and lets it fall over the last fifth. Without decay the loss stays noisy."));
    connect(m_decay, &QComboBox::currentIndexChanged, this, &TrainingForm::fieldChanged);
    m_deadWindow = addShare(form, "dead_window", tr("Dead after"),
        tr("A feature that fired on none of the tokens of so much of the run is dead. Usual: 5 to "
           "20 %. With k dead features learn from what the others leave over (auxiliary "
           "loss)."));
    m_restartsDead = new QCheckBox(tr("at ¼, ½ and ¾ of the run"), group);
    addField(form, "restarts_dead", tr("Restart dead"), m_restartsDead,
        tr("Dead features take the direction of an activation that is rebuilt badly (Bricken et "
           "al. 2023)."));
    connect(m_restartsDead, &QCheckBox::toggled, this, &TrainingForm::fieldChanged);
    m_hasSkip = new QCheckBox(tr("a linear path beside the features"), group);
    addField(form, "has_skip", tr("Skip"), m_hasSkip,
        tr("The transcoder also learns a plain matrix from input to output, so that features need "
           "only say what a linear map cannot."));
    connect(m_hasSkip, &QCheckBox::toggled, this, &TrainingForm::fieldChanged);
    m_measureEvery = addShare(form, "measure_every", tr("Measure every"),
        tr("How often CE score, KL, FVU and L0 are measured on the held-out text, and features "
           "looked at, besides the first step and the last. Usual: 1 to 10 %. It never takes more "
           "than about a twentieth of the time: where it would, it comes less often. 0: only at "
           "the end."));
    m_seed = addWhole(form, "seed", tr("Seed"), 0, std::numeric_limits<int>::max(),
        tr("Of the first weights and the order of tokens. Same seed, same dictionary; another one "
           "shows what depends on chance."));
    return group;
}

std::optional<TrainingPlan> TrainingForm::plan() const
{
    const auto layers = layersOf(m_layers->text());
    const auto text = m_text->text();
    if (!layers || !text)
        return {};
    TrainingPlan plan;
    core::TrainingSettings& s = plan.settings;
    const QString hook = m_place->currentData().toString();
    s.isCrossLayer = hook == QLatin1String(kAcrossLayers);
    s.isTranscoder = hook.isEmpty() || s.isCrossLayer;
    if (!s.isTranscoder)
        s.hook = hook.toStdString();
    if (!s.isCrossLayer)
        s.layers = *layers;
    s.startFrom = m_startFrom->currentData().toString().toStdString();
    s.architecture = static_cast<core::TrainedArchitecture>(m_architecture->currentData().toInt());
    s.expansion = m_expansion->value();
    s.k = m_k->value();
    s.lambda = m_lambda->value();
    s.lambdaWarmUp = m_lambdaWarmUp->value() / 100.0;
    s.tokens = m_tokens->value();
    s.batch = m_batch->value();
    s.learningRate = m_learningRate->value();
    s.warmUp = m_warmUp->value() / 100.0;
    s.decay = static_cast<core::LearningRateDecay>(m_decay->currentIndex());
    s.deadWindow = m_deadWindow->value() / 100.0;
    s.restartsDead = m_restartsDead->isChecked();
    s.hasSkip = s.isTranscoder && !s.isCrossLayer && m_hasSkip->isChecked();
    s.seed = m_seed->value();
    m_details->read(s);
    s.measureEvery = m_measureEvery->value() / 100.0;
    if (!s.isCrossLayer)
        s.sweep = m_sweep->sweep();
    plan.text = *text;
    plan.text.tokens = m_textTokens->value();
    return plan;
}

void TrainingForm::setPlan(const TrainingPlan& plan)
{
    m_isFilling = true;
    const core::TrainingSettings& s = plan.settings;
    m_place->setCurrentIndex(std::max(0,
        m_place->findData(s.isCrossLayer ? QString::fromLatin1(kAcrossLayers)
                : s.isTranscoder         ? QString::fromLatin1("")
                                         : toQString(s.hook))));
    offerStarts(s.startFrom.empty() ? QLatin1String("") : toQString(s.startFrom));
    m_layers->setText(layersText(s.layers));
    m_architecture->setCurrentIndex(m_architecture->findData(static_cast<int>(s.architecture)));
    m_expansion->setValue(static_cast<int>(s.expansion));
    m_k->setValue(static_cast<int>(s.k));
    m_lambda->setValue(s.lambda);
    m_lambdaWarmUp->setValue(s.lambdaWarmUp * 100.0);
    m_tokens->setValue(static_cast<int>(std::min<std::int64_t>(s.tokens, kMostTrainingTokens)));
    m_batch->setValue(static_cast<int>(s.batch));
    m_learningRate->setValue(s.learningRate);
    m_warmUp->setValue(s.warmUp * 100.0);
    m_decay->setCurrentIndex(static_cast<int>(s.decay));
    m_deadWindow->setValue(s.deadWindow * 100.0);
    m_restartsDead->setChecked(s.restartsDead);
    m_hasSkip->setChecked(s.hasSkip);
    m_seed->setValue(static_cast<int>(s.seed));
    m_details->fill(s);
    m_measureEvery->setValue(s.measureEvery * 100.0);
    m_sweep->setSweep(s.sweep);
    m_text->setText(plan.text);
    m_textTokens->setValue(
        static_cast<int>(std::min<std::int64_t>(plan.text.tokens, kMostTrainingTokens)));
    m_isFilling = false;
    fieldChanged();
}

void TrainingForm::choosePreset(TrainingPreset preset)
{
    TrainingPlan chosen = plan().value_or(TrainingPlan());
    setPlan(presetPlan(preset, m_session->state().model, chosen));
    m_preset->setCurrentIndex(static_cast<int>(preset));
}

int TrainingForm::presetOf(const TrainingPlan& plan) const
{
    for (int preset = 0; preset < kPresets && m_session->hasModel(); ++preset)
        if (planText(
                presetPlan(static_cast<TrainingPreset>(preset), m_session->state().model, plan))
            == planText(plan))
            return preset;
    return kPresets;
}

void TrainingForm::showWhatApplies()
{
    const auto architecture
        = static_cast<core::TrainedArchitecture>(m_architecture->currentData().toInt());
    core::TrainingSettings shown;
    shown.architecture = architecture;
    const bool hasK = shown.hasK();
    m_details->showWhatApplies(architecture);
    m_sweep->showWhatApplies(architecture);
    const bool isCrossLayer = m_place->currentData().toString() == QLatin1String(kAcrossLayers);
    m_sizeForm->setRowVisible(m_sweep, !isCrossLayer); // all its layers are one
    const bool isAny = !isCrossLayer && m_sweep->sweep().field == "architecture";
    m_sizeForm->setRowVisible(m_k, hasK || isAny);
    m_sizeForm->setRowVisible(m_lambda, !hasK || isAny);
    m_sizeForm->setRowVisible(m_lambdaWarmUp, !hasK || isAny);
    m_learningForm->setRowVisible(m_restartsDead, !hasK);
    m_layers->setEnabled(!isCrossLayer); // it has them all
    if (isCrossLayer && !m_layers->text().isEmpty()) {
        const QSignalBlocker blocker(m_layers);
        m_layers->clear();
    }
    m_learningForm->setRowVisible(m_hasSkip, m_place->currentData().toString().isEmpty());
    const int d_model = m_session->state().model.d_model;
    m_features->setVisible(d_model > 0);
    m_features->setText(
        tr("%1 features on %2 numbers")
            .arg(formatCount(std::int64_t(m_expansion->value()) * d_model), formatCount(d_model)));
}

void TrainingForm::fieldChanged()
{
    if (m_isFilling)
        return;
    showWhatApplies();
    const auto now = plan();
    m_preset->setCurrentIndex(now ? presetOf(*now) : kPresets);
    warnOfRate(now);
    if (now && m_session->hasModel())
        remember(*now);
    m_estimateText.clear();
    m_estimate->setText(m_session->hasModel() ? tr("Estimating …") : QString());
    m_delay.start();
    Q_EMIT changed();
    Q_EMIT edited();
}

void TrainingForm::warnOfRate(const std::optional<TrainingPlan>& now)
{
    const double times
        = now && m_session->hasModel() ? timesUsualRate(*now, m_session->state().model) : 1.0;
    m_rateWarning->say(Notice::Kind::Warning,
        times > kWildRate ? tr("%1 times the usual %2: the loss will most likely run away.")
                                .arg(formatCount(qRound64(times)),
                                    QString::number(now->settings.learningRate / times, 'g', 4))
                          : QString());
}

void TrainingForm::remember(TrainingPlan now)
{
    const double times = timesUsualRate(now, m_session->state().model);
    if (times > kWildRate)
        now.settings.learningRate /= times; // to be tried once, not to begin with
    m_settings->setValue(SettingKey::TrainingPlan, planText(now));
}

void TrainingForm::ask()
{
    if (!layersOf(m_layers->text()))
        return mark({{"layers",
            tr("Write numbers parted by commas, such as “0, 2-4”, or “all”.").toStdString()}});
    const auto now = plan();
    if (!now)
        return mark(
            {{"text", tr("Choose a file or folder, or let the model write.").toStdString()}});
    if (!m_session->hasModel() || m_isLocked)
        return mark({});
    if (!isVisible()) // trials take the engine's time: not for what nobody sees
        return;
    m_session->ask(
        this, core::EstimateTrainingRequest{now->settings, now->text},
        [this](const Shared<core::TrainingEstimate>& estimate) { showEstimate(*estimate); },
        [this](const core::Error& error) {
            mark({{"hook", error.message}});
        });
}

void TrainingForm::showEstimate(const core::TrainingEstimate& estimate)
{
    mark(estimate.problems);
    if (estimate.steps == 0)
        return;
    m_estimateText
        = tr("About %1 here: %2 for the text, %3 of learning (%4 steps). %5 of memory (%6 free), "
             "%7 of disk.")
              .arg(durationText(estimate.textSeconds + estimate.learnSeconds),
                  durationText(estimate.textSeconds), durationText(estimate.learnSeconds),
                  formatCount(estimate.steps), formatBytes(estimate.memoryBytes),
                  formatBytes(estimate.freeBytes), formatBytes(estimate.diskBytes));
    m_estimate->setText(m_estimateText);
}

void TrainingForm::mark(const std::vector<core::TrainingProblem>& problems)
{
    for (const auto& [field, label] : m_labels)
        label->setText(m_titles[field]);
    QStringList lines;
    for (const core::TrainingProblem& problem : problems) {
        const auto label = m_labels.find(problem.field);
        if (label != m_labels.end())
            label->second->setText(QStringLiteral("⚠ ") + m_titles[problem.field]);
        lines << (label != m_labels.end() ? problemInWords(problem, m_titles[problem.field])
                                          : toQString(problem.message));
    }
    m_problemText = lines.join(QLatin1Char('\n'));
    m_problem->say(Notice::Kind::Warning, m_problemText);
    if (!problems.empty() || !m_session->hasModel())
        m_estimate->setText({});
    Q_EMIT edited();
}

void TrainingForm::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_estimateText.isEmpty())
        m_delay.start();
}

QString TrainingForm::problem() const
{
    return m_problemText;
}

QString TrainingForm::estimateText() const
{
    return m_estimateText;
}

void TrainingForm::setLocked(bool isLocked)
{
    if (m_isLocked == isLocked)
        return;
    m_isLocked = isLocked;
    setEnabled(!isLocked);
    if (!isLocked)
        m_delay.start();
}

} // namespace ui
