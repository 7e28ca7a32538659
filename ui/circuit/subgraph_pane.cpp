#include "ui/circuit/subgraph_pane.h"

#include "core/api/explain.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/story_list.h"
#include "ui/shared/job_progress.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace ui {

SubgraphPane::SubgraphPane(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_view(new SubgraphView(this))
    , m_story(new StoryList(this))
    , m_splitter(new QSplitter(Qt::Horizontal, this))
    , m_explain(new QPushButton(this))
{
    m_view->setObjectName(QStringLiteral("subgraphView"));
    const auto button = [this](const QString& text, const char* name, const QString& tip) {
        auto* made = new QPushButton(text, this);
        made->setObjectName(QLatin1String(name));
        made->setToolTip(tip);
        return made;
    };
    auto* tidy = button(tr("Ti&dy"), "tidyButton",
        tr("Back to the tidy layout, wherever boxes were put; Ctrl+Z takes it back"));
    auto* fit = button(tr("&Fit"), "fitSubgraph", tr("Show the whole subgraph (Home)"));
    auto* progress = new JobProgress(tr("Progress of the explanation"), this);
    progress->follow(document->session(), kTag<core::ExplainRequest>);
    auto* hint = new QLabel(tr("Pinned nodes and supernodes, arrows by their direct effects. Drag "
                               "boxes, or move them with Alt and the arrow keys."),
        this);
    hint->setWordWrap(true);
    makeSubtle(hint);
    auto* row = new QHBoxLayout;
    row->addWidget(m_explain);
    row->addWidget(hint, 3);
    row->addWidget(progress, 1);
    row->addWidget(tidy);
    row->addWidget(fit);
    m_splitter->setObjectName(QStringLiteral("storySplitter"));
    m_splitter->addWidget(m_view);
    m_splitter->addWidget(m_story);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addWidget(m_splitter, 1);
    makeExplain();
    connect(fit, &QPushButton::clicked, m_view, &SubgraphView::fit);
    connect(tidy, &QPushButton::clicked, this, [this] { m_document->moveBoxes({}); });
    connect(
        m_view, &SubgraphView::moved, this, [this] { m_document->moveBoxes(m_view->positions()); });
    connect(m_view, &SubgraphView::nodeSelected, document, &CircuitDocument::choose);
    connect(m_view, &SubgraphView::groupSelected, document, &CircuitDocument::markGroup);
    connect(m_view, &SubgraphView::lineSelected, this, [this](int line) {
        m_story->choose(line);
        m_view->setChosenLine(line);
    });
    connect(m_story, &StoryList::lineChosen, m_view, &SubgraphView::setChosenLine);
    connect(document, &CircuitDocument::boxesChanged, this, [this] {
        if (m_view->positions() != m_document->boxes())
            m_view->setPositions(m_document->boxes());
    });
    connect(document, &CircuitDocument::chosenChanged, this,
        [this] { m_view->selectNode(m_document->chosen()); });
    connect(document, &CircuitDocument::graphChanged, this, &SubgraphPane::showGraph);
    connect(document, &CircuitDocument::explained, this, [this] {
        m_view->fit();
        m_view->setFocus(Qt::OtherFocusReason);
    });
    connect(document, &CircuitDocument::statusChanged, this, &SubgraphPane::updateExplain);
    updateExplain();
}

void SubgraphPane::makeExplain()
{
    m_explain->setObjectName(QStringLiteral("explainSubgraph"));
    m_explain->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(m_explain, &QPushButton::clicked, this, [this] {
        Session* session = m_document->session();
        if (session->isBusy(kTag<core::ExplainRequest>))
            session->cancel(kTag<core::ExplainRequest>);
        else
            m_document->explain();
    });
}

void SubgraphPane::updateExplain()
{
    const bool isRunning = m_document->session()->isBusy(kTag<core::ExplainRequest>);
    const QString problem = m_document->explainProblem();
    m_explain->setText(isRunning ? tr("&Stop") : tr("Exp&lain"));
    m_explain->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_explain->setEnabled(isRunning || problem.isEmpty());
    m_explain->setToolTip(!problem.isEmpty()
            ? problem
            : tr("Finds the few boxes that carry most of the influence on the answer (the chosen "
                 "output, or the most probable one), takes each out of the model and writes a "
                 "sentence for every arrow. What is pinned and grouped now makes room; Ctrl+Z "
                 "brings it back."));
}

void SubgraphPane::showGraph()
{
    if (m_view->positions() != m_document->boxes())
        m_view->setPositions(m_document->boxes());
    m_view->setGraph(m_document->graph(), m_document->story());
    m_view->selectNode(m_document->chosen());
    const bool isNew = m_story->isEmpty() && !m_document->story().isEmpty();
    m_story->setStory(m_document->story(), m_view->subgraph());
    if (isNew) // the sentences are to be read, the picture to be seen
        m_splitter->setSizes({m_splitter->width() * 3 / 5, m_splitter->width() * 2 / 5});
}

bool SubgraphPane::isEmpty() const
{
    return m_view->isEmpty();
}

} // namespace ui
