#include "ui/circuit/circuit_page.h"

#include "core/api/check_graph.h"
#include "core/api/compare_graphs.h"
#include "core/api/explain.h"
#include "core/api/graph_files.h"
#include "core/api/intervene.h"
#include "core/api/prune.h"
#include "core/api/swap.h"
#include "ui/circuit/canvas/canvas_legend.h"
#include "ui/circuit/circuit_compare.h"
#include "ui/circuit/circuit_groups.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/circuit_node_panel.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/circuit_swap.h"
#include "ui/circuit/graph_file_buttons.h"
#include "ui/circuit/graph_view.h"
#include "ui/circuit/node_edit_list.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/circuit/subgraph_pane.h"
#include "ui/circuit/swap_test/swap_test_panel.h"
#include "ui/circuit/trace_bar.h"
#include "ui/session/settings.h"
#include "ui/shared/message_bar.h"
#include "ui/style/metrics.h"
#include "ui/style/theme.h"

#include <QAction>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

namespace ui {

CircuitPage::CircuitPage(
    Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_document(new CircuitDocument(session, selection, this))
    , m_messages(new MessageBar(this))
    , m_views(new QTabWidget(this))
    , m_panels(new QTabWidget(this))
{
    auto* bar = new TraceBar(m_document, settings, this);
    makeViews();
    makePanels();
    rememberLegend(settings);
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(QStringLiteral("circuitSplitter"));
    splitter->addWidget(m_views);
    splitter->addWidget(m_panels);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({em(this) * 32, em(this) * 16});
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(bar);
    column->addWidget(splitter, 1);
    m_messages->lieOver(splitter);
    m_messages->showErrorsOf(session,
        {kTag<core::TraceRequest>, kTag<core::PruneRequest>, kTag<core::LoadGraphRequest>,
            kTag<core::SaveGraphRequest>, kTag<core::SaveMatrixRequest>,
            kTag<core::SaveNodeTableRequest>, kTag<core::ScoreSubgraphRequest>,
            kTag<core::CheckRequest>, kTag<core::CompareGraphsRequest>, kTag<core::ExplainRequest>,
            kTag<core::InterveneRequest>, kNodeChangeTag, kTag<core::SwapRequest>});
    connect(m_document, &CircuitDocument::told, this,
        [this](const QString& text, CircuitDocument::Tone tone) {
            if (text.isEmpty())
                m_messages->clear();
            else if (tone == CircuitDocument::Tone::Error)
                m_messages->showError(text);
            else
                m_messages->showMessage(MessageBar::Kind::Info, text);
        });
    connect(m_document, &CircuitDocument::promptChanged, this,
        [this] { m_messages->dismiss(kTag<core::TraceRequest>); }); // it spoke of another prompt
    connect(m_document, &CircuitDocument::graphRequested, this, [this] { showView(View::Graph); });
    connect(m_document, &CircuitDocument::cellMissed, this, [this](core::Layer layer) {
        if (view() == View::Graph) // elsewhere a person only looks around
            m_document->tell(
                tr("No feature of layer %1 at this position is in the graph at these thresholds.")
                    .arg(layer.value));
    });
    connect(m_views, &QTabWidget::currentChanged, this, &CircuitPage::viewChanged);
    connect(m_document, &CircuitDocument::changed, this, &CircuitPage::changed);
    connect(m_patching, &PatchPanel::changed, this, &CircuitPage::changed);
    connect(m_swapTest, &SwapTestPanel::changed, this, &CircuitPage::changed);
    connect(m_interventions->list(), &NodeEditList::edited, this, &CircuitPage::changed);
    connect(session, &Session::stateChanged, this, [this] {
        if (isVisible())
            m_document->resume();
    });
    m_files->updateActions();
}

void CircuitPage::makeViews()
{
    m_views->setObjectName(QStringLiteral("circuitViews"));
    m_views->setDocumentMode(true);
    m_graph = new GraphView(m_document, m_views);
    m_subgraph = new SubgraphPane(m_document, m_views);
    m_compare = new CircuitCompare(m_document, m_views);
    m_patching = new PatchPanel(m_document, m_views);
    m_swapTest = new SwapTestPanel(m_document, m_views);
    const auto add = [this](QWidget* view, const QString& name, const QString& tip) {
        m_views->setTabToolTip(m_views->addTab(view, name), tip);
    };
    add(m_graph, tr("Graph"), tr("The attribution graph of the prompt"));
    add(m_subgraph, tr("Subgraph"), tr("What is pinned or grouped, in a tidy layout"));
    add(m_compare, tr("Compare"), tr("The graphs of two prompts, one over the other"));
    // Many controls in a line: where the window is narrow they are scrolled to, never cut.
    auto* patching = new QScrollArea(m_views);
    patching->setWidgetResizable(true);
    patching->setFrameShape(QFrame::NoFrame);
    patching->setWidget(m_patching);
    add(patching, tr("Patching"), tr("Activations of one prompt put into another, as maps"));
    add(m_swapTest, tr("Swap test"),
        tr("Swaps over many pairs of prompts and how often they hold"));
    m_files = new GraphFileButtons(
        m_document, [this] { return picture(); }, m_views);
    m_views->setCornerWidget(m_files);
    addAction(m_files->copyPictureAction());
    connect(m_graph, &GraphView::nodeActivated, this, [this] { showPanel(Panel::Node); });
    connect(m_compare, &CircuitCompare::started, this, [this] { showView(View::Compare); });
    connect(m_compare, &CircuitCompare::shown, m_files, &GraphFileButtons::updateActions);
    connect(m_swapTest, &SwapTestPanel::swapChosen, this,
        [this](const QString& prompt, const QString& donor) {
            m_document->setPrompt(prompt);
            showView(View::Graph);
            m_swap->swap(donor);
        });
}

void CircuitPage::makePanels()
{
    m_panels->setObjectName(QStringLiteral("circuitPanels"));
    m_panels->setDocumentMode(true);
    m_interventions = new CircuitInterventions(m_document, m_panels);
    m_swap = new CircuitSwap(m_document, m_panels);
    m_scores = new CircuitScores(m_document, m_panels);
    const auto add = [this](QWidget* panel, const QString& name, const QString& tip) {
        m_panels->setTabToolTip(m_panels->addTab(panel, name), tip);
    };
    add(new CircuitNodePanel(m_document, m_panels), tr("Node"),
        tr("The chosen node and its connections"));
    auto* groups = new CircuitGroups(m_document, m_panels);
    connect(groups, &CircuitGroups::nameAsked, this,
        [this, groups] { m_panels->setCurrentWidget(groups); });
    add(groups, tr("Supernodes"), tr("Nodes grouped under one name"));
    add(m_interventions, tr("Interventions"), tr("Change several nodes and read the answer"));
    add(m_swap, tr("Swap"), tr("Replace the prompt's features by those of another"));
    add(m_scores, tr("Scores"), tr("How far the graph can be trusted"));
    m_panels->setMinimumHeight(em(this) * 14);
    connect(m_swap, &CircuitSwap::shown, this, [this] { showPanel(Panel::Swap); });
}

void CircuitPage::rememberLegend(Settings* settings)
{
    const QList<CanvasLegend*> legends = findChildren<CanvasLegend*>();
    for (CanvasLegend* legend : legends) {
        connect(legend, &CanvasLegend::wantedChanged, this, [legends, settings](bool isWanted) {
            for (CanvasLegend* each : legends)
                each->setWanted(isWanted);
            if (settings)
                settings->setValue(SettingKey::CircuitLegend, isWanted);
        });
        if (settings)
            legend->setWanted(settings->value(SettingKey::CircuitLegend).toBool());
    }
}

void CircuitPage::viewChanged()
{
    // The panels speak of the graph above them; the other views need the room.
    m_panels->setVisible(view() == View::Graph || view() == View::Subgraph);
    if (view() == View::Patching && m_patching->takesPrompts())
        m_patching->setPrompts(m_document->prompt(), m_document->donor());
    m_files->updateActions();
}

void CircuitPage::save(core::SavedSession& session) const
{
    m_document->save(session);
    m_patching->save(session);
    m_swapTest->save(session);
    m_interventions->list()->save(session);
}

void CircuitPage::restore(const core::SavedSession& session)
{
    m_document->restore(session);
    m_patching->restore(session);
    m_swapTest->restore(session);
    m_interventions->list()->restore(session);
    if (isVisible())
        m_document->resume();
}

void CircuitPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_document->resume();
}

GraphPicture CircuitPage::picture() const
{
    const auto& comparison = m_compare->comparison();
    const bool isComparison = view() == View::Compare && comparison;
    GraphPicture made;
    made.graph = isComparison
        ? std::shared_ptr<const core::AttributionGraph>(comparison, &comparison->graph)
        : m_document->graph();
    made.hasSubgraph = !isComparison && !m_subgraph->isEmpty();
    made.options.what = view() == View::Subgraph ? GraphExportOptions::What::Subgraph
                                                 : GraphExportOptions::What::Whole;
    made.options.showsErrors = m_graph->areErrorsShown();
    made.options.isComparison = isComparison;
    made.options.palette = lightPalette(); // for paper
    made.options.visible = isComparison ? m_compare->visibleScene() : m_graph->visibleScene();
    made.options.positions = m_document->boxes();
    made.options.story = m_document->story();
    return made;
}

core::Result<void> CircuitPage::exportTo(
    const QString& path, GraphExportOptions::What what, double scale) const
{
    GraphPicture made = picture();
    made.options.what = what;
    made.options.scale = scale;
    return exportGraph(made.graph, path, made.options);
}

void CircuitPage::showView(View view)
{
    m_views->setCurrentIndex(static_cast<int>(view));
}

CircuitPage::View CircuitPage::view() const
{
    return static_cast<View>(m_views->currentIndex());
}

void CircuitPage::showPanel(Panel panel)
{
    m_panels->setCurrentIndex(static_cast<int>(panel));
}

void CircuitPage::focusFind()
{
    showView(View::Graph);
    m_graph->focusFind();
}

} // namespace ui
