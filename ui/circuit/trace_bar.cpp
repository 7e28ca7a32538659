#include "ui/circuit/trace_bar.h"

#include "core/api/compare_graphs.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/circuit_settings.h"
#include "ui/shared/prompt_line.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <algorithm>
#include <iterator>

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

// Two prompts are traced to be compared, under the tag of the comparison.
constexpr QLatin1String kTracingTags[]{kTag<core::TraceRequest>, kTag<core::CompareGraphsRequest>};

} // namespace

TraceBar::TraceBar(CircuitDocument* document, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
{
    QWidget* row = makeRow();
    m_settings = new CircuitSettings(document, settings, this);
    m_settings->hide();
    m_line = new PromptLine(document->session(), m_prompt, this);
    m_line->setForm(core::PromptForm::Traced);
    for (const QLatin1String tag : kTracingTags)
        m_line->follow(tag, tr("Progress of tracing"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(row);
    column->addWidget(m_line);
    column->addWidget(m_settings);
    connect(m_explain, &QToolButton::toggled, this, [this](bool isOpen) {
        m_explain->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
        m_settings->setVisible(isOpen);
    });
    connect(m_settings, &CircuitSettings::changed, this, &TraceBar::updateButtons);
    connect(document, &CircuitDocument::statusChanged, this, &TraceBar::updateButtons);
    connect(document, &CircuitDocument::promptChanged, this, [this] {
        if (m_prompt->text() != m_document->prompt())
            m_prompt->setText(m_document->prompt());
        updateStale();
    });
    connect(document, &CircuitDocument::graphChanged, this, &TraceBar::updateStale);
    document->setPrompt(m_prompt->text());
    updateButtons();
}

QWidget* TraceBar::makeRow()
{
    auto* box = new QWidget(this);
    m_prompt = new QLineEdit(QStringLiteral("The capital of the state containing Dallas is"), box);
    m_prompt->setObjectName(QStringLiteral("circuitPrompt"));
    m_prompt->setAccessibleName(tr("Prompt to trace"));
    m_prompt->setPlaceholderText(tr("A prompt whose next token is to be explained"));
    m_explain = new QToolButton(box);
    m_explain->setObjectName(QStringLiteral("explainButton"));
    m_explain->setText(tr("What to e&xplain"));
    m_explain->setCheckable(true);
    m_explain->setArrowType(Qt::RightArrow);
    m_explain->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_explain->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    m_trace = new QPushButton(icon(Icon::Play), tr("&Trace"), box);
    m_trace->setObjectName(QStringLiteral("traceButton"));
    m_trace->setToolTip(tr("Find the features that led the model to its next token (Enter)"));
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_prompt, 1);
    row->addWidget(m_explain);
    row->addWidget(m_trace);
    connect(m_prompt, &QLineEdit::textChanged, m_document, &CircuitDocument::setPrompt);
    connect(
        m_prompt, &QLineEdit::returnPressed, this, [this] { m_document->trace(m_prompt->text()); });
    connect(m_trace, &QPushButton::clicked, this, &TraceBar::traceOrStop);
    return box;
}

bool TraceBar::isTracing() const
{
    return std::any_of(std::begin(kTracingTags), std::end(kTracingTags),
        [this](QLatin1String tag) { return m_document->session()->isBusy(tag); });
}

void TraceBar::traceOrStop()
{
    if (!isTracing())
        return m_document->trace(m_prompt->text());
    for (const QLatin1String tag : kTracingTags)
        if (m_document->session()->isBusy(tag))
            m_document->session()->cancel(tag);
}

void TraceBar::updateStale()
{
    const CircuitDocument::Graph& graph = m_document->graph();
    m_line->setStale(
        graph && !graph->prompt.empty() && toQString(graph->prompt) != m_document->prompt());
}

void TraceBar::updateButtons()
{
    const bool isStop = isTracing();
    m_trace->setText(isStop ? tr("S&top") : tr("&Trace"));
    m_trace->setIcon(icon(isStop ? Icon::Stop : Icon::Play));
    const QString summary = m_settings->summary();
    m_explain->setToolTip(summary.isEmpty()
            ? tr("Which tokens a graph explains, through which dictionaries, and what it may take")
            : summary);
    m_explain->setText(
        summary.isEmpty() ? tr("What to e&xplain") : tr("What to e&xplain (changed)"));
}

} // namespace ui
