#include "fake_engine.h"

#include "sample_patching.h"
#include "sample_results.h"

namespace tests {

FakeEngine::FakeEngine()
{
    inspected.answer = [](const core::OpenModelRequest& request) {
        core::ModelInfo info = sampleModel();
        info.path = request.path;
        info.isLoaded = false;
        return info;
    };
    opened.answer = [](const core::OpenModelRequest& request) {
        core::EngineState state = sampleState();
        state.model.path = request.path;
        if (!request.dtype.empty())
            state.model.computeDtype = request.dtype;
        return state;
    };
    checked.answer = [](int) { return sampleCheck(); };
    dictionariesInspected.answer = [](const std::string&) { return sampleState().dictionaries; };
    added.answer = [](const std::string&) { return sampleState(); };
    closed.answer = [](const std::string& name) {
        core::EngineState state = sampleState();
        std::erase_if(state.dictionaries,
            [&](const core::DictionaryInfo& info) { return info.name == name; });
        return state;
    };
    evaluated.answer = [](const EvaluateCall& call) { return sampleQuality(call.dictionary); };
    analyzed.answer = sampleAnalysis;
    pictured.answer = sampleArchitecture;
    listed.answer = sampleList;
    rows.answer = [](const std::vector<core::FeatureRef>& features) {
        std::vector<core::FeatureRow> all;
        for (const core::FeatureRef& feature : features)
            all.push_back(sampleRow(feature));
        return all;
    };
    cards.answer = sampleCard;
    labelled.answer = [](const core::LabelEdit& edit) {
        core::FeatureRow row = sampleRow(edit.feature);
        if (edit.label.source == core::LabelSource::Person)
            row.label = edit.label;
        row.label.notes = edit.label.notes;
        return row;
    };
    harvested.answer = [](const core::HarvestRequest& request) {
        return core::HarvestSummary{request.tokens, 1900, 2048, 3.5};
    };
    generated.answer = [](const core::GenerateRequest& request) {
        core::Generation generation;
        generation.request = request;
        return generation;
    };
    spotted.answer = [](const core::SweetSpotRequest& request) {
        core::SweetSpot spot;
        spot.request = request;
        spot.multiple = 4.0;
        return spot;
    };
    traced.answer = [](const core::TraceRequest& request) { return sampleGraph(request.prompt); };
    pruned.answer
        = [](const core::PruneRequest&) { return sampleGraph("The capital of Texas is"); };
    intervened.answer = [](const core::InterveneRequest& request) {
        core::InterveneResult result;
        result.request = request;
        result.before = {{core::TokenId(1), " Austin", 0.9f}};
        result.after = {{core::TokenId(2), " Sacramento", 0.8f}};
        return result;
    };
    swapped.answer = [](const core::SwapRequest& request) {
        core::SwapResult result;
        result.request = request;
        result.before = {{core::TokenId(1), " Austin", 0.9f}};
        result.after = result.donor = {{core::TokenId(2), " Sacramento", 0.8f}};
        result.isSwapped = true;
        return result;
    };
    saved.answer = [](const std::string& path) { return path; };
    matricesSaved.answer = tablesSaved.answer = saved.answer;
    estimated.answer = [](const core::TraceRequest& request) {
        core::TraceEstimate estimate;
        estimate.request = request;
        return estimate;
    };
    conceptsFound.answer = sampleConcept;
    swapsTested.answer = sampleSwapTest;
    patched.answer = samplePatchResult;
    graphsChecked.answer = [](const core::CheckRequest& request) {
        core::PerturbationCheck check;
        check.request = request;
        return check;
    };
    subgraphsScored.answer = [](const Graph&) { return core::SubgraphScore{}; };
    compared.answer = [](const std::pair<Graph, Graph>&) { return core::GraphComparison{}; };
    loaded.answer = [](const std::string&) { return sampleGraph("The capital of Texas is"); };
}

FakeEngine::~FakeEngine()
{
    if (destroyed)
        *destroyed = true;
}

void FakeEngine::release(int index)
{
    const auto at = m_waiting.begin() + index;
    const auto answer = *at;
    m_waiting.erase(at);
    answer();
}

void FakeEngine::releaseAll()
{
    m_isHolding = false;
    while (!m_waiting.empty())
        release(0);
}

template <typename Request, typename Answer>
void FakeEngine::run(Script<Request, Answer>& script, Request request, core::Reply<Answer> reply)
{
    script.calls.push_back(request);
    auto answer = [make = script.answer, request = std::move(request), reply = std::move(reply)] {
        core::Result<Answer> result = make(request);
        if (result)
            reply(std::make_shared<const Answer>(std::move(*result)));
        else
            reply(core::fail(result.error()));
    };
    if (m_isHolding)
        m_waiting.emplace_back(std::move(answer));
    else
        answer();
}

void FakeEngine::inspectModel(core::OpenModelRequest request, core::Reply<core::ModelInfo> reply)
{
    run(inspected, std::move(request), std::move(reply));
}

void FakeEngine::openModel(core::OpenModelRequest request, core::Reply<core::EngineState> reply)
{
    run(opened, std::move(request), std::move(reply));
}

void FakeEngine::selfCheck(core::Reply<core::SelfCheck> reply)
{
    run(checked, static_cast<int>(checked.calls.size()), std::move(reply));
}

void FakeEngine::inspectDictionaries(
    std::string path, core::Reply<std::vector<core::DictionaryInfo>> reply)
{
    run(dictionariesInspected, std::move(path), std::move(reply));
}

void FakeEngine::addDictionaries(std::string path, core::Reply<core::EngineState> reply)
{
    run(added, std::move(path), std::move(reply));
}

void FakeEngine::closeDictionary(std::string name, core::Reply<core::EngineState> reply)
{
    run(closed, std::move(name), std::move(reply));
}

void FakeEngine::analyze(core::AnalyzeRequest request, core::Reply<core::PromptAnalysis> reply)
{
    run(analyzed, std::move(request), std::move(reply));
}

void FakeEngine::architecture(
    core::ArchitectureRequest request, core::Reply<core::ArchitectureView> reply)
{
    run(pictured, std::move(request), std::move(reply));
}

void FakeEngine::listFeatures(core::FeatureQuery query, core::Reply<core::FeatureList> reply)
{
    run(listed, std::move(query), std::move(reply));
}

void FakeEngine::featureCard(core::FeatureRef feature, core::Reply<core::FeatureCard> reply)
{
    run(cards, std::move(feature), std::move(reply));
}

void FakeEngine::setLabel(core::LabelEdit edit, core::Reply<core::FeatureRow> reply)
{
    run(labelled, std::move(edit), std::move(reply));
}

void FakeEngine::harvest(core::HarvestRequest request, core::Reply<core::HarvestSummary> reply)
{
    run(harvested, std::move(request), std::move(reply));
}

void FakeEngine::sweetSpot(core::SweetSpotRequest request, core::Reply<core::SweetSpot> reply)
{
    run(spotted, std::move(request), std::move(reply));
}

void FakeEngine::trace(core::TraceRequest request, core::Reply<core::AttributionGraph> reply)
{
    run(traced, std::move(request), std::move(reply));
}

void FakeEngine::prune(core::PruneRequest request, core::Reply<core::AttributionGraph> reply)
{
    run(pruned, std::move(request), std::move(reply));
}

void FakeEngine::intervene(core::InterveneRequest request, core::Reply<core::InterveneResult> reply)
{
    run(intervened, std::move(request), std::move(reply));
}

void FakeEngine::swap(core::SwapRequest request, core::Reply<core::SwapResult> reply)
{
    run(swapped, std::move(request), std::move(reply));
}

void FakeEngine::loadGraph(std::string path, core::Reply<core::AttributionGraph> reply)
{
    run(loaded, std::move(path), std::move(reply));
}

void FakeEngine::evaluate(
    std::string dictionary, std::string text, core::Reply<core::DictionaryQuality> reply)
{
    run(evaluated, EvaluateCall{std::move(dictionary), std::move(text)}, std::move(reply));
}

void FakeEngine::featureRows(
    std::vector<core::FeatureRef> features, core::Reply<std::vector<core::FeatureRow>> reply)
{
    run(rows, std::move(features), std::move(reply));
}

void FakeEngine::generate(core::GenerateRequest request,
    std::function<void(const core::GenerateStep&)> onStep, core::Reply<core::Generation> reply)
{
    for (const core::GenerateStep& step : steps)
        onStep(step);
    run(generated, std::move(request), std::move(reply));
}

void FakeEngine::saveGraph(Graph, std::string path, core::Reply<std::string> reply)
{
    run(saved, std::move(path), std::move(reply));
}

void FakeEngine::saveMatrix(std::uint64_t, std::string path, core::Reply<std::string> reply)
{
    run(matricesSaved, std::move(path), std::move(reply));
}

void FakeEngine::saveNodeTable(Graph, std::string path, core::Reply<std::string> reply)
{
    run(tablesSaved, std::move(path), std::move(reply));
}

void FakeEngine::estimateTrace(core::TraceRequest request, core::Reply<core::TraceEstimate> reply)
{
    run(estimated, std::move(request), std::move(reply));
}

void FakeEngine::findConcept(core::ConceptRequest request, core::Reply<core::ConceptFeatures> reply)
{
    run(conceptsFound, std::move(request), std::move(reply));
}

void FakeEngine::swapTest(core::SwapTestRequest request, core::Reply<core::SwapTestResult> reply)
{
    run(swapsTested, std::move(request), std::move(reply));
}

void FakeEngine::patch(core::PatchRequest request, core::Reply<core::PatchResult> reply)
{
    run(patched, std::move(request), std::move(reply));
}

void FakeEngine::checkGraph(core::CheckRequest request, core::Reply<core::PerturbationCheck> reply)
{
    run(graphsChecked, std::move(request), std::move(reply));
}

void FakeEngine::scoreSubgraph(Graph graph, core::Reply<core::SubgraphScore> reply)
{
    run(subgraphsScored, std::move(graph), std::move(reply));
}

void FakeEngine::compareGraphs(Graph first, Graph second, core::Reply<core::GraphComparison> reply)
{
    run(compared, {std::move(first), std::move(second)}, std::move(reply));
}

} // namespace tests
