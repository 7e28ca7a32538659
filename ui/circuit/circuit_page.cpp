// What the page is made of and how its parts are joined.
#include "ui/circuit/circuit_page.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_compare.h"
#include "ui/circuit/circuit_groups.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/circuit_node_panel.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/circuit_settings.h"
#include "ui/circuit/circuit_swap.h"
#include "ui/circuit/circuit_tools.h"
#include "ui/circuit/graph_marks.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/circuit/swap_test/swap_test_panel.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/set_label.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

CircuitPage::CircuitPage(
    Session* session, Selection* selection, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_messages(new MessageBar(this))
    , m_progress(new JobProgress(tr("Progress of tracing"), this))
    , m_settings(new CircuitSettings(session, settings, this))
    , m_views(new QTabWidget(this))
    , m_panels(new QTabWidget(this))
{
    QWidget* prompt = makePrompt();
    makeViews();
    makePanels();
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
    column->addWidget(m_messages);
    column->addWidget(prompt);
    column->addWidget(m_settings);
    column->addWidget(m_progress);
    column->addWidget(splitter, 1);
    m_settings->hide();
    connectSession();
    connectGraph();
    connectPanels();
    connectViews();
    m_settings->setPrompt(this->prompt());
    updatePruning();
    updateScores();
    updateButtons();
}

QWidget* CircuitPage::makePrompt()
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
    return box;
}

void CircuitPage::makeViews()
{
    m_views->setObjectName(QStringLiteral("circuitViews"));
    m_views->setDocumentMode(true);
    m_compare = new CircuitCompare(m_views);
    m_compare->setSecondPrompt(QStringLiteral("The capital of the state containing Oakland is"));
    m_patching = new PatchPanel(m_session, m_selection, m_views);
    m_swapTest = new SwapTestPanel(m_session, m_selection, m_views);
    const auto add = [this](QWidget* view, const QString& name, const QString& tip) {
        m_views->setTabToolTip(m_views->addTab(view, name), tip);
    };
    add(makeGraphView(), tr("Graph"), tr("The attribution graph of the prompt"));
    add(makeSubgraphView(), tr("Subgraph"), tr("What is pinned or grouped, in a tidy layout"));
    add(m_compare, tr("Compare"), tr("The graphs of two prompts, one over the other"));
    // Many controls in a line: where the window is narrow they are scrolled to, never cut.
    auto* patching = new QScrollArea(m_views);
    patching->setWidgetResizable(true);
    patching->setFrameShape(QFrame::NoFrame);
    patching->setWidget(m_patching);
    add(patching, tr("Patching"), tr("Activations of one prompt put into another, as maps"));
    add(m_swapTest, tr("Swap test"),
        tr("Swaps over many pairs of prompts and how often they hold"));
    m_views->setCornerWidget(makeFileButtons());
}

QWidget* CircuitPage::makeGraphView()
{
    auto* box = new QWidget(m_views);
    m_tools = new CircuitTools(box);
    m_canvas = new CircuitCanvas(box);
    m_canvas->setObjectName(QStringLiteral("circuitCanvas"));
    m_scores = new QLabel(box);
    m_scores->setObjectName(QStringLiteral("circuitScores"));
    m_scores->setWordWrap(true);
    m_scores->setTextFormat(Qt::PlainText);
    m_scores->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_scores->setToolTip(
        tr("Replacement score: share of the influence that enters at tokens rather than errors. "
           "Completeness: share of the nodes' inputs that is explained. "
           "Attention patterns and norm scales are frozen."));
    makeSubtle(m_scores);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_tools);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_scores);
    return box;
}

QWidget* CircuitPage::makeSubgraphView()
{
    auto* box = new QWidget(m_views);
    m_subgraph = new SubgraphView(box);
    m_subgraph->setObjectName(QStringLiteral("subgraphView"));
    const auto button = [&](const QString& text, const char* name, const QString& tip) {
        auto* made = new QPushButton(text, box);
        made->setObjectName(QLatin1String(name));
        made->setToolTip(tip);
        return made;
    };
    auto* tidy = button(tr("Ti&dy"), "tidyButton",
        tr("Back to the tidy layout, wherever boxes were put; Ctrl+Z takes it back"));
    auto* fit = button(tr("&Fit"), "fitSubgraph", tr("Show the whole subgraph (Home)"));
    auto* hint = new QLabel(tr("Pinned nodes and supernodes, arrows by their direct effects. Drag "
                               "boxes, or move them with Alt and the arrow keys."),
        box);
    hint->setWordWrap(true);
    makeSubtle(hint);
    auto* row = new QHBoxLayout;
    row->addWidget(hint, 1);
    row->addWidget(tidy);
    row->addWidget(fit);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addWidget(m_subgraph, 1);
    connect(fit, &QPushButton::clicked, m_subgraph, &SubgraphView::fit);
    connect(tidy, &QPushButton::clicked, this, [this] {
        m_subgraph->setPositions({});
        boxesMoved();
    });
    return box;
}

QWidget* CircuitPage::makeFileButtons()
{
    auto* box = new QWidget(m_views);
    auto* open = new QToolButton(box);
    open->setObjectName(QStringLiteral("openGraphButton"));
    open->setText(tr("&Open …"));
    open->setIcon(icon(Icon::Open));
    open->setToolTip(tr("Open an attribution graph (circuit-tracer's JSON); it can also be dropped "
                        "on the window"));
    auto* save = new QToolButton(box);
    save->setObjectName(QStringLiteral("saveButton"));
    save->setText(tr("&Save"));
    save->setIcon(icon(Icon::Save));
    save->setPopupMode(QToolButton::InstantPopup);
    save->setToolTip(tr("Save the graph as a picture, as JSON, its matrix or its nodes"));
    auto* menu = new QMenu(save);
    const auto add = [&](const QString& text, const char* name, void (CircuitPage::*run)()) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, run);
        return action;
    };
    m_savePicture = add(tr("&Picture …"), "savePicture", &CircuitPage::exportPicture);
    m_copyPicture = menu->addAction(icon(Icon::Copy), tr("&Copy picture"));
    m_copyPicture->setObjectName(QStringLiteral("copyPicture"));
    m_copyPicture->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    m_copyPicture->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(m_copyPicture);
    connect(m_copyPicture, &QAction::triggered, this, [this] {
        copyPicture(pictureOptions(view() == View::Subgraph ? GraphExportOptions::What::Subgraph
                                                            : GraphExportOptions::What::Whole));
    });
    menu->addSeparator();
    m_saveGraph = add(tr("&Graph (circuit-tracer JSON) …"), "saveGraph", &CircuitPage::saveGraph);
    m_saveMatrix = add(tr("&Matrix (safetensors) …"), "saveMatrix", &CircuitPage::saveMatrix);
    m_saveTable = add(tr("&Node table (CSV) …"), "saveTable", &CircuitPage::saveNodeTable);
    save->setMenu(menu);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    for (QToolButton* button : {open, save}) {
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(button);
    }
    connect(open, &QToolButton::clicked, this, &CircuitPage::openGraph);
    return box;
}

void CircuitPage::makePanels()
{
    m_panels->setObjectName(QStringLiteral("circuitPanels"));
    m_panels->setDocumentMode(true);
    m_nodePanel = new CircuitNodePanel(m_panels);
    m_groups = new CircuitGroups(m_panels);
    m_interventions = new CircuitInterventions(m_session->undoStack(), m_panels);
    m_swap = new CircuitSwap(m_panels);
    m_scorePanel = new CircuitScores(m_panels);
    const auto add = [this](QWidget* panel, const QString& name, const QString& tip) {
        m_panels->setTabToolTip(m_panels->addTab(panel, name), tip);
    };
    add(m_nodePanel, tr("Node"), tr("The chosen node and its connections"));
    add(m_groups, tr("Supernodes"), tr("Nodes grouped under one name"));
    add(m_interventions, tr("Interventions"), tr("Change several nodes and read the answer"));
    add(m_swap, tr("Swap"), tr("Replace the prompt's features by those of another"));
    add(m_scorePanel, tr("Scores"), tr("How far the graph can be trusted"));
    m_panels->setMinimumHeight(em(this) * 14);
}

void CircuitPage::connectSession()
{
    connect(m_session, &Session::traced, this, &CircuitPage::receiveTraced);
    connect(m_session, &Session::graphLoaded, this,
        [this](const Shared<core::AttributionGraph>& graph) {
            showView(View::Graph);
            receive(graph);
        });
    connect(m_session, &Session::pruned, this, &CircuitPage::receivePruned);
    connect(m_session, &Session::intervened, this, &CircuitPage::receiveChange);
    connect(m_session, &Session::swapped, this, [this](const Shared<core::SwapResult>& result) {
        m_swap->showResult(result);
        showPanel(Panel::Swap);
        Q_EMIT swapShown();
    });
    connect(m_session, &Session::graphChecked, this, &CircuitPage::showCheck);
    connect(m_session, &Session::subgraphScored, this,
        [this](const Shared<core::SubgraphScore>& score) { m_scorePanel->setSubgraph(score); });
    connect(m_session, &Session::graphsCompared, this,
        [this](const Shared<core::GraphComparison>& comparison) {
            m_compare->showComparison(comparison);
            updateButtons();
            Q_EMIT comparisonShown();
        });
    connect(m_session, &Session::graphSaved, this, [this](const QString& path) {
        m_messages->showMessage(MessageBar::Kind::Info, tr("Saved as %1").arg(path));
    });
    connect(m_session, &Session::featureChanged, this, &CircuitPage::refreshLabel);
    connect(m_session, &Session::featureRowsReady, this,
        [this](quint64 request, const Shared<std::vector<core::FeatureRow>>& rows) {
            if (request == m_rowsRequest && rows && !rows->empty())
                m_nodePanel->setRow(rows->front());
        });
    connect(m_session, &Session::progressChanged, this, &CircuitPage::showProgress);
    connect(m_session, &Session::busyChanged, this, &CircuitPage::updateButtons);
    connect(m_session, &Session::stateChanged, this, &CircuitPage::updateButtons);
    connect(m_session, &Session::errorOccurred, this, &CircuitPage::reportError);
    connect(m_selection, &Selection::featureChanged, this, &CircuitPage::followSelection);
    connect(&m_pruning, &Coalescer::due, this, &CircuitPage::sendPrune);
    connect(&m_scoring, &Coalescer::due, this, &CircuitPage::sendScore);
}

void CircuitPage::connectGraph()
{
    connect(m_prompt, &QLineEdit::returnPressed, this, [this] { trace(prompt()); });
    connect(m_prompt, &QLineEdit::textChanged, m_settings, &CircuitSettings::setPrompt);
    connect(m_trace, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(tags::kTrace))
            m_session->cancel(tags::kTrace);
        else
            trace(prompt());
    });
    connect(m_explain, &QToolButton::toggled, this, [this](bool isOpen) {
        m_explain->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
        m_settings->setVisible(isOpen);
    });
    connect(m_settings, &CircuitSettings::changed, this, &CircuitPage::updateButtons);
    connect(m_tools, &CircuitTools::thresholdsChanged, this, [this] { m_pruning.poke(); });
    connect(m_tools, &CircuitTools::errorsToggled, this, [this](bool isShown) {
        m_canvas->setErrorsShown(isShown);
        updateScores();
    });
    connect(m_tools, &CircuitTools::fitRequested, m_canvas, &CircuitCanvas::fit);
    connect(m_tools, &CircuitTools::findEdited, this, [this](const QString& text) {
        m_canvas->setFilter(text);
        updateFound();
    });
    connect(m_tools, &CircuitTools::findNext, this, [this](bool isForward) {
        m_canvas->selectFound(isForward);
        updateFound();
    });
    connect(m_canvas, &CircuitCanvas::nodeSelected, this, &CircuitPage::chooseNode);
    connect(m_canvas, &CircuitCanvas::nodeActivated, this, [this](int node) {
        chooseNode(node);
        showPanel(Panel::Node);
    });
    connect(m_canvas, &CircuitCanvas::pinRequested, this, &CircuitPage::togglePin);
    connect(m_canvas, &CircuitCanvas::markedChanged, this,
        [this] { m_groups->setMarkedCount(countOf(m_canvas->markedNodes())); });
    connect(m_canvas, &CircuitCanvas::groupRequested, this, &CircuitPage::groupMarked);
    connect(m_canvas, &CircuitCanvas::hiddenTextChanged, this, &CircuitPage::updateScores);
    connect(m_subgraph, &SubgraphView::nodeSelected, this, &CircuitPage::chooseNode);
    connect(m_subgraph, &SubgraphView::groupSelected, this, &CircuitPage::markGroup);
    connect(m_subgraph, &SubgraphView::moved, this, &CircuitPage::boxesMoved);
}

void CircuitPage::connectPanels()
{
    connect(
        m_nodePanel, &CircuitNodePanel::pinRequested, this, [this] { togglePin(chosenNode()); });
    connect(m_nodePanel, &CircuitNodePanel::nodeChosen, this, &CircuitPage::chooseNode);
    connect(m_nodePanel, &CircuitNodePanel::valueRequested, this, &CircuitPage::changeNode);
    connect(m_nodePanel, &CircuitNodePanel::labelEdited, this,
        [this](const core::Label& before, const core::Label& after) {
            const core::GraphNode& node
                = m_graph->nodes[static_cast<std::size_t>(m_nodePanel->node())];
            m_session->undoStack()->push(new SetLabelCommand(
                m_session, {node.dictionary, node.feature}, before, after, ++m_labelEdits));
        });
    connect(m_groups, &CircuitGroups::groupRequested, this, &CircuitPage::groupMarked);
    connect(m_groups, &CircuitGroups::renamed, this, &CircuitPage::renameGroup);
    connect(m_groups, &CircuitGroups::dissolved, this, &CircuitPage::dissolveGroup);
    connect(m_groups, &CircuitGroups::chosen, this, &CircuitPage::markGroup);
    connect(
        m_interventions, &CircuitInterventions::runRequested, this, &CircuitPage::runInterventions);
    connect(m_interventions, &CircuitInterventions::stopRequested, this,
        [this] { m_session->cancel(tags::kIntervene); });
    connect(m_swap, &CircuitSwap::swapRequested, this, [this] { swap(m_swap->donor()); });
    connect(m_swap, &CircuitSwap::featureChosen, m_selection, &Selection::setFeature);
    connect(m_scorePanel, &CircuitScores::checkRequested, this, &CircuitPage::check);
    connect(m_scorePanel, &CircuitScores::stopRequested, this,
        [this] { m_session->cancel(tags::kCheck); });
    connect(m_scorePanel, &CircuitScores::pointChosen, this, &CircuitPage::choosePoint);
}

void CircuitPage::connectViews()
{
    connect(m_compare, &CircuitCompare::compareRequested, this,
        [this] { compare(m_compare->secondPrompt()); });
    connect(m_compare, &CircuitCompare::stopRequested, this, [this] {
        m_comparesNext = false;
        m_session->cancel(tags::kTrace);
        m_session->cancel(tags::kCompare);
    });
    connect(m_compare, &CircuitCompare::featureChosen, this,
        [this](const core::FeatureRef& feature, core::Position position) {
            m_selection->setPosition(position);
            if (m_session->dictionary(feature.dictionary))
                m_selection->setFeature(feature);
        });
    connect(m_patching, &PatchPanel::traceRequested, this, [this](const QString& prompt) {
        showView(View::Graph);
        if (!m_graph || m_graph->prompt != prompt.toStdString())
            trace(prompt);
    });
    connect(m_patching, &PatchPanel::cellChosen, this, &CircuitPage::chooseCell);
    connect(m_swapTest, &SwapTestPanel::swapChosen, this,
        [this](const QString& prompt, const QString& donor) {
            setPrompt(prompt);
            showView(View::Graph);
            swap(donor);
        });
    // The panels speak of the graph above them; the other views need the room.
    connect(m_views, &QTabWidget::currentChanged, this, [this] {
        m_panels->setVisible(view() == View::Graph || view() == View::Subgraph);
        if (view() == View::Patching && !m_patching->hasResult())
            m_patching->setPrompts(prompt(), m_swap->donor());
        if (view() == View::SwapTest)
            m_swapTest->setPrompt(prompt());
        updateButtons();
    });
}

void CircuitPage::setPrompt(const QString& text)
{
    if (text != m_prompt->text())
        m_prompt->setText(text);
}

QString CircuitPage::prompt() const
{
    return m_prompt->text();
}

int CircuitPage::chosenNode() const
{
    return m_canvas->selectedNode();
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
    m_tools->focusFind();
}

} // namespace ui
