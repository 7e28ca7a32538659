#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/engine/results.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace core {

// Defined in check_results.h, patch_results.h and swap_results.h.
struct CheckRequest;
struct ConceptFeatures;
struct ConceptRequest;
struct GraphComparison;
struct PatchRequest;
struct PatchResult;
struct PerturbationCheck;
struct SubgraphScore;
struct SwapTestRequest;
struct SwapTestResult;
struct TraceEstimate;

/// Answers arrive once, on an engine thread, as an immutable value or an error (Cancelled when a
/// newer request with the same tag took its place).
template <typename T> using Reply = std::function<void(Result<std::shared_ptr<const T>>)>;

/// Everything the program can do, for the window and the command line alike.
///
/// Call from any thread; every call returns at once. One thread owns the model and runs model
/// requests one at a time; feature pages, cards and searches run beside it on a reader thread,
/// labels on a writer. A request replaces the waiting one with its tag and stops the running one.
/// Tags: "open" (openModel, addDictionaries), "analyze", "architecture", "list", "rows" (not
/// tagged: pages all arrive), "card", "generate", "sweet-spot", "estimate", "trace", "prune",
/// "subgraph", "check", "compare", "intervene", "swap", "concept", "swap-test", "patch", "harvest",
/// "evaluate", "self-check", "inspect". Long ones report progress with their tag.
class Engine {
public:
    struct Options {
        std::string resources; ///< Folder with `builtin/`.
        std::string dataFolder; ///< Where workspaces are kept; created when missing.
        int threads = 0; ///< 0 = all cores but one, at least one.
        std::string device = "auto";
        std::string dtype = "float32"; ///< Unless a request to open says otherwise.
    };
    using ProgressListener = std::function<void(const std::string& tag, const Progress&)>;

    virtual ~Engine() = default; ///< Stops every request, joins the threads.

    virtual void setProgressListener(ProgressListener listener) = 0;
    virtual void cancel(const std::string& tag) = 0;
    virtual void cancelAll() = 0;

    /// What a folder holds and what it would cost, without loading its weights.
    virtual void inspectModel(OpenModelRequest request, Reply<ModelInfo> reply) = 0;
    /// Loads a model (and, for "builtin", its dictionaries and harvest). The old one stays until
    /// the new is whole.
    virtual void openModel(OpenModelRequest request, Reply<EngineState> reply) = 0;
    /// Compares the open model with its files in float32 on the CPU.
    virtual void selfCheck(Reply<SelfCheck> reply) = 0;
    /// What a dictionary file or folder holds, without opening it for a model.
    virtual void inspectDictionaries(std::string path, Reply<std::vector<DictionaryInfo>> reply)
        = 0;
    /// A dictionary file or folder in any known format, also a folder of several; or "builtin".
    virtual void addDictionaries(std::string path, Reply<EngineState> reply) = 0;
    virtual void closeDictionary(std::string name, Reply<EngineState> reply) = 0;
    virtual void evaluate(std::string dictionary, std::string text, Reply<DictionaryQuality> reply)
        = 0;

    virtual void analyze(AnalyzeRequest request, Reply<PromptAnalysis> reply) = 0;
    virtual void architecture(ArchitectureRequest request, Reply<ArchitectureView> reply) = 0;

    virtual void listFeatures(FeatureQuery query, Reply<FeatureList> reply) = 0;
    virtual void featureRows(std::vector<FeatureRef> features, Reply<std::vector<FeatureRow>> reply)
        = 0;
    virtual void featureCard(FeatureRef feature, Reply<FeatureCard> reply) = 0;
    virtual void setLabel(LabelEdit edit, Reply<FeatureRow> reply) = 0;
    virtual void harvest(HarvestRequest request, Reply<HarvestSummary> reply) = 0;

    /// `onStep` is called on the engine thread for every token, before the next is decoded.
    virtual void generate(GenerateRequest request, std::function<void(const GenerateStep&)> onStep,
        Reply<Generation> reply)
        = 0;
    /// Replaces the interventions of the running generation; they act on its next token.
    virtual void setInterventions(std::vector<Intervention> interventions) = 0;
    virtual void sweetSpot(SweetSpotRequest request, Reply<SweetSpot> reply) = 0;

    using Graph = std::shared_ptr<const AttributionGraph>;

    /// What a trace would cost; one forward pass.
    virtual void estimateTrace(TraceRequest request, Reply<TraceEstimate> reply) = 0;
    virtual void trace(TraceRequest request, Reply<AttributionGraph> reply) = 0;
    virtual void prune(PruneRequest request, Reply<AttributionGraph> reply) = 0;
    virtual void intervene(InterveneRequest request, Reply<InterveneResult> reply) = 0;
    virtual void swap(SwapRequest request, Reply<SwapResult> reply) = 0;
    virtual void findConcept(ConceptRequest request, Reply<ConceptFeatures> reply) = 0;
    virtual void swapTest(SwapTestRequest request, Reply<SwapTestResult> reply) = 0;
    virtual void patch(PatchRequest request, Reply<PatchResult> reply) = 0;
    /// Changes features of a traced graph in the model and holds what happens against the graph.
    virtual void checkGraph(CheckRequest request, Reply<PerturbationCheck> reply) = 0;
    /// How much the pinned features explain alone.
    virtual void scoreSubgraph(Graph graph, Reply<SubgraphScore> reply) = 0;
    virtual void compareGraphs(Graph first, Graph second, Reply<GraphComparison> reply) = 0;
    /// circuit-tracer's JSON, both ways; written to a temporary and renamed.
    virtual void saveGraph(Graph graph, std::string path, Reply<std::string> reply) = 0;
    /// The unpruned matrix with its nodes and masks as safetensors, in circuit-tracer's order.
    virtual void saveMatrix(std::uint64_t graph, std::string path, Reply<std::string> reply) = 0;
    /// The nodes as CSV, a line each.
    virtual void saveNodeTable(Graph graph, std::string path, Reply<std::string> reply) = 0;
    virtual void loadGraph(std::string path, Reply<AttributionGraph> reply) = 0;
};

using CreateEngineFn = Engine* (*)(const Engine::Options&);

} // namespace core

/// The one symbol the window looks up after it has opened the core library at run time.
extern "C" core::Engine* createEngine(const core::Engine::Options& options);
