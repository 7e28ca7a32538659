// Circuits: graphs, their checks, interventions, patching and files.
#include "ui/session/session.h"

#include "core/api/attribution_graph.h"
#include "core/api/check_graph.h"
#include "core/api/compare_graphs.h"
#include "core/api/engine.h"
#include "core/api/estimate_trace.h"
#include "core/api/find_concept.h"
#include "core/api/intervene.h"
#include "core/api/patch.h"
#include "core/api/prune.h"
#include "core/api/score_subgraph.h"
#include "core/api/swap.h"
#include "core/api/swap_test.h"
#include "core/api/trace.h"
#include "ui/session/session_reply.h"
#include "ui/style/text.h"

#include <utility>

namespace ui {

void Session::trace(const core::TraceRequest& request)
{
    send([request, answer = reply<core::AttributionGraph>(tags::kTrace, [this](auto value) {
        Q_EMIT traced(value);
    })](core::Engine& engine) { engine.trace(request, answer); });
}

void Session::prune(const core::PruneRequest& request)
{
    send([request, answer = reply<core::AttributionGraph>(tags::kPrune, [this](auto value) {
        Q_EMIT pruned(value);
    })](core::Engine& engine) { engine.prune(request, answer); });
}

void Session::intervene(const core::InterveneRequest& request)
{
    send([request, answer = reply<core::InterveneResult>(tags::kIntervene, [this](auto value) {
        Q_EMIT intervened(value);
    })](core::Engine& engine) { engine.intervene(request, answer); });
}

void Session::swap(const core::SwapRequest& request)
{
    send([request, answer = reply<core::SwapResult>(tags::kSwap, [this](auto value) {
        Q_EMIT swapped(value);
    })](core::Engine& engine) { engine.swap(request, answer); });
}

void Session::estimateTrace(const core::TraceRequest& request)
{
    send([request, answer = reply<core::TraceEstimate>(tags::kEstimate, [this](auto value) {
        Q_EMIT traceEstimated(value);
    })](core::Engine& engine) { engine.estimateTrace(request, answer); });
}

void Session::findConcept(const core::ConceptRequest& request)
{
    send([request, answer = reply<core::ConceptFeatures>(tags::kConcept, [this](auto value) {
        Q_EMIT conceptFound(value);
    })](core::Engine& engine) { engine.findConcept(request, answer); });
}

void Session::swapTest(const core::SwapTestRequest& request)
{
    send([request, answer = reply<core::SwapTestResult>(tags::kSwapTest, [this](auto value) {
        Q_EMIT swapTested(value);
    })](core::Engine& engine) { engine.swapTest(request, answer); });
}

void Session::patch(const core::PatchRequest& request)
{
    send([request, answer = reply<core::PatchResult>(tags::kPatch, [this](auto value) {
        Q_EMIT patched(value);
    })](core::Engine& engine) { engine.patch(request, answer); });
}

void Session::checkGraph(const core::CheckRequest& request)
{
    send([request, answer = reply<core::PerturbationCheck>(tags::kCheck, [this](auto value) {
        Q_EMIT graphChecked(value);
    })](core::Engine& engine) { engine.checkGraph(request, answer); });
}

void Session::scoreSubgraph(Shared<core::AttributionGraph> graph)
{
    send([graph = std::move(graph),
             answer = reply<core::SubgraphScore>(tags::kSubgraph, [this](auto value) {
                 Q_EMIT subgraphScored(value);
             })](core::Engine& engine) { engine.scoreSubgraph(graph, answer); });
}

void Session::compareGraphs(
    Shared<core::AttributionGraph> first, Shared<core::AttributionGraph> second)
{
    send([first = std::move(first), second = std::move(second),
             answer = reply<core::GraphComparison>(tags::kCompare, [this](auto value) {
                 Q_EMIT graphsCompared(value);
             })](core::Engine& engine) { engine.compareGraphs(first, second, answer); });
}

void Session::saveMatrix(quint64 graph, const QString& path)
{
    send([graph, path = path.toStdString(),
             answer = reply<std::string>(tags::kSaveGraph, [this](auto saved) {
                 Q_EMIT graphSaved(toQString(*saved));
             })](core::Engine& engine) { engine.saveMatrix(graph, path, answer); });
}

void Session::saveNodeTable(Shared<core::AttributionGraph> graph, const QString& path)
{
    send([graph = std::move(graph), path = path.toStdString(),
             answer = reply<std::string>(tags::kSaveGraph, [this](auto saved) {
                 Q_EMIT graphSaved(toQString(*saved));
             })](core::Engine& engine) { engine.saveNodeTable(graph, path, answer); });
}

void Session::saveGraph(Shared<core::AttributionGraph> graph, const QString& path)
{
    send([graph = std::move(graph), path = path.toStdString(),
             answer = reply<std::string>(tags::kSaveGraph, [this](auto saved) {
                 Q_EMIT graphSaved(toQString(*saved));
             })](core::Engine& engine) { engine.saveGraph(graph, path, answer); });
}

void Session::loadGraph(const QString& path)
{
    send([path = path.toStdString(),
             answer = reply<core::AttributionGraph>(tags::kLoadGraph, [this](auto graph) {
                 Q_EMIT graphLoaded(graph);
             })](core::Engine& engine) { engine.loadGraph(path, answer); });
}

} // namespace ui
