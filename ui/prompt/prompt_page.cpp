#include "ui/prompt/prompt_page.h"

#include "ui/prompt/architecture_diagram.h"
#include "ui/prompt/heat_map.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/prompt_line.h"
#include "ui/shared/table_tools.h"
#include "ui/shared/token_effect_model.h"
#include "ui/shared/token_strip.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QShortcut>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kHeatMapRows = 200;
enum ColorBy { ByFeature, ByLoss };
} // namespace

PromptPage::PromptPage(Session* session, Selection* selection, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_messages(new MessageBar(this))
    , m_stack(new QStackedWidget(this))
{
    auto* layout = new QVBoxLayout(this);
    setPagePadding(layout, this);
    layout->addWidget(makeInput());
    auto* empty = new EmptyState(tr("Nothing analysed yet"),
        tr("Type a prompt above. You will see which features fire on which token, "
           "and what the model expects next."),
        this);
    m_stack->addWidget(empty);
    m_stack->addWidget(makeResult());
    layout->addWidget(m_stack, 1);
    m_messages->lieOver(m_stack);

    m_delay.setSingleShot(true);
    m_delay.setInterval(kTypingDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &PromptPage::analyzeNow);
    connect(session, &Session::stateChanged, this, &PromptPage::refreshDictionaries);
    m_messages->showErrorsOf(
        session, {kTag<core::AnalyzeRequest>, kTag<core::ArchitectureRequest>});
    connect(selection, &Selection::featureChanged, this, &PromptPage::followFeature);
    connect(selection, &Selection::positionChanged, this, &PromptPage::followPosition);
    connect(selection, &Selection::dictionaryChanged, this, [this](const std::string& name) {
        const int at = m_dictionary->findData(toQString(name));
        if (at >= 0 && at != m_dictionary->currentIndex()) {
            m_dictionary->setCurrentIndex(at);
            showDictionary();
        }
    });
    refreshDictionaries();
}

QWidget* PromptPage::makeInput()
{
    auto* input = new QWidget(this);
    auto* layout = new QVBoxLayout(input);
    layout->setContentsMargins(0, 0, 0, 0);
    m_text = new QPlainTextEdit(input);
    m_text->setObjectName(QStringLiteral("promptText"));
    m_text->setPlaceholderText(
        tr("Type a prompt, for example: The capital of the state containing Dallas is"));
    m_text->setAccessibleName(tr("Prompt"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(em(this) * 3 + pad(this));
    layout->addWidget(m_text);
    m_line = new PromptLine(m_session, m_text, input);
    m_line->follow(kTag<core::AnalyzeRequest>, tr("Progress of the analysis"));
    layout->addWidget(m_line);
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        m_messages->dismiss(kTag<core::AnalyzeRequest>); // it spoke of another prompt
        updateStale();
        m_delay.start();
        Q_EMIT changed();
    });
    auto* now = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return), m_text);
    now->setContext(Qt::WidgetShortcut);
    now->setWhatsThis(tr("Analyse the prompt now"));
    connect(now, &QShortcut::activated, this, &PromptPage::analyzeNow);

    auto* row = new QHBoxLayout;
    m_dictionary = new QComboBox(input);
    m_dictionary->setObjectName(QStringLiteral("promptDictionary"));
    m_dictionary->setAccessibleName(tr("Dictionary"));
    m_dictionary->setToolTip(tr("The dictionary whose features are shown"));
    m_dictionary->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_colorBy = new QComboBox(input);
    m_colorBy->addItems({tr("Colour tokens by the chosen feature"), tr("Colour tokens by loss")});
    m_colorBy->setAccessibleName(tr("Colour tokens by"));
    m_colorBy->setToolTip(
        tr("Loss: −ln of the probability that the model gave each token, in nats"));
    auto* run = new QPushButton(icon(Icon::Play), tr("&Analyse"), input);
    run->setObjectName(QStringLiteral("analyzeButton"));
    run->setToolTip(tr("Run the model on the prompt (Ctrl+Enter)"));
    row->addWidget(m_dictionary);
    row->addWidget(m_colorBy);
    row->addStretch(1);
    row->addWidget(run);
    layout->addLayout(row);
    connect(run, &QPushButton::clicked, this, &PromptPage::analyzeNow);
    connect(m_colorBy, &QComboBox::activated, this, &PromptPage::colorTokens);
    connect(m_dictionary, &QComboBox::activated, this, [this] {
        m_selection->setDictionary(m_dictionary->currentData().toString().toStdString());
        showDictionary();
    });
    return input;
}

QWidget* PromptPage::makeResult()
{
    auto* result = new QWidget(this);
    auto* layout = new QVBoxLayout(result);
    layout->setContentsMargins(0, 0, 0, 0);
    m_caption = new QLabel(result);
    m_caption->setObjectName(QStringLiteral("promptCaption"));
    m_caption->setWordWrap(true);
    makeSubtle(m_caption);
    m_strip = new TokenStrip(result);
    m_strip->setObjectName(QStringLiteral("promptStrip"));
    m_strip->setAccessibleName(tr("Tokens of the prompt"));
    m_strip->setMaximumLines(6);
    layout->addWidget(m_strip);
    layout->addWidget(m_caption);
    connect(m_strip, &TokenStrip::currentChanged, this,
        [this](int index) { m_selection->setPosition(core::Position(index)); });

    m_heatMap = new HeatMap(result);
    m_heatMap->setObjectName(QStringLiteral("heatMap"));
    m_heatMap->setToolTip(
        tr("Rows are features, strongest first; columns are tokens. The strongest colour of a row "
           "is the feature's maximum over the harvest"));
    m_heatMap->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy as table"), m_heatMap);
    m_heatMap->addAction(copy);
    connect(copy, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(m_heatMap->toTable()); });
    connect(m_heatMap, &HeatMap::currentChanged, this, [this](int row, int column) {
        if (column >= 0)
            m_selection->setPosition(core::Position(column));
        m_selection->setFeature(m_rows[static_cast<std::size_t>(row)]);
    });
    m_heatNote = new QLabel(result);
    m_heatNote->setObjectName(QStringLiteral("heatNote"));
    m_heatNote->setWordWrap(true);
    makeSubtle(m_heatNote);
    m_heatNote->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    connect(m_heatNote, &QLabel::linkActivated, this, &PromptPage::trainRequested);
    auto* heat = new QWidget(result);
    auto* heatLayout = new QVBoxLayout(heat);
    heatLayout->addWidget(m_heatMap, 1);
    heatLayout->addWidget(m_heatNote);

    m_diagram = new ArchitectureDiagram(result);
    m_diagram->setObjectName(QStringLiteral("architecture"));
    m_diagram->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* copyDiagram = new QAction(icon(Icon::Copy), tr("Copy values as table"), m_diagram);
    auto* copyPicture = new QAction(icon(Icon::Copy), tr("Copy picture"), m_diagram);
    m_diagram->addActions({copyDiagram, copyPicture});
    connect(copyDiagram, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(m_diagram->toTable()); });
    connect(copyPicture, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setPixmap(m_diagram->grab()); });
    connect(m_diagram, &ArchitectureDiagram::featureChosen, m_selection, &Selection::setFeature);
    m_diagramNote = new QLabel(result);
    m_diagramNote->setWordWrap(true);
    makeSubtle(m_diagramNote);
    auto* diagram = new QWidget(result);
    auto* diagramLayout = new QVBoxLayout(diagram);
    diagramLayout->addWidget(m_diagramNote);
    // Where the window is narrow it is scrolled, never squeezed until its words meet.
    auto* scroll = new QScrollArea(diagram);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(m_diagram);
    diagramLayout->addWidget(scroll, 1);

    m_tabs = new QTabWidget(result);
    m_tabs->addTab(heat, tr("Features × tokens"));
    m_tabs->addTab(diagram, tr("Architecture at the chosen token"));
    connect(m_tabs, &QTabWidget::currentChanged, this, &PromptPage::requestArchitecture);

    m_next = new TokenEffectModel(tr("Probability"), tr("probability"), this);
    m_nextTable = new QTableView(result);
    setUpTable(m_nextTable, m_next);
    m_nextTable->setObjectName(QStringLiteral("nextTokens"));
    m_nextTable->setAccessibleName(tr("Next tokens"));
    m_nextTable->setItemDelegateForColumn(1, new BarDelegate(m_nextTable));
    m_nextTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_nextTitle = new QLabel(tr("Next token"), result);
    makeHeading(m_nextTitle, 2);
    auto* side = new QWidget(result);
    side->setFixedWidth(ex(this) * 28);
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(0, 0, 0, 0);
    sideLayout->addWidget(m_nextTitle);
    sideLayout->addWidget(m_nextTable, 1);

    auto* row = new QHBoxLayout;
    row->addWidget(m_tabs, 1);
    row->addWidget(side);
    layout->addLayout(row, 1);
    return result;
}

QString PromptPage::prompt() const
{
    return m_text->toPlainText();
}

void PromptPage::setPrompt(const QString& text)
{
    m_text->setPlainText(text);
    analyzeNow();
}

void PromptPage::save(core::SavedSession& session) const
{
    session.prompt = prompt().toStdString();
    if (m_step && std::get<core::AnalyzeRequest>(m_step->request).text == session.prompt)
        session.steps.push_back(*m_step);
}

void PromptPage::restore(const core::SavedSession& session)
{
    m_step = core::stepOf<core::AnalyzeRequest>(session);
    if (prompt() != toQString(session.prompt))
        m_text->setPlainText(toQString(session.prompt));
}

std::string PromptPage::dictionaryName() const
{
    return m_dictionary->currentData().toString().toStdString();
}

void PromptPage::showArchitecture(bool isShown)
{
    m_tabs->setCurrentIndex(isShown ? 1 : 0);
}

void PromptPage::analyzeNow()
{
    m_delay.stop();
    if (prompt().isEmpty()) {
        m_stack->setCurrentIndex(0);
        updateStale();
        return;
    }
    if (!m_session->hasModel()) {
        if (!m_session->isBusy(kTag<core::OpenModelRequest>))
            m_messages->showMessage(
                MessageBar::Kind::Warning, tr("Open a model first (Models page)."));
        return;
    }
    core::AnalyzeRequest request;
    request.text = prompt().toStdString();
    request.topFeatures = kHeatMapRows;
    m_session->ask(this, request,
        [this](Shared<core::PromptAnalysis> analysis) { showAnalysis(std::move(analysis)); });
}

void PromptPage::refreshDictionaries()
{
    const QString chosen = m_dictionary->currentData().toString();
    m_dictionary->clear();
    for (const core::DictionaryInfo& info : m_session->state().dictionaries)
        m_dictionary->addItem(toQString(info.name), toQString(info.name));
    int at = m_dictionary->findData(toQString(m_selection->dictionary()));
    if (at < 0)
        at = m_dictionary->findData(chosen);
    if (at < 0) // a middle layer says more than the first
        at = m_dictionary->count() / 2;
    m_dictionary->setCurrentIndex(m_dictionary->count() > 0 ? std::max(0, at) : -1);
    m_dictionary->setEnabled(m_dictionary->count() > 0);
    m_messages->clear();
    m_analysis.reset(); // of another model, or without the new dictionaries
    m_stack->setCurrentIndex(0);
    updateStale();
    if (!prompt().isEmpty())
        analyzeNow();
}

void PromptPage::showAnalysis(Shared<core::PromptAnalysis> analysis)
{
    m_messages->clear();
    m_analysis = std::move(analysis);
    m_step = {m_analysis->request, m_analysis, {}};
    if (m_selection->position().value >= countOf(m_analysis->tokens)
        || !m_selection->position().isValid())
        m_selection->setPosition(core::Position(countOf(m_analysis->tokens) - 1));
    m_stack->setCurrentIndex(m_analysis->tokens.empty() ? 0 : 1);
    updateStale();
    showDictionary();
    showNext();
}

void PromptPage::updateStale()
{
    m_line->setStale(m_analysis && m_stack->currentIndex() == 1
        && m_analysis->request.text != prompt().toStdString());
}

const core::DictionaryAnalysis* PromptPage::currentAnalysis() const
{
    if (!m_analysis)
        return nullptr;
    const std::string name = m_dictionary->currentData().toString().toStdString();
    for (const core::DictionaryAnalysis& dictionary : m_analysis->dictionaries) {
        if (dictionary.dictionary == name)
            return &dictionary;
    }
    return nullptr;
}

void PromptPage::showDictionary()
{
    m_rows.clear();
    std::vector<QString> columns;
    std::vector<HeatMapRow> rows;
    const core::DictionaryAnalysis* dictionary = currentAnalysis();
    if (dictionary) {
        for (const core::TokenInfo& token : m_analysis->tokens)
            columns.push_back(visibleToken(token.text));
        for (const core::FeatureTrace& trace : dictionary->features) {
            rows.push_back({.title = numberedTitle(trace.row),
                .detail = tr("peak %1 here, %2 over the harvest")
                              .arg(formatNumber(static_cast<double>(trace.peak)),
                                  formatNumber(static_cast<double>(trace.row.maxActivation))),
                .values = trace.activations,
                .scale
                = static_cast<double>(std::max(trace.peak, std::fabs(trace.row.maxActivation)))});
            m_rows.push_back(trace.row.feature);
        }
        const auto hidden
            = dictionary->activeFeatures - static_cast<std::int64_t>(dictionary->features.size());
        m_heatNote->setText(hidden > 0
                ? tr("The strongest %1 of %2 active features; %3 weaker ones are not shown.")
                      .arg(formatCount(countOf(dictionary->features)),
                          formatCount(dictionary->activeFeatures), formatCount(hidden))
                : tr("All %1 features that fire on this prompt. Each row's strongest colour is "
                     "that feature's "
                     "maximum.")
                      .arg(formatCount(dictionary->activeFeatures)));
    } else {
        m_heatNote->setText(tr("No dictionary is open: add one on the Models page, or make one on "
                               "the <a href=\"train\">Train page</a>."));
    }
    m_heatMap->setData(std::move(columns), std::move(rows));
    std::vector<StripToken> tokens;
    if (m_analysis) {
        for (std::size_t i = 0; i < m_analysis->tokens.size(); ++i)
            tokens.push_back({.text = toQString(m_analysis->tokens[i].text),
                .isSpecial = m_analysis->hasBos && i == 0});
    }
    m_strip->setTokens(std::move(tokens));
    followFeature();
    followPosition();
}

void PromptPage::followFeature()
{
    const int row = m_selection->feature()
        ? static_cast<int>(
            std::find(m_rows.begin(), m_rows.end(), *m_selection->feature()) - m_rows.begin())
        : -1;
    m_heatMap->setCurrent(row < countOf(m_rows) ? row : -1, m_selection->position().value);
    m_diagram->setCurrentFeature(
        m_selection->feature() ? m_selection->feature()->feature : core::FeatureId{});
    colorTokens();
}

void PromptPage::colorTokens()
{
    if (!m_analysis)
        return;
    if (m_colorBy->currentIndex() == ByLoss) {
        m_strip->setScale(TokenStrip::Scale::Sequential, 0.0, tr("nats"));
        m_strip->setValues(m_analysis->tokenLoss);
        double sum = 0.0;
        for (const float loss : m_analysis->tokenLoss)
            sum += static_cast<double>(loss);
        const int scored = std::max(1, countOf(m_analysis->tokenLoss) - 1);
        showCaption(tr("Loss per token; mean %1 nats.").arg(formatNumber(sum / scored)));
        return;
    }
    const core::DictionaryAnalysis* dictionary = currentAnalysis();
    const int row = m_heatMap->currentRow();
    if (!dictionary || row < 0) {
        m_strip->setValues({});
        showCaption(!m_selection->feature()
                ? tr("Choose a feature below to colour the tokens by it.")
                : tr("The chosen feature is not among those shown below."));
        return;
    }
    const core::FeatureTrace& trace = dictionary->features[static_cast<std::size_t>(row)];
    m_strip->setScale(
        TokenStrip::Scale::Sequential, static_cast<double>(trace.peak), tr("activation"));
    m_strip->setValues(trace.activations);
    showCaption(tr("Coloured by %1 (%2), peak %3.")
                    .arg(featureTitle(trace.row), featureName(trace.row.feature, trace.row.layer),
                        formatNumber(static_cast<double>(trace.peak))));
}

void PromptPage::showCaption(const QString& text)
{
    m_caption->setText(withNote(text, m_analysis->note));
}

void PromptPage::followPosition()
{
    m_strip->setCurrent(m_selection->position().value);
    m_heatMap->setCurrent(m_heatMap->currentRow(), m_selection->position().value);
    requestArchitecture();
}

void PromptPage::requestArchitecture()
{
    if (m_tabs->currentIndex() != 1 || !m_analysis || m_dictionary->currentIndex() < 0)
        return;
    const int position = m_selection->position().value;
    if (position < 0 || position >= countOf(m_analysis->tokens))
        return;
    m_session->ask(this,
        core::ArchitectureRequest{
            m_analysis->request.text, dictionaryName(), core::Position(position)},
        [this](const Shared<core::ArchitectureView>& view) { showArchitectureView(view); });
}

void PromptPage::showArchitectureView(const Shared<core::ArchitectureView>& view)
{
    m_diagram->setView(view);
    m_diagramNote->setText(
        tr("%1 at token %2, “%3”: %4 → %5 features → %6")
            .arg(toQString(view->dictionary.name))
            .arg(view->request.position.value)
            .arg(visibleToken(view->token))
            .arg(formatCount(view->dictionary.d_in), formatCount(view->dictionary.d_sae),
                formatCount(
                    view->dictionary.d_out > 0 ? view->dictionary.d_out : view->dictionary.d_in)));
}

void PromptPage::showNext()
{
    std::vector<core::LogitEffect> next;
    for (const core::NextToken& token : m_analysis->next)
        next.push_back({token.id, token.text, token.probability});
    m_next->setEffects(std::move(next), 1.0);
}

} // namespace ui
