#pragma once

#include "core/api/analyze.h"
#include "core/api/architecture.h"
#include "core/api/attribution_graph.h"
#include "core/api/check_graph.h"
#include "core/api/compare_graphs.h"
#include "core/api/dictionary_info.h"
#include "core/api/engine.h"
#include "core/api/engine_state.h"
#include "core/api/estimate_trace.h"
#include "core/api/evaluate.h"
#include "core/api/feature_card.h"
#include "core/api/feature_row.h"
#include "core/api/find_concept.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/intervene.h"
#include "core/api/intervention.h"
#include "core/api/list_features.h"
#include "core/api/model_info.h"
#include "core/api/open_model.h"
#include "core/api/patch.h"
#include "core/api/prune.h"
#include "core/api/score_subgraph.h"
#include "core/api/self_check.h"
#include "core/api/set_label.h"
#include "core/api/swap.h"
#include "core/api/swap_test.h"
#include "core/api/sweet_spot.h"
#include "core/api/trace.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tests {

/// An engine without a model: every request is recorded and answered from a script, at once or when
/// the test says so. Single-threaded; answers come on the thread that asks or releases.
class FakeEngine : public core::Engine {
public:
    template <typename Request, typename Answer> struct Script {
        std::vector<Request> calls;
        std::function<core::Result<Answer>(const Request&)>
            answer; ///< Set by the constructor to the sample world.

        void failWith(
            const std::string& message, core::Error::Code code = core::Error::Code::InvalidFile)
        {
            answer = [message, code](const Request&) { return core::fail(code, message); };
        }
    };
    struct EvaluateCall {
        std::string dictionary, text;
    };

    FakeEngine(); ///< Answers as in sample_results.h.

    Script<core::OpenModelRequest, core::ModelInfo> inspected;
    Script<core::OpenModelRequest, core::EngineState> opened;
    Script<int, core::SelfCheck> checked; ///< The request is the number of the call.
    Script<std::string, std::vector<core::DictionaryInfo>> dictionariesInspected;
    Script<std::string, core::EngineState> added, closed;
    Script<EvaluateCall, core::DictionaryQuality> evaluated;
    Script<core::AnalyzeRequest, core::PromptAnalysis> analyzed;
    Script<core::ArchitectureRequest, core::ArchitectureView> pictured;
    Script<core::FeatureQuery, core::FeatureList> listed;
    Script<std::vector<core::FeatureRef>, std::vector<core::FeatureRow>> rows;
    Script<core::FeatureRef, core::FeatureCard> cards;
    Script<core::LabelEdit, core::FeatureRow> labelled;
    Script<core::HarvestRequest, core::HarvestSummary> harvested;
    Script<core::GenerateRequest, core::Generation> generated;
    Script<core::SweetSpotRequest, core::SweetSpot> spotted;
    Script<core::TraceRequest, core::AttributionGraph> traced;
    Script<core::PruneRequest, core::AttributionGraph> pruned;
    Script<core::InterveneRequest, core::InterveneResult> intervened;
    Script<core::SwapRequest, core::SwapResult> swapped;
    Script<core::TraceRequest, core::TraceEstimate> estimated;
    Script<core::ConceptRequest, core::ConceptFeatures> conceptsFound;
    Script<core::SwapTestRequest, core::SwapTestResult> swapsTested;
    Script<core::PatchRequest, core::PatchResult> patched;
    Script<core::CheckRequest, core::PerturbationCheck> graphsChecked;
    Script<Graph, core::SubgraphScore> subgraphsScored;
    Script<std::pair<Graph, Graph>, core::GraphComparison> compared;
    Script<std::string, std::string> matricesSaved, tablesSaved;
    Script<std::string, std::string> saved;
    Script<std::string, core::AttributionGraph> loaded;
    std::vector<core::GenerateStep> steps; ///< Given before each Generation.
    std::vector<std::vector<core::Intervention>> interventions;
    std::vector<std::string> cancelled;
    ProgressListener progress;

    void hold() { m_isHolding = true; } ///< Answers wait from now on.
    int waiting() const { return static_cast<int>(m_waiting.size()); }
    void release(int index); ///< One of the waiting answers, in any order.
    void releaseAll(); ///< And hold no more.
    bool* destroyed = nullptr; ///< Set to true by the destructor.

    ~FakeEngine() override;
    void setProgressListener(ProgressListener listener) override { progress = std::move(listener); }
    void cancel(const std::string& tag) override { cancelled.push_back(tag); }
    void cancelAll() override { cancelled.emplace_back("*"); }
    void inspectModel(core::OpenModelRequest request, core::Reply<core::ModelInfo> reply) override;
    void openModel(core::OpenModelRequest request, core::Reply<core::EngineState> reply) override;
    void selfCheck(core::Reply<core::SelfCheck> reply) override;
    void inspectDictionaries(
        std::string path, core::Reply<std::vector<core::DictionaryInfo>> reply) override;
    void addDictionaries(std::string path, core::Reply<core::EngineState> reply) override;
    void closeDictionary(std::string name, core::Reply<core::EngineState> reply) override;
    void evaluate(std::string dictionary, std::string text,
        core::Reply<core::DictionaryQuality> reply) override;
    void analyze(core::AnalyzeRequest request, core::Reply<core::PromptAnalysis> reply) override;
    void architecture(
        core::ArchitectureRequest request, core::Reply<core::ArchitectureView> reply) override;
    void listFeatures(core::FeatureQuery query, core::Reply<core::FeatureList> reply) override;
    void featureRows(std::vector<core::FeatureRef> features,
        core::Reply<std::vector<core::FeatureRow>> reply) override;
    void featureCard(core::FeatureRef feature, core::Reply<core::FeatureCard> reply) override;
    void setLabel(core::LabelEdit edit, core::Reply<core::FeatureRow> reply) override;
    void harvest(core::HarvestRequest request, core::Reply<core::HarvestSummary> reply) override;
    void generate(core::GenerateRequest request,
        std::function<void(const core::GenerateStep&)> onStep,
        core::Reply<core::Generation> reply) override;
    void setInterventions(std::vector<core::Intervention> list) override
    {
        interventions.push_back(std::move(list));
    }
    void sweetSpot(core::SweetSpotRequest request, core::Reply<core::SweetSpot> reply) override;
    void trace(core::TraceRequest request, core::Reply<core::AttributionGraph> reply) override;
    void prune(core::PruneRequest request, core::Reply<core::AttributionGraph> reply) override;
    void intervene(
        core::InterveneRequest request, core::Reply<core::InterveneResult> reply) override;
    void swap(core::SwapRequest request, core::Reply<core::SwapResult> reply) override;
    void estimateTrace(core::TraceRequest request, core::Reply<core::TraceEstimate> reply) override;
    void findConcept(
        core::ConceptRequest request, core::Reply<core::ConceptFeatures> reply) override;
    void swapTest(core::SwapTestRequest request, core::Reply<core::SwapTestResult> reply) override;
    void patch(core::PatchRequest request, core::Reply<core::PatchResult> reply) override;
    void checkGraph(
        core::CheckRequest request, core::Reply<core::PerturbationCheck> reply) override;
    void scoreSubgraph(Graph graph, core::Reply<core::SubgraphScore> reply) override;
    void compareGraphs(
        Graph first, Graph second, core::Reply<core::GraphComparison> reply) override;
    void saveGraph(Graph graph, std::string path, core::Reply<std::string> reply) override;
    void saveMatrix(std::uint64_t graph, std::string path, core::Reply<std::string> reply) override;
    void saveNodeTable(Graph graph, std::string path, core::Reply<std::string> reply) override;
    void loadGraph(std::string path, core::Reply<core::AttributionGraph> reply) override;

private:
    template <typename Request, typename Answer>
    void run(Script<Request, Answer>& script, Request request, core::Reply<Answer> reply);

    bool m_isHolding = false;
    std::deque<std::function<void()>> m_waiting;
};

} // namespace tests
