#include "ui/circuit/circuit_interventions.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/intervention_options.h"
#include "ui/circuit/intervention_result.h"
#include "ui/circuit/node_edit_list.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace ui {

namespace {

QStringList textsOf(const std::vector<NodeEdit>& edits)
{
    QStringList texts;
    for (const NodeEdit& edit : edits)
        texts << editText(edit);
    return texts;
}

} // namespace

CircuitInterventions::CircuitInterventions(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_list(new NodeEditList(document, this))
    , m_options(new InterventionOptions(this))
    , m_run(new QPushButton(this))
    , m_result(new InterventionResult(this))
{
    m_run->setObjectName(QStringLiteral("runEdits"));
    auto* left = new QWidget(this);
    auto* row = new QHBoxLayout;
    row->addWidget(m_options, 1);
    row->addWidget(m_run);
    auto* leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(gap(this));
    leftColumn->addWidget(m_list, 1);
    leftColumn->addLayout(row);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(left);
    splitter->addWidget(m_result);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->addWidget(splitter);
    connect(m_run, &QPushButton::clicked, this, &CircuitInterventions::runOrStop);
    connect(m_result->copyButton(), &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    connect(m_list, &NodeEditList::changed, this, &CircuitInterventions::updateButtons);
    connect(document, &CircuitDocument::statusChanged, this, &CircuitInterventions::updateButtons);
    connect(document, &CircuitDocument::graphChanged, this,
        [this] { m_options->setLayers(m_document->graph()->nLayers); });
    updateButtons();
}

void CircuitInterventions::runOrStop()
{
    Session* session = m_document->session();
    if (session->isBusy(kTag<core::InterveneRequest>))
        session->cancel(kTag<core::InterveneRequest>);
    else
        run();
}

void CircuitInterventions::run()
{
    if (!m_document->changeProblem().isEmpty() || m_list->edits().empty())
        return;
    m_document->tell({});
    const core::AttributionGraph& graph = *m_document->graph();
    core::InterveneRequest request;
    request.prompt = graph.prompt;
    request.dictionaries = graph.dictionaries;
    request.settings = settingsOf(m_list->edits(), graph);
    m_options->fill(request);
    m_document->session()->ask(this, std::move(request),
        [this, edits = m_list->edits()](const Shared<core::InterveneResult>& result) {
            m_ran = edits;
            m_result->showResult(*result, textsOf(m_ran).join(QStringLiteral("; ")));
            updateButtons();
            Q_EMIT shown();
        });
}

void CircuitInterventions::updateButtons()
{
    const bool isRunning = m_document->session()->isBusy(kTag<core::InterveneRequest>);
    const bool hasEdits = !m_list->edits().empty();
    const QString why = m_document->changeProblem();
    m_run->setText(isRunning ? tr("S&top") : tr("&Run"));
    m_run->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_run->setEnabled(isRunning || (hasEdits && why.isEmpty()));
    m_run->setToolTip(!why.isEmpty() ? why
            : hasEdits               ? tr("Run the prompt with all changes of the list at once")
                                     : tr("Add a node to the list first"));
    m_result->copyButton()->setEnabled(hasEdits || !m_ran.empty());
}

QString CircuitInterventions::toText() const
{
    QStringList lines;
    if (m_document->graph())
        lines << toQString(m_document->graph()->prompt);
    lines += textsOf(m_ran.empty() ? m_list->edits() : m_ran);
    if (!m_ran.empty())
        lines << m_result->toText();
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
