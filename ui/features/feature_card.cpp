#include "ui/features/feature_card.h"

#include "core/api/logit_histogram.h"
#include "ui/features/compare_features.h"
#include "ui/features/example_list.h"
#include "ui/features/histogram_chart.h"
#include "ui/features/label_editor.h"
#include "ui/features/label_test_line.h"
#include "ui/features/logit_histogram_chart.h"
#include "ui/features/near_features.h"
#include "ui/features/relatives_that_write.h"
#include "ui/features/risen_words_line.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/set_label.h"
#include "ui/shared/table_tools.h"
#include "ui/shared/token_effect_model.h"
#include "ui/shared/token_strip.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kEffectRows = 8;
constexpr QLatin1String kWholeExamples("card-examples");
constexpr QLatin1String kTryText("try-text"); ///< Does not disturb the analysis of the prompt.
constexpr int kEveryFeature = 1'000'000; ///< Enough for all of a short text.

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    makeHeading(label, 2);
    return label;
}

QTableView* barTable(QAbstractItemModel* model, const QString& name, QWidget* parent)
{
    auto* table = new QTableView(parent);
    setUpTable(table, model);
    table->setAccessibleName(name);
    table->setItemDelegateForColumn(1, new BarDelegate(table));
    table->horizontalHeader()->hide();
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return table;
}

QString raisedText(const core::FeatureCard& card)
{
    constexpr std::size_t kShown = 5;
    QStringList tokens;
    for (std::size_t i = 0; i < std::min(kShown, card.raised.size()); ++i)
        tokens << QStringLiteral("%1 %2").arg(visibleToken(card.raised[i].text),
            formatNumber(static_cast<double>(card.raised[i].effect)));
    return FeatureCard::tr("Where it fires it raises: %1").arg(tokens.join(QStringLiteral("  ")));
}

} // namespace

FeatureCard::FeatureCard(
    Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_settings(settings)
    , m_messages(new MessageBar(this))
    , m_stack(new QStackedWidget(this))
{
    m_empty = new EmptyState(tr("No feature chosen"),
        tr("Choose one on the Features page, in the heat map of a prompt, or in a circuit."), this);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeContent());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_stack, 1);

    connect(selection, &Selection::featureChanged, this, &FeatureCard::follow);
    connect(session, &Session::harvested, this, &FeatureCard::follow);
    connect(session, &Session::labelsSuggested, this, &FeatureCard::follow);
    connect(session, &Session::featureChanged, this, [this](const core::FeatureRow& row) {
        if (!m_card || m_card->row.feature != row.feature)
            return;
        auto changed = std::make_shared<core::FeatureCard>(*m_card);
        if (changed->row.label.text != row.label.text)
            changed->personal.reset(); // of the label before
        changed->row.label = row.label;
        m_card = changed;
        m_label->setLabel(row.label, false);
        m_labelTest->setCard(*m_card);
        m_title->setText(featureTitle(m_card->row));
    });
    connect(session, &Session::labelTested, this, [this](const core::TestedLabel& tested) {
        if (!m_card || m_card->row.feature != tested.row.feature)
            return;
        auto changed = std::make_shared<core::FeatureCard>(*m_card);
        changed->row.label = tested.row.label;
        changed->personal = tested.test;
        m_card = changed;
        m_labelTest->setCard(*m_card);
    });
    connect(session, &Session::busyChanged, this, [this](const QString& tag) {
        if (m_card && tag == kTag<core::TestLabelRequest>)
            m_labelTest->setCard(*m_card);
    });
    m_messages->showErrorsOf(session,
        {kTag<core::FeatureCardRequest>, kTag<core::LabelEdit>, kTag<core::TestLabelRequest>,
            kTryText, kTag<core::WritingRelativesRequest>, kTag<core::LabelHistoryRequest>});
    connect(m_labelTest, &LabelTestLine::labelChosen, this, [this](const QString& text) {
        if (!m_card)
            return;
        m_label->commit();
        core::Label after = m_card->row.label;
        after.text = text.toStdString();
        after.source = core::LabelSource::Person;
        m_session->undoStack()->push(
            new SetLabelCommand(m_session, m_card->row.feature, m_card->row.label, after, -1));
    });
    connect(m_label, &LabelEditor::labelEdited, this,
        [this](const core::Label& before, const core::Label& after, int edit) {
            if (m_card)
                m_session->undoStack()->push(
                    new SetLabelCommand(m_session, m_card->row.feature, before, after, edit));
        });
    follow();
}

QWidget* FeatureCard::makeContent()
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget(scroll);
    auto* layout = new QVBoxLayout(content);
    setPagePadding(layout, this);
    layout->addWidget(makeHeader(content));
    m_numbers = new QLabel(content);
    m_numbers->setWordWrap(true);
    m_numbers->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_numbers);
    m_notHarvested = new QLabel(tr("Not harvested yet: density, histogram, promoted tokens, "
                                   "examples and nearest features come with a "
                                   "harvest (Models page)."),
        content);
    m_notHarvested->setWordWrap(true);
    makeSubtle(m_notHarvested);
    layout->addWidget(m_notHarvested);
    m_histogram = new HistogramChart(content);
    m_histogram->setFixedHeight(em(this) * 9);
    layout->addWidget(m_histogram);
    m_effects = makeEffects(content);
    layout->addWidget(m_effects);
    m_risen = new RisenWordsLine(m_session, content);
    layout->addWidget(m_risen);
    m_logits = new LogitHistogramChart(content);
    m_logits->hide();
    layout->addWidget(m_logits);
    layout->addWidget(heading(tr("Try your own text"), content));
    layout->addWidget(makeTrial(content));
    m_examplesTitle = heading(tr("Examples by activation"), content);
    layout->addWidget(m_examplesTitle);
    m_examples = new ExampleList(m_session, m_settings, kWholeExamples, content);
    layout->addWidget(m_examples);
    connect(m_examples, &ExampleList::exampleChosen, this, [this](const QString& text) {
        m_trialText->setText(text);
        tryText();
        m_trialText->setFocus();
    });
    m_near = new NearFeatures(m_session, m_selection, content);
    connect(m_near, &NearFeatures::compareRequested, this, &FeatureCard::compareWith);
    layout->addWidget(m_near);
    layout->addStretch(1);
    scroll->setWidget(content);
    return scroll;
}

QWidget* FeatureCard::makeHeader(QWidget* parent)
{
    auto* header = new QWidget(parent);
    auto* layout = new QVBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    m_title = new QLabel(header);
    makeHeading(m_title, 1);
    m_title->setWordWrap(true);
    m_title->setTextFormat(Qt::PlainText);
    m_place = new QLabel(header);
    makeSubtle(m_place);
    m_place->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_badge = new QLabel(header);
    m_badge->setObjectName(QStringLiteral("outputBadge"));
    m_badge->setFrameShape(QFrame::StyledPanel);
    m_badge->setMargin(gap(this) / 2);
    m_steer = new QPushButton(icon(Icon::Steer), tr("&Steer"), header);
    m_steer->setObjectName(QStringLiteral("steerButton"));
    connect(m_steer, &QPushButton::clicked, this, [this] {
        if (m_card)
            Q_EMIT steerRequested(m_card->row.feature);
    });
    auto* copy = new QPushButton(icon(Icon::Copy), tr("&Copy"), header);
    copy->setObjectName(QStringLiteral("copyButton"));
    copy->setToolTip(tr("Copy the whole card as text"));
    connect(copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    m_label = new LabelEditor(header);
    m_labelTest = new LabelTestLine(m_session, header);
    m_relatives = new RelativesThatWrite(m_session, header);
    connect(m_relatives, &RelativesThatWrite::steerRequested, this, &FeatureCard::steerRequested);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_steer);
    buttons->addWidget(copy);
    buttons->addStretch(1);
    addWays(buttons, header);
    layout->addWidget(m_title);
    auto* place = new QHBoxLayout;
    place->addWidget(m_place);
    place->addWidget(m_badge);
    place->addStretch(1);
    layout->addLayout(place);
    layout->addLayout(buttons);
    layout->addWidget(m_relatives);
    layout->addWidget(m_label);
    layout->addWidget(m_labelTest);
    return header;
}

void FeatureCard::addWays(QHBoxLayout* buttons, QWidget* parent)
{
    const auto button
        = [&](Qt::ArrowType arrow, const char* name, const QString& what, const QString& keys) {
              auto* made = new QToolButton(parent);
              made->setArrowType(arrow);
              made->setAutoRaise(true);
              made->setObjectName(QLatin1String(name));
              made->setAccessibleName(what);
              made->setToolTip(QStringLiteral("%1 (%2)").arg(what, keys));
              buttons->addWidget(made);
              return made;
          };
    auto* back
        = button(Qt::LeftArrow, "goBack", tr("Back to the feature chosen before"), tr("Alt+Left"));
    auto* forward = button(Qt::RightArrow, "goForward", tr("Forward again"), tr("Alt+Right"));
    auto* previous
        = button(Qt::UpArrow, "previousFeature", tr("Previous feature of the list"), tr("Alt+Up"));
    auto* next
        = button(Qt::DownArrow, "nextFeature", tr("Next feature of the list"), tr("Alt+Down"));
    connect(back, &QToolButton::clicked, m_selection, &Selection::goBack);
    connect(forward, &QToolButton::clicked, m_selection, &Selection::goForward);
    connect(previous, &QToolButton::clicked, this, [this] { Q_EMIT stepRequested(-1); });
    connect(next, &QToolButton::clicked, this, [this] { Q_EMIT stepRequested(1); });
    const auto show = [this, back, forward] {
        back->setEnabled(m_selection->canGoBack());
        forward->setEnabled(m_selection->canGoForward());
    };
    connect(m_selection, &Selection::historyChanged, this, show);
    show();
}

QWidget* FeatureCard::makeEffects(QWidget* parent)
{
    auto* effects = new QWidget(parent);
    auto* all = new QVBoxLayout(effects);
    all->setContentsMargins(0, 0, 0, 0);
    auto* layout = new QHBoxLayout;
    all->addLayout(layout);
    const auto column = [&](const QString& title, TokenEffectModel*& model, QTableView*& table) {
        model
            = new TokenEffectModel(tr("Effect"), tr("on the logit, per unit of activation"), this);
        auto* box = new QVBoxLayout;
        box->addWidget(heading(title, effects));
        table = barTable(model, title, effects);
        box->addWidget(table);
        layout->addLayout(box, 1);
    };
    column(tr("+ Promotes"), m_positive, m_positiveTable);
    column(tr("− Suppresses"), m_negative, m_negativeTable);
    m_raised = new QLabel(effects);
    m_raised->setObjectName(QStringLiteral("raised"));
    m_raised->setWordWrap(true);
    m_raised->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_raised->setToolTip(tr("How many logits these tokens lose when the feature is taken out where "
                            "it fires, on average; later layers are included. Measured where the "
                            "direction alone, above, names no token clearly."));
    all->addWidget(m_raised);
    return effects;
}

QWidget* FeatureCard::makeTrial(QWidget* parent)
{
    auto* trial = new QWidget(parent);
    auto* layout = new QVBoxLayout(trial);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    m_trialText = new QLineEdit(trial);
    m_trialText->setObjectName(QStringLiteral("trialText"));
    m_trialText->setPlaceholderText(tr("Type a text and press Enter"));
    m_trialText->setAccessibleName(tr("Text to try this feature on"));
    m_trialText->setClearButtonEnabled(true);
    m_trialStrip = new TokenStrip(trial);
    m_trialStrip->setObjectName(QStringLiteral("trialStrip"));
    m_trialNote = new QLabel(trial);
    m_trialNote->setWordWrap(true);
    makeSubtle(m_trialNote);
    m_trialStrip->hide();
    m_trialNote->hide();
    connect(m_trialText, &QLineEdit::returnPressed, this, &FeatureCard::tryText);
    layout->addWidget(m_trialText);
    layout->addWidget(m_trialStrip);
    layout->addWidget(m_trialNote);
    return trial;
}

void FeatureCard::focusLabel()
{
    m_label->findChild<QLineEdit*>()->setFocus();
}

void FeatureCard::follow()
{
    m_messages->clear();
    if (m_selection->feature())
        m_session->ask(this, core::FeatureCardRequest{*m_selection->feature()},
            [this](Shared<core::FeatureCard> card) { showCard(std::move(card)); });
    else
        m_stack->setCurrentWidget(m_empty);
}

void FeatureCard::showCard(Shared<core::FeatureCard> card)
{
    const bool isAnother = !m_card || m_card->row.feature != card->row.feature;
    if (isAnother)
        m_label->commit(); // what was typed belongs to the feature that was shown until now
    m_card = std::move(card);
    const core::FeatureRow& row = m_card->row;
    const bool isHarvested = m_card->harvestedTokens > 0;
    m_title->setText(featureTitle(row));
    m_place->setText(
        tr("%1 · %2").arg(featureName(row.feature, row.layer), toQString(row.feature.dictionary)));
    m_label->setLabel(row.label, isAnother);
    m_labelTest->setCard(*m_card);
    // A name that an older program or a file brought, or whose test another name's stopped.
    if (row.label.source == core::LabelSource::Person && isHarvested && !m_card->personal)
        m_session->testLabel(row.feature);
    QString numbers = tr("Fires on %1 of %2 tokens · mean %3 · max %4")
                          .arg(formatPercent(row.density), formatCount(m_card->harvestedTokens),
                              formatNumber(static_cast<double>(m_card->meanActivation)),
                              formatNumber(static_cast<double>(row.maxActivation)));
    if (row.outputScore)
        numbers += tr(" · output score %1").arg(formatNumber(*row.outputScore, 2));
    m_numbers->setText(numbers);
    m_numbers->setToolTip(row.outputScore ? outputScoreExplained() : QString());
    m_badge->setText(readsOrWrites(row));
    m_badge->setVisible(row.outputScore.has_value());
    m_badge->setToolTip(m_numbers->toolTip());
    QFont badgeFont = font();
    badgeFont.setBold(row.writes());
    m_badge->setFont(badgeFont);
    m_steer->setToolTip(row.onlyReads()
            ? tr("Change this feature while the model writes. It reads more than it writes: "
                 "expect little.")
            : tr("Change this feature while the model writes"));
    m_relatives->setFeature(row);
    m_risen->setFeature(row);
    m_numbers->setVisible(isHarvested);
    m_histogram->setVisible(isHarvested);
    m_notHarvested->setVisible(!isHarvested);
    m_histogram->setHistogram(m_card->histogram, static_cast<double>(row.maxActivation));
    m_positive->setEffects(m_card->positiveLogits);
    m_negative->setEffects(m_card->negativeLogits);
    m_raised->setText(raisedText(*m_card));
    m_raised->setVisible(!m_card->raised.empty());
    fitHeightToRows(m_positiveTable, kEffectRows);
    fitHeightToRows(m_negativeTable, kEffectRows);
    m_examples->setCard(m_card);
    m_examplesTitle->setVisible(m_examples->exampleCount() > 0);
    m_effects->setVisible(!m_card->positiveLogits.empty() || !m_card->negativeLogits.empty());
    m_near->setCard(m_card);
    if (isAnother)
        m_logits->hide();
    askForLogits(); // also for the same feature: a model of other weights may have come
    m_stack->setCurrentIndex(1);
    if (isAnother && !m_trialText->text().isEmpty())
        tryText();
}

void FeatureCard::askForLogits()
{
    if (!m_session->dictionary(m_card->row.feature.dictionary))
        return m_logits->hide(); // its weights are not at hand
    m_session->ask(
        this, core::LogitHistogramRequest{m_card->row.feature},
        [this](const Shared<core::LogitHistogram>& histogram) {
            if (!m_card || m_card->row.feature != histogram->feature)
                return;
            m_logits->setHistogram(*histogram);
            m_logits->setVisible(!histogram->counts.empty());
        },
        [this](const core::Error&) { m_logits->hide(); }); // the card says enough without it
}

void FeatureCard::compareWith(const core::FeatureRef& other)
{
    if (!m_card)
        return;
    auto* dialog = new CompareFeatures(m_session, m_settings, m_card->row.feature, other, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void FeatureCard::tryText()
{
    m_trialStrip->hide();
    m_trialNote->hide();
    if (!m_card || m_trialText->text().isEmpty())
        return;
    const core::FeatureRef& feature = m_card->row.feature;
    m_session->ask(this, kTryText,
        core::AnalyzeRequest{
            m_trialText->text().toStdString(), {feature.dictionary}, kEveryFeature},
        [this, feature](
            const Shared<core::PromptAnalysis>& analysis) { showTrial(feature, analysis); });
}

void FeatureCard::showTrial(
    const core::FeatureRef& feature, const Shared<core::PromptAnalysis>& analysis)
{
    if (!m_card || m_card->row.feature != feature)
        return;
    std::vector<StripToken> tokens;
    for (std::size_t i = 0; i < analysis->tokens.size(); ++i)
        tokens.push_back(
            {.text = toQString(analysis->tokens[i].text), .isSpecial = analysis->hasBos && i == 0});
    float peak = 0.0f;
    for (const core::DictionaryAnalysis& dictionary : analysis->dictionaries) {
        for (const core::FeatureTrace& trace : dictionary.features) {
            if (trace.row.feature != feature)
                continue;
            peak = trace.peak;
            for (std::size_t i = 0; i < tokens.size() && i < trace.activations.size(); ++i)
                tokens[i].value = static_cast<double>(trace.activations[i]);
        }
    }
    m_trialStrip->setScale(
        TokenStrip::Scale::Sequential, static_cast<double>(m_card->row.maxActivation));
    m_trialStrip->setTokens(std::move(tokens));
    m_trialStrip->show();
    const QString found = peak != 0.0f
        ? tr("Strongest activation %1; the darkest colour is the harvest's maximum, %2.")
              .arg(formatNumber(static_cast<double>(peak)),
                  formatNumber(static_cast<double>(m_card->row.maxActivation)))
        : tr("It does not fire on this text.");
    m_trialNote->setText(withNote(found, analysis->note));
    m_trialNote->show();
}

QString FeatureCard::toText() const
{
    if (!m_card)
        return {};
    QString text = QStringLiteral("%1\n%2\n").arg(m_title->text(), m_place->text());
    if (!m_card->row.label.notes.empty())
        text += toQString(m_card->row.label.notes) + QLatin1Char('\n');
    if (!m_labelTest->text().isEmpty())
        text += m_labelTest->text() + QLatin1Char('\n');
    text += m_numbers->text() + tr("\n\nPromotes\n") + m_positive->toTable() + tr("\nSuppresses\n")
        + m_negative->toTable();
    if (!m_card->raised.empty())
        text += m_raised->text() + QLatin1Char('\n');
    text += tr("\nExamples\n");
    for (const core::ExampleInterval& interval : m_card->intervals) {
        for (const core::FeatureExample& example : interval.examples) {
            for (const std::string& token : example.tokens)
                text += toQString(token);
            text += QLatin1Char('\n');
        }
    }
    return text;
}

} // namespace ui
