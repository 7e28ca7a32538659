#include "ui/pages/circuit_page.h"

#include "ui/commands/graph_marks.h"
#include "ui/commands/set_label.h"
#include "ui/pages/circuit_groups.h"
#include "ui/pages/circuit_node_panel.h"
#include "ui/pages/circuit_swap.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/views/circuit_canvas.h"
#include "ui/views/circuit_scene.h"
#include "ui/views/message_bar.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kSliderSteps = 1000; // a tenth of a percent each
}

CircuitPage::CircuitPage(Session* session, Selection* selection, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_messages(new MessageBar(this))
    , m_canvas(new CircuitCanvas(this))
    , m_scores(new QLabel(this))
{
    m_canvas->setObjectName(QStringLiteral("circuitCanvas"));
    m_scores->setObjectName(QStringLiteral("circuitScores"));
    m_scores->setWordWrap(true);
    m_scores->setTextFormat(Qt::PlainText);
    m_scores->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeSubtle(m_scores);
    auto* graph = new QWidget(this);
    auto* graphLayout = new QVBoxLayout(graph);
    graphLayout->setContentsMargins(0, 0, 0, 0);
    graphLayout->setSpacing(gap(this));
    graphLayout->addWidget(m_canvas, 1);
    graphLayout->addWidget(m_scores);
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(QStringLiteral("circuitSplitter"));
    splitter->addWidget(graph);
    splitter->addWidget(makeBottom());
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 0);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    setPagePadding(column, this);
    column->addWidget(m_messages);
    column->addWidget(makePrompt());
    column->addWidget(makeTools());
    column->addWidget(splitter, 1);
    connectSession();
    connectParts();
    updateSliders();
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
    m_trace = new QPushButton(icon(Icon::Play), tr("&Trace"), box);
    m_trace->setObjectName(QStringLiteral("traceButton"));
    m_trace->setToolTip(tr("Find the features that led the model to its next token (Enter)"));
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_prompt, 1);
    row->addWidget(m_trace);
    connect(m_prompt, &QLineEdit::returnPressed, this, [this] { trace(prompt()); });
    connect(m_trace, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(tags::kTrace))
            m_session->cancel(tags::kTrace);
        else
            trace(prompt());
    });
    return box;
}

QSlider* CircuitPage::makeSlider(const QString& name, const QString& tip, double value)
{
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setRange(kSliderSteps / 10, kSliderSteps);
    slider->setValue(static_cast<int>(std::lround(value * kSliderSteps)));
    slider->setPageStep(kSliderSteps / 20);
    slider->setSingleStep(kSliderSteps / 100);
    slider->setAccessibleName(name);
    slider->setProperty("tip", tip);
    slider->setMinimumWidth(ex(this) * 12);
    connect(slider, &QSlider::valueChanged, this, [this] {
        updateSliders();
        m_pruning.poke();
    });
    return slider;
}

QWidget* CircuitPage::makeTools()
{
    auto* box = new QWidget(this);
    m_nodeThresholdText = new QLabel(box);
    m_edgeThresholdText = new QLabel(box);
    m_nodeThreshold = makeSlider(tr("Node threshold"),
        tr("Keep the nodes that together carry this share of the influence on the outputs"), 0.8);
    m_nodeThreshold->setObjectName(QStringLiteral("nodeThreshold"));
    m_edgeThreshold = makeSlider(tr("Edge threshold"),
        tr("Keep the edges that together carry this share of the influence on the outputs"), 0.98);
    m_edgeThreshold->setObjectName(QStringLiteral("edgeThreshold"));
    m_errors = new QCheckBox(tr("Err&ors"), box);
    m_errors->setObjectName(QStringLiteral("showErrors"));
    m_errors->setChecked(true);
    m_errors->setToolTip(tr("Show the nodes of what the dictionaries do not explain"));
    const auto button = [&](const QString& text, const char* name, const QString& tip,
                            std::optional<Icon> which) {
        auto* made = which ? new QPushButton(icon(*which), text, box) : new QPushButton(text, box);
        made->setObjectName(QLatin1String(name));
        made->setToolTip(tip);
        return made;
    };
    auto* fit = button(tr("&Fit"), "fitButton", tr("Show the whole graph (Home)"), {});
    m_export
        = button(tr("&Picture …"), "exportButton", tr("Save the graph as PNG, SVG or PDF"), {});
    m_save = button(tr("&Save …"), "saveGraphButton",
        tr("Save the graph with pins and supernodes as circuit-tracer's JSON"), Icon::Save);
    auto* open = button(tr("&Open …"), "openGraphButton",
        tr("Open an attribution graph (circuit-tracer's JSON)"), Icon::Open);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_nodeThresholdText);
    row->addWidget(m_nodeThreshold, 1);
    row->addSpacing(pad(this));
    row->addWidget(m_edgeThresholdText);
    row->addWidget(m_edgeThreshold, 1);
    row->addSpacing(pad(this));
    for (QWidget* widget : {static_cast<QWidget*>(m_errors), static_cast<QWidget*>(fit),
             static_cast<QWidget*>(m_export), static_cast<QWidget*>(m_save),
             static_cast<QWidget*>(open)})
        row->addWidget(widget);
    connect(m_errors, &QCheckBox::toggled, this, [this](bool isShown) {
        m_canvas->setErrorsShown(isShown);
        updateScores();
    });
    connect(fit, &QPushButton::clicked, m_canvas, &CircuitCanvas::fit);
    connect(m_export, &QPushButton::clicked, this, &CircuitPage::exportPicture);
    connect(m_save, &QPushButton::clicked, this, &CircuitPage::saveGraph);
    connect(open, &QPushButton::clicked, this, &CircuitPage::openGraph);
    return box;
}

QWidget* CircuitPage::makeBottom()
{
    m_nodePanel = new CircuitNodePanel(this);
    m_swap = new CircuitSwap(this);
    m_groups = new CircuitGroups(this);
    m_tabs = new QTabWidget(this);
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_swap, tr("Swap"));
    m_tabs->addTab(m_groups, tr("Supernodes"));
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(m_nodePanel);
    splitter->addWidget(m_tabs);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    splitter->setMinimumHeight(em(this) * 13);
    return splitter;
}

void CircuitPage::connectSession()
{
    connect(m_session, &Session::traced, this, &CircuitPage::receive);
    connect(m_session, &Session::graphLoaded, this, &CircuitPage::receive);
    connect(m_session, &Session::pruned, this, &CircuitPage::receivePruned);
    connect(m_session, &Session::intervened, this, &CircuitPage::showChange);
    connect(m_session, &Session::swapped, this, [this](const Shared<core::SwapResult>& result) {
        m_swap->showResult(result);
        m_tabs->setCurrentWidget(m_swap);
        Q_EMIT swapShown();
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
    connect(m_session, &Session::busyChanged, this, &CircuitPage::updateButtons);
    connect(m_session, &Session::stateChanged, this, &CircuitPage::updateButtons);
    connect(m_session, &Session::errorOccurred, this, &CircuitPage::reportError);
    connect(m_selection, &Selection::featureChanged, this, &CircuitPage::followSelection);
    connect(&m_pruning, &Coalescer::due, this, &CircuitPage::sendPrune);
}

void CircuitPage::connectParts()
{
    connect(m_canvas, &CircuitCanvas::nodeSelected, this, &CircuitPage::chooseNode);
    connect(m_canvas, &CircuitCanvas::nodeActivated, this, &CircuitPage::chooseNode);
    connect(m_canvas, &CircuitCanvas::pinRequested, this, &CircuitPage::togglePin);
    connect(m_canvas, &CircuitCanvas::markedChanged, this,
        [this] { m_groups->setMarkedCount(countOf(m_canvas->markedNodes())); });
    connect(m_canvas, &CircuitCanvas::groupRequested, this, &CircuitPage::groupMarked);
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
    connect(m_groups, &CircuitGroups::chosen, this, [this](int group) {
        const auto& nodes = m_graph->supernodes[static_cast<std::size_t>(group)].nodes;
        m_canvas->setMarked({nodes.begin(), nodes.end()});
        m_groups->setMarkedCount(countOf(nodes));
    });
    connect(m_swap, &CircuitSwap::swapRequested, this, [this] { swap(m_swap->donor()); });
    connect(m_swap, &CircuitSwap::featureChosen, m_selection, &Selection::setFeature);
}

void CircuitPage::setPrompt(const QString& text)
{
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

void CircuitPage::trace(const QString& prompt)
{
    setPrompt(prompt);
    m_messages->clear();
    if (prompt.trimmed().isEmpty())
        return m_messages->showMessage(MessageBar::Kind::Info,
            tr("Write a prompt first: the graph explains what comes after its last token."));
    core::TraceRequest request;
    request.prompt = prompt.toStdString();
    request.settings.nodeThreshold = static_cast<double>(m_nodeThreshold->value()) / kSliderSteps;
    request.settings.edgeThreshold = static_cast<double>(m_edgeThreshold->value()) / kSliderSteps;
    m_session->trace(request);
}

void CircuitPage::swap(const QString& donor)
{
    m_messages->clear();
    m_swap->setDonor(donor);
    core::SwapRequest request;
    request.prompt = prompt().toStdString();
    request.donor = donor.toStdString();
    m_session->swap(request);
}

void CircuitPage::sendPrune()
{
    if (!m_source || m_source->id == 0)
        return;
    m_session->prune({m_source->id, static_cast<double>(m_nodeThreshold->value()) / kSliderSteps,
        static_cast<double>(m_edgeThreshold->value()) / kSliderSteps});
}

void CircuitPage::updateSliders()
{
    const auto share = [](const QSlider* slider) {
        return formatPercent(static_cast<double>(slider->value()) / kSliderSteps);
    };
    m_nodeThresholdText->setText(tr("Nodes %1").arg(share(m_nodeThreshold)));
    m_edgeThresholdText->setText(tr("Edges %1").arg(share(m_edgeThreshold)));
    const QFontMetrics metrics(font());
    m_nodeThresholdText->setMinimumWidth(
        metrics.horizontalAdvance(tr("Nodes %1").arg(QStringLiteral("88.8 %"))));
    m_edgeThresholdText->setMinimumWidth(
        metrics.horizontalAdvance(tr("Edges %1").arg(QStringLiteral("88.8 %"))));
    const bool isFile = m_source && m_source->id == 0;
    for (QSlider* slider : {m_nodeThreshold, m_edgeThreshold}) {
        slider->setEnabled(!isFile);
        slider->setToolTip(isFile ? tr("This graph was read from a file, which holds only what was "
                                       "kept. Trace its prompt to prune it differently.")
                                  : slider->property("tip").toString());
    }
}

void CircuitPage::updateButtons()
{
    const bool isTracing = m_session->isBusy(tags::kTrace);
    m_trace->setText(isTracing ? tr("S&top") : tr("&Trace"));
    m_trace->setIcon(icon(isTracing ? Icon::Stop : Icon::Play));
    m_swap->setBusy(m_session->isBusy(tags::kSwap));
    m_export->setEnabled(hasGraph());
    m_save->setEnabled(hasGraph());
    m_nodePanel->setChangeProblem(changeProblem());
}

QString CircuitPage::changeProblem() const
{
    if (!m_graph || !m_session->hasModel())
        return tr("Open the model first.");
    if (m_graph->model != m_session->state().model.name)
        return tr("This graph was made by %1; open that model to change its features.")
            .arg(toQString(m_graph->model));
    if (m_session->isBusy(tags::kIntervene))
        return tr("Running …");
    return {};
}

void CircuitPage::reportError(const QString& tag, const QString& message)
{
    for (const QLatin1String own : {tags::kTrace, tags::kPrune, tags::kIntervene, tags::kSwap,
             tags::kSaveGraph, tags::kLoadGraph})
        if (tag == own)
            m_messages->showError(message);
}

} // namespace ui
