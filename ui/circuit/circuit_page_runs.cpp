// What the page asks the engine, and what it does with the answers.
#include "ui/circuit/circuit_page.h"

#include "core/api/attribution_graph.h"
#include "core/api/check_graph.h"
#include "core/api/intervene.h"
#include "core/api/swap.h"
#include "core/api/trace.h"
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/circuit_scene.h"
#include "ui/circuit/circuit_compare.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/circuit_node_panel.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/circuit_settings.h"
#include "ui/circuit/circuit_swap.h"
#include "ui/circuit/circuit_tools.h"
#include "ui/circuit/graph_marks.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/message_bar.h"
#include "ui/style/icons.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QAction>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

namespace ui {

core::TraceRequest CircuitPage::traceRequest(const QString& prompt) const
{
    core::TraceRequest request = m_settings->request(prompt);
    request.settings.nodeThreshold = m_tools->nodeThreshold();
    request.settings.edgeThreshold = m_tools->edgeThreshold();
    return request;
}

void CircuitPage::trace(const QString& prompt)
{
    setPrompt(prompt);
    m_messages->clear();
    m_comparesNext = false;
    m_cellNext.reset();
    m_traceFor = TraceFor::Graph;
    if (prompt.trimmed().isEmpty())
        return m_messages->showMessage(MessageBar::Kind::Info,
            tr("Write a prompt first: the graph explains what comes after its last token."));
    m_session->trace(traceRequest(prompt));
}

void CircuitPage::compare(const QString& second)
{
    showView(View::Compare);
    m_compare->setSecondPrompt(second);
    m_messages->clear();
    if (second.trimmed().isEmpty() || prompt().trimmed().isEmpty())
        return m_messages->showMessage(
            MessageBar::Kind::Info, tr("Write both prompts first: the one above and the second."));
    if (m_graph && m_graph->prompt == prompt().toStdString())
        return traceSecond();
    trace(prompt());
    m_comparesNext = true;
    updateButtons();
}

void CircuitPage::traceSecond()
{
    m_comparesNext = false;
    m_traceFor = TraceFor::Comparison;
    m_session->trace(traceRequest(m_compare->secondPrompt()));
}

void CircuitPage::receiveTraced(const Shared<core::AttributionGraph>& graph)
{
    if (m_traceFor == TraceFor::Comparison) {
        m_traceFor = TraceFor::Graph;
        if (m_graph)
            m_session->compareGraphs(m_graph, graph);
        return;
    }
    receive(graph);
    if (m_cellNext) {
        const auto [layer, position] = *m_cellNext;
        m_cellNext.reset();
        chooseCell(layer, position);
    }
    if (m_comparesNext)
        traceSecond();
}

void CircuitPage::swap(const QString& donor)
{
    m_messages->clear();
    m_swap->setDonor(donor);
    core::SwapRequest request;
    request.prompt = prompt().toStdString();
    request.donor = donor.toStdString();
    request.dictionaries = m_settings->request(prompt()).dictionaries;
    m_session->swap(request);
}

void CircuitPage::sendPrune()
{
    if (m_source && m_source->id != 0)
        m_session->prune({m_source->id, m_tools->nodeThreshold(), m_tools->edgeThreshold()});
}

void CircuitPage::sendScore()
{
    const bool isAny = m_graph
        && std::any_of(m_graph->nodes.begin(), m_graph->nodes.end(),
            [](const auto& node) { return node.isPinned && node.kind == core::NodeKind::Feature; });
    if (isAny)
        return m_session->scoreSubgraph(m_graph);
    if (m_session->isBusy(tags::kSubgraph))
        m_session->cancel(tags::kSubgraph);
    m_scorePanel->setSubgraph(nullptr);
}

void CircuitPage::changeNode(double value)
{
    const int node = chosenNode();
    if (!m_graph || node < 0 || !changeProblem().isEmpty())
        return;
    const core::GraphNode& feature = m_graph->nodes[static_cast<std::size_t>(node)];
    if (feature.kind != core::NodeKind::Feature)
        return;
    m_messages->clear();
    core::InterveneRequest request;
    request.prompt = m_graph->prompt;
    request.settings.push_back({feature.layer, feature.position, feature.feature, value});
    request.dictionaries = m_graph->dictionaries;
    m_changeFor = ChangeFor::Node;
    m_session->intervene(request);
}

void CircuitPage::runInterventions()
{
    if (!changeProblem().isEmpty() || m_interventions->edits().empty())
        return;
    m_messages->clear();
    m_changeFor = ChangeFor::List;
    m_session->intervene(m_interventions->request());
}

void CircuitPage::receiveChange(const Shared<core::InterveneResult>& result)
{
    if (m_changeFor == ChangeFor::Node)
        return showChange(*result);
    m_interventions->showResult(*result);
    Q_EMIT interventionsShown();
}

void CircuitPage::showChange(const core::InterveneResult& result)
{
    if (result.request.settings.empty())
        return;
    const core::FeatureSetting& setting = result.request.settings.front();
    QString name = tr("feature %1").arg(setting.feature.value);
    if (m_graph)
        for (const core::GraphNode& node : m_graph->nodes)
            if (node.kind == core::NodeKind::Feature && node.feature == setting.feature
                && node.layer == setting.layer && node.position == setting.position)
                name = nodeTitle(node);
    const QString layer = QString::number(setting.layer.value),
                  position = QString::number(setting.position.value);
    const QString change = setting.value == 0.0
        ? tr("Next token with %1 ablated at layer %2, position %3:").arg(name, layer, position)
        : tr("Next token with %1 set to %2 at layer %3, position %4:")
              .arg(name, formatNumber(setting.value), layer, position);
    m_nodePanel->showChange(result, change);
}

void CircuitPage::check()
{
    if (!checkProblem().isEmpty())
        return;
    m_messages->clear();
    core::CheckRequest request;
    request.graph = m_source->id;
    request.features = m_scorePanel->checkedFeatures();
    m_session->checkGraph(request);
}

void CircuitPage::showCheck(const Shared<core::PerturbationCheck>& check)
{
    if (!m_source || check->request.graph != m_source->id)
        return; // of a graph that is no longer shown
    m_check = check;
    m_scorePanel->showCheck(check);
    Q_EMIT checkShown();
}

void CircuitPage::choosePoint(int point)
{
    if (!m_check || !m_graph || point < 0 || point >= countOf(m_check->points))
        return;
    const auto& chosen = m_check->points[static_cast<std::size_t>(point)];
    for (int i = 0; i < countOf(m_graph->nodes); ++i) {
        const core::GraphNode& node = m_graph->nodes[static_cast<std::size_t>(i)];
        if (node.kind == core::NodeKind::Feature && node.layer == chosen.layer
            && node.position == chosen.position && node.feature == chosen.feature)
            return chooseNode(i);
    }
    m_messages->showMessage(MessageBar::Kind::Info,
        tr("This feature is pruned away at these thresholds: raise the node threshold to see it."));
}

void CircuitPage::chooseCell(core::Layer layer, core::Position position)
{
    if (m_session->isBusy(tags::kTrace)) {
        m_cellNext = std::pair(layer, position);
        return;
    }
    if (!m_graph)
        return;
    int strongest = -1;
    for (int i = 0; i < countOf(m_graph->nodes); ++i) {
        const core::GraphNode& node = m_graph->nodes[static_cast<std::size_t>(i)];
        const bool isThere = node.kind == core::NodeKind::Feature && node.layer == layer
            && (!position.isValid() || node.position == position);
        if (isThere
            && (strongest < 0
                || node.rawInfluence
                    > m_graph->nodes[static_cast<std::size_t>(strongest)].rawInfluence))
            strongest = i;
    }
    if (strongest >= 0)
        return chooseNode(strongest);
    if (view() == View::Graph)
        m_messages->showMessage(MessageBar::Kind::Info,
            tr("No feature of layer %1 at this position is in the graph at these thresholds.")
                .arg(layer.value));
}

void CircuitPage::showProgress(const QString& tag, const core::Progress& progress)
{
    if (tag == tags::kTrace)
        m_progress->setProgress(progress);
    else if (tag == tags::kCheck)
        m_scorePanel->setProgress(progress);
}

void CircuitPage::updateButtons()
{
    const bool isTracing = m_session->isBusy(tags::kTrace);
    m_trace->setText(isTracing ? tr("S&top") : tr("&Trace"));
    m_trace->setIcon(icon(isTracing ? Icon::Stop : Icon::Play));
    m_progress->setRunning(isTracing);
    const QString summary = m_settings->summary();
    m_explain->setToolTip(summary.isEmpty()
            ? tr("Which tokens a graph explains, through which dictionaries, and what it may take")
            : summary);
    m_explain->setText(
        summary.isEmpty() ? tr("What to e&xplain") : tr("What to e&xplain (changed)"));
    m_compare->setRunning(m_session->isBusy(tags::kCompare)
        || (isTracing && (m_comparesNext || m_traceFor == TraceFor::Comparison)));
    m_compare->setProblem(m_session->hasModel() ? QString() : tr("Open a model first."));
    m_swap->setBusy(m_session->isBusy(tags::kSwap));
    const bool hasPicture = pictured() != nullptr;
    m_savePicture->setEnabled(hasPicture);
    m_copyPicture->setEnabled(hasPicture);
    m_saveGraph->setEnabled(hasGraph());
    m_saveTable->setEnabled(hasGraph());
    m_saveMatrix->setEnabled(m_source && m_source->id != 0);
    const QString problem = changeProblem();
    m_nodePanel->setChangeProblem(problem);
    m_interventions->setProblem(problem);
    m_interventions->setRunning(
        m_session->isBusy(tags::kIntervene) && m_changeFor == ChangeFor::List);
    m_scorePanel->setChecking(m_session->isBusy(tags::kCheck));
    m_scorePanel->setCheckProblem(checkProblem());
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

QString CircuitPage::checkProblem() const
{
    if (!m_source)
        return tr("Trace a prompt first.");
    if (m_source->id == 0)
        return tr("This graph was read from a file; trace its prompt to check it.");
    if (!m_session->hasModel() || m_source->model != m_session->state().model.name)
        return tr("This graph was made by %1; open that model to check it.")
            .arg(toQString(m_source->model));
    return {};
}

void CircuitPage::reportError(const QString& tag, const QString& message)
{
    if (tag == tags::kTrace) {
        m_comparesNext = false;
        m_cellNext.reset();
        m_traceFor = TraceFor::Graph;
    }
    for (const QLatin1String own : {tags::kTrace, tags::kPrune, tags::kIntervene, tags::kSwap,
             tags::kSaveGraph, tags::kLoadGraph, tags::kCheck, tags::kSubgraph, tags::kCompare})
        if (tag == own)
            m_messages->showError(message);
}

} // namespace ui
