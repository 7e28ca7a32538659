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

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <QHash>
#include <QObject>
#include <QString>
#include <QUndoStack>

#include "ui/session/coalescer.h"

namespace ui {

/// Names of requests: the engine's own tags, and a few more for those it does not tag.
namespace tags {
inline constexpr QLatin1String kEngine("engine");
inline constexpr QLatin1String kInspect("inspect");
inline constexpr QLatin1String kOpen("open");
inline constexpr QLatin1String kSelfCheck("self-check");
inline constexpr QLatin1String kClose("close");
inline constexpr QLatin1String kEvaluate("evaluate");
inline constexpr QLatin1String kAnalyze("analyze");
inline constexpr QLatin1String kTryText("try-text");
inline constexpr QLatin1String kArchitecture("architecture");
inline constexpr QLatin1String kList("list");
inline constexpr QLatin1String kCard("card");
inline constexpr QLatin1String kLabel("label");
inline constexpr QLatin1String kHarvest("harvest");
inline constexpr QLatin1String kGenerate("generate");
inline constexpr QLatin1String kSweetSpot("sweet-spot");
inline constexpr QLatin1String kTrace("trace");
inline constexpr QLatin1String kPrune("prune");
inline constexpr QLatin1String kIntervene("intervene");
inline constexpr QLatin1String kSwap("swap");
inline constexpr QLatin1String kEstimate("estimate");
inline constexpr QLatin1String kConcept("concept");
inline constexpr QLatin1String kSwapTest("swap-test");
inline constexpr QLatin1String kPatch("patch");
inline constexpr QLatin1String kCheck("check");
inline constexpr QLatin1String kSubgraph("subgraph");
inline constexpr QLatin1String kCompare("compare");
inline constexpr QLatin1String kSaveGraph("save-graph");
inline constexpr QLatin1String kLoadGraph("load-graph");
} // namespace tags

template <typename T> using Shared = std::shared_ptr<const T>;

/// What lies at a path: a model, or else dictionaries.
struct PathContent {
    QString path;
    Shared<core::ModelInfo> model; ///< Null when it is none.
    Shared<std::vector<core::DictionaryInfo>> dictionaries; ///< Null when it is a model.
};

/// The only object that talks to the engine. Every slot returns at once; every answer is a signal
/// on this thread. The newest request with a tag wins: answers to older ones are dropped here.
///
/// Exists without an engine, so that the window can paint first: requests made before
/// attachEngine() are kept and sent then. Destroying it stops and joins the engine.
class Session : public QObject {
    Q_OBJECT
public:
    explicit Session(QObject* parent = nullptr);
    ~Session() override;

    void attachEngine(std::shared_ptr<core::Engine> engine);
    bool hasEngine() const { return m_engine != nullptr; }
    /// Nothing will ever answer: the core library could not be opened.
    void failEngine(const QString& message);

    const core::EngineState& state() const { return *m_state; } ///< Empty until a model is open.
    bool hasModel() const { return m_state->model.isLoaded; }
    /// What the open model was asked for as; its path is what a person calls it.
    const core::OpenModelRequest& openedAs() const { return m_openedAs; }
    const core::DictionaryInfo* dictionary(
        const std::string& name) const; ///< Null when it is not open.
    bool isBusy(const QString& tag) const { return m_running.value(tag) > 0; }
    bool isBusy() const { return !m_running.isEmpty(); }

    /// Undo for everything a person writes: labels, pins, groups, interventions.
    QUndoStack* undoStack() { return &m_undoStack; }

public Q_SLOTS:
    void cancel(const QString& tag);
    void cancelAll();

    /// identified, or an error that says what was expected. Loads nothing.
    void identify(const QString& path);
    /// stateChanged, modelOpened. "builtin" is the built-in model; an empty device or precision is
    /// the engine's own.
    void openModel(const QString& path, const QString& device = {}, const QString& dtype = {});
    void selfCheck(); ///< selfChecked
    void addDictionaries(const QString& path); ///< stateChanged, dictionariesAdded
    void closeDictionary(const std::string& name); ///< stateChanged
    void evaluate(const std::string& dictionary, const QString& text); ///< evaluated

    void analyze(const core::AnalyzeRequest& request); ///< promptAnalyzed
    /// Where one feature fires on a text. Waits for a running analyze and does not disturb it.
    void tryText(const core::FeatureRef& feature, const QString& text); ///< textTried
    void architecture(const core::ArchitectureRequest& request); ///< architectureReady

    void listFeatures(const core::FeatureQuery& query); ///< featuresListed
    quint64 requestFeatureRows(
        std::vector<core::FeatureRef> features); ///< featureRowsReady, all arrive
    void requestFeatureCard(const core::FeatureRef& feature); ///< featureCardReady
    void setLabel(const core::LabelEdit& edit); ///< featureChanged
    void harvest(const core::HarvestRequest& request); ///< harvested

    void generate(const core::GenerateRequest& request); ///< generationStepped, then generated
    void setInterventions(const std::vector<core::Intervention>& interventions);
    void sweetSpot(const core::SweetSpotRequest& request); ///< sweetSpotFound

    void estimateTrace(const core::TraceRequest& request); ///< traceEstimated
    void trace(const core::TraceRequest& request); ///< traced
    void prune(const core::PruneRequest& request); ///< pruned
    void intervene(const core::InterveneRequest& request); ///< intervened
    void swap(const core::SwapRequest& request); ///< swapped
    void findConcept(const core::ConceptRequest& request); ///< conceptFound
    void swapTest(const core::SwapTestRequest& request); ///< swapTested
    void patch(const core::PatchRequest& request); ///< patched
    void checkGraph(const core::CheckRequest& request); ///< graphChecked
    void scoreSubgraph(ui::Shared<core::AttributionGraph> graph); ///< subgraphScored
    void compareGraphs(ui::Shared<core::AttributionGraph> first,
        ui::Shared<core::AttributionGraph> second); ///< graphsCompared
    void saveGraph(ui::Shared<core::AttributionGraph> graph, const QString& path); ///< graphSaved
    void saveMatrix(quint64 graph, const QString& path); ///< graphSaved
    void saveNodeTable(
        ui::Shared<core::AttributionGraph> graph, const QString& path); ///< graphSaved
    void loadGraph(const QString& path); ///< graphLoaded

Q_SIGNALS:
    void engineAttached();
    void stateChanged(); ///< Model or dictionaries; read state().
    void busyChanged(const QString& tag, bool isBusy);
    void progressChanged(
        const QString& tag, const core::Progress& progress); ///< At most 30 a second.
    /// A request failed; a page shows the message in its bar if the tag is one of its own.
    void errorOccurred(const QString& tag, const QString& message);

    void identified(const ui::PathContent& content);
    void modelOpened(); ///< After stateChanged: another model than before, or the same anew.
    void selfChecked(ui::Shared<core::SelfCheck> check);
    void dictionariesAdded(const QString& path); ///< After stateChanged.
    void evaluated(ui::Shared<core::DictionaryQuality> quality);
    void promptAnalyzed(ui::Shared<core::PromptAnalysis> analysis);
    void textTried(const core::FeatureRef& feature, ui::Shared<core::PromptAnalysis> analysis);
    void architectureReady(ui::Shared<core::ArchitectureView> view);
    void featuresListed(ui::Shared<core::FeatureList> list);
    void featureRowsReady(
        quint64 request, ui::Shared<std::vector<core::FeatureRow>> rows); ///< Null: failed.
    void featureCardReady(ui::Shared<core::FeatureCard> card);
    void featureChanged(const core::FeatureRow& row); ///< A label was set or removed.
    void harvested(ui::Shared<core::HarvestSummary> summary);
    /// The tokens since the last call, in order; at most 30 calls a second.
    void generationStepped(const std::vector<core::GenerateStep>& steps);
    void generated(ui::Shared<core::Generation> generation);
    void sweetSpotFound(ui::Shared<core::SweetSpot> spot);
    void traced(ui::Shared<core::AttributionGraph> graph);
    void pruned(ui::Shared<core::AttributionGraph> graph);
    void intervened(ui::Shared<core::InterveneResult> result);
    void swapped(ui::Shared<core::SwapResult> result);
    void traceEstimated(ui::Shared<core::TraceEstimate> estimate);
    void conceptFound(ui::Shared<core::ConceptFeatures> features);
    void swapTested(ui::Shared<core::SwapTestResult> result);
    void patched(ui::Shared<core::PatchResult> result);
    void graphChecked(ui::Shared<core::PerturbationCheck> check);
    void subgraphScored(ui::Shared<core::SubgraphScore> score);
    void graphsCompared(ui::Shared<core::GraphComparison> comparison);
    void graphSaved(const QString& path);
    void graphLoaded(ui::Shared<core::AttributionGraph> graph);

private:
    struct StepBuffer;
    struct ProgressBuffer;
    struct TextTrial {
        core::FeatureRef feature;
        core::AnalyzeRequest request;
    };

    /// What to do with a good answer; the rest (stale, cancelled, failed, busy) is the same for
    /// all. A failure is errorOccurred unless `onError` takes it.
    template <typename T>
    core::Reply<T> reply(QLatin1String tag, std::function<void(Shared<T>)> onValue,
        std::function<void(const core::Error&)> onError = {});
    void identifyDictionaries(const QString& path, const core::Error& asModel);
    void send(std::function<void(core::Engine&)> call);
    void begin(const QString& tag);
    void finish(const QString& tag);
    void setState(Shared<core::EngineState> state);
    void sendTrial();
    void emitSteps();
    void emitProgress();

    std::shared_ptr<core::Engine> m_engine;
    std::vector<std::function<void(core::Engine&)>>
        m_waiting; ///< Made before the engine was there.
    Shared<core::EngineState> m_state;
    core::OpenModelRequest m_openedAs;
    QHash<QString, quint64> m_latest; ///< Number of the newest request of each tag.
    QHash<QString, int> m_running;
    quint64 m_rowRequests = 0;
    std::optional<TextTrial> m_trial;
    core::HarvestRequest m_harvest;
    std::shared_ptr<StepBuffer> m_steps;
    std::shared_ptr<ProgressBuffer> m_progress;
    Coalescer m_stepNotifier;
    Coalescer m_progressNotifier;
    QUndoStack m_undoStack;
    QString m_engineFailure;
};

} // namespace ui
