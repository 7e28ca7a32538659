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
#include "core/engine/engine_thread.h"
#include "core/engine/guard.h"
#include "core/engine/loaded_model.h"
#include "core/engine/traced_graphs.h"
#include "core/engine/workspace_access.h"
#include "core/model/precision.h"

#include <mutex>

namespace core {

/// The engine behind the interface: an engine thread that owns the model, and a reader and a writer
/// thread that own one workspace connection each. Requests are spread over files by what they are
/// about.
class EngineImpl : public Engine {
public:
    explicit EngineImpl(Options options);
    ~EngineImpl() override;

    void setProgressListener(ProgressListener listener) override;
    void cancel(const std::string& tag) override;
    void cancelAll() override;

    void inspectModel(OpenModelRequest request, Reply<ModelInfo> reply) override;
    void openModel(OpenModelRequest request, Reply<EngineState> reply) override;
    void selfCheck(Reply<SelfCheck> reply) override;
    void inspectDictionaries(std::string path, Reply<std::vector<DictionaryInfo>> reply) override;
    void addDictionaries(std::string path, Reply<EngineState> reply) override;
    void closeDictionary(std::string name, Reply<EngineState> reply) override;
    void evaluate(
        std::string dictionary, std::string text, Reply<DictionaryQuality> reply) override;

    void analyze(AnalyzeRequest request, Reply<PromptAnalysis> reply) override;
    void architecture(ArchitectureRequest request, Reply<ArchitectureView> reply) override;

    void listFeatures(FeatureQuery query, Reply<FeatureList> reply) override;
    void featureRows(
        std::vector<FeatureRef> features, Reply<std::vector<FeatureRow>> reply) override;
    void featureCard(FeatureRef feature, Reply<FeatureCard> reply) override;
    void setLabel(LabelEdit edit, Reply<FeatureRow> reply) override;
    void harvest(HarvestRequest request, Reply<HarvestSummary> reply) override;

    void generate(GenerateRequest request, std::function<void(const GenerateStep&)> onStep,
        Reply<Generation> reply) override;
    void setInterventions(std::vector<Intervention> interventions) override;
    void sweetSpot(SweetSpotRequest request, Reply<SweetSpot> reply) override;

    void estimateTrace(TraceRequest request, Reply<TraceEstimate> reply) override;
    void trace(TraceRequest request, Reply<AttributionGraph> reply) override;
    void prune(PruneRequest request, Reply<AttributionGraph> reply) override;
    void intervene(InterveneRequest request, Reply<InterveneResult> reply) override;
    void swap(SwapRequest request, Reply<SwapResult> reply) override;
    void findConcept(ConceptRequest request, Reply<ConceptFeatures> reply) override;
    void swapTest(SwapTestRequest request, Reply<SwapTestResult> reply) override;
    void patch(PatchRequest request, Reply<PatchResult> reply) override;
    void checkGraph(CheckRequest request, Reply<PerturbationCheck> reply) override;
    void scoreSubgraph(Graph graph, Reply<SubgraphScore> reply) override;
    void compareGraphs(Graph first, Graph second, Reply<GraphComparison> reply) override;
    void saveGraph(Graph graph, std::string path, Reply<std::string> reply) override;
    void saveMatrix(std::uint64_t graph, std::string path, Reply<std::string> reply) override;
    void saveNodeTable(Graph graph, std::string path, Reply<std::string> reply) override;
    void loadGraph(std::string path, Reply<AttributionGraph> reply) override;

private:
    /// Posts `work` to `thread`; its result, or Cancelled when a newer request took its place, goes
    /// to `reply`.
    template <typename T, typename Work>
    void post(EngineThread& thread, Lane lane, std::string tag, Reply<T> reply, Work work)
    {
        thread.post(lane, std::move(tag),
            {[reply, work = std::move(work)](std::stop_token stop) mutable {
                 Result<T> result = guarded([&]() -> Result<T> { return work(stop); });
                 if (result)
                     reply(std::make_shared<const T>(std::move(*result)));
                 else
                     reply(fail(stop.stop_requested() ? Error{Error::Code::Cancelled, "Cancelled."}
                                                      : result.error()));
             },
                [reply] { reply(cancelled()); }});
    }

    ProgressFn progressFor(std::string tag);
    Result<const LoadedModel*>
    loaded() const; ///< Engine thread; an error says that no model is open.
    EngineState state() const; ///< Engine thread.
    Result<Precision> precisionOf(const OpenModelRequest& request) const;
    Result<EngineState> open(const OpenModelRequest& request, std::stop_token stop);
    Result<void> registerDictionaries();
    void publishNames(); ///< Engine thread: what `openDictionaryNames` answers from now on.
    std::vector<std::string> openDictionaryNames(); ///< Any thread.

    const Options m_options;
    std::mutex m_listenerMutex;
    ProgressListener m_listener;

    // Engine thread only.
    LoadedModel m_model;
    std::vector<DictionaryInfo> m_dictionaryInfos;
    TracedGraphs m_graphs;
    std::string m_blasNote;

    std::mutex m_namesMutex;
    std::vector<std::string> m_openNames;

    WorkspaceAccess m_workspace; // guards itself; hands each thread its own connection

    std::mutex m_interventionsMutex;
    std::vector<Intervention> m_interventions; ///< Of the running generation.
    std::uint64_t m_interventionsVersion = 0;

    // Last, so that they stop and join before what they use goes.
    EngineThread m_writerThread;
    EngineThread m_readerThread;
    EngineThread m_engineThread;
};

} // namespace core
