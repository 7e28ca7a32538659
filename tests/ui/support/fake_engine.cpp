#include "fake_engine.h"

#include "core/api/add_dictionaries.h"
#include "core/api/check_graph.h"
#include "core/api/close_dictionary.h"
#include "core/api/compare_graphs.h"
#include "core/api/devices.h"
#include "core/api/estimate_trace.h"
#include "core/api/feature_rows.h"
#include "core/api/free_memory.h"
#include "core/api/generate.h"
#include "core/api/graph_files.h"
#include "core/api/harvest.h"
#include "core/api/inspect_dictionaries.h"
#include "core/api/inspect_model.h"
#include "core/api/intervene.h"
#include "core/api/keep_training.h"
#include "core/api/map_features.h"
#include "core/api/open_model.h"
#include "core/api/prune.h"
#include "core/api/saved_lists.h"
#include "core/api/score_subgraph.h"
#include "core/api/session_files.h"
#include "core/api/set_label.h"
#include "core/api/steering_files.h"
#include "core/api/sweep.h"
#include "core/api/sweet_spot.h"
#include "core/api/test_label.h"
#include "core/api/trace.h"
#include "core/api/what_steers.h"
#include "sample_features.h"
#include "sample_patching.h"
#include "sample_results.h"
#include "sample_steering.h"
#include "sample_training.h"

namespace tests {

FakeEngine::FakeEngine()
{
    script<core::FreeMemoryRequest>().answer
        = [](const core::FreeMemoryRequest&) { return std::int64_t(2) << 30; };
    script<core::DevicesRequest>().answer
        = [](const core::DevicesRequest&) { return std::vector<std::string>{"cpu"}; };
    script<core::InspectModelRequest>().answer = [](const core::InspectModelRequest& request) {
        core::ModelInfo info = sampleModel();
        info.path = request.model.path;
        info.isLoaded = false;
        return info;
    };
    script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest& request) {
        core::EngineState state = sampleState();
        state.model.path = request.path;
        if (!request.dtype.empty())
            state.model.computeDtype = request.dtype;
        return state;
    };
    script<core::ReadAutosaveRequest>().answer = [](const core::ReadAutosaveRequest&) {
        core::OpenedSession none;
        none.isThere = false;
        return none;
    };
    script<core::AutosaveRequest>().answer
        = [](const core::AutosaveRequest& request) { return request.workspace; };
    script<core::SaveSessionRequest>().answer
        = [](const core::SaveSessionRequest& request) { return request.path; };
    script<core::SaveSteeringRequest>().answer
        = [](const core::SaveSteeringRequest& request) { return request.path; };
    script<core::SelfCheckRequest>().answer
        = [](const core::SelfCheckRequest&) { return sampleCheck(); };
    script<core::InspectDictionariesRequest>().answer
        = [](const core::InspectDictionariesRequest&) {
              return core::InspectedDictionaries{sampleState().dictionaries, {}};
          };
    script<core::AddDictionariesRequest>().answer
        = [](const core::AddDictionariesRequest&) { return sampleState(); };
    script<core::CloseDictionaryRequest>().answer
        = [](const core::CloseDictionaryRequest& request) {
              core::EngineState state = sampleState();
              std::erase_if(state.dictionaries, [&](const core::DictionaryInfo& info) {
                  return info.name == request.dictionary;
              });
              return state;
          };
    script<core::EvaluateRequest>().answer
        = [](const core::EvaluateRequest& request) { return sampleQuality(request.dictionary); };
    script<core::AnalyzeRequest>().answer = sampleAnalysis;
    script<core::ArchitectureRequest>().answer = sampleArchitecture;
    script<core::FeatureQuery>().answer = sampleList;
    const auto lists = std::make_shared<core::SavedLists>();
    script<core::SavedListsRequest>().answer
        = [lists](const core::SavedListsRequest&) { return *lists; };
    script<core::SavedListEdit>().answer = [lists](const core::SavedListEdit& edit) {
        std::erase_if(
            lists->lists, [&](const core::SavedList& list) { return list.name == edit.name; });
        if (edit.after)
            lists->lists.push_back(*edit.after);
        return *lists;
    };
    script<core::FeatureRowsRequest>().answer = [](const core::FeatureRowsRequest& request) {
        std::vector<core::FeatureRow> all;
        for (const core::FeatureRef& feature : request.features)
            all.push_back(sampleRow(feature));
        return all;
    };
    script<core::FeatureCardRequest>().answer
        = [](const core::FeatureCardRequest& request) { return sampleCard(request.feature); };
    script<core::LogitHistogramRequest>().answer = sampleLogits;
    script<core::WholeExamplesRequest>().answer = sampleWhole;
    script<core::FeaturesOnTextRequest>().answer = sampleOnText;
    script<core::FeatureMapRequest>().answer = sampleMap;
    script<core::NearestElsewhereRequest>().answer = sampleElsewhere;
    script<core::MapFeaturesRequest>().answer = [](const core::MapFeaturesRequest&) {
        return core::MapFeaturesSummary{2000, 2000, 1.0};
    };
    script<core::CompareFeaturesRequest>().answer
        = [](const core::CompareFeaturesRequest& request) {
              return core::FeatureLikeness{request.left, request.right, 0.8, 0.31, true, true};
          };
    script<core::LabelEdit>().answer = [](const core::LabelEdit& edit) {
        core::FeatureRow row = sampleRow(edit.feature);
        const std::string notes = edit.keepsNotes ? row.label.notes : edit.label.notes;
        if (!edit.label.text.empty())
            row.label = {edit.label.text, "", core::LabelSource::Person};
        else if (row.label.source == core::LabelSource::Person)
            row.label = {};
        row.label.notes = notes;
        return row;
    };
    script<core::TestLabelRequest>().answer = [this](const core::TestLabelRequest& request) {
        core::TestedLabel tested{sampleRow(request.feature), {}};
        for (const core::LabelEdit& edit : script<core::LabelEdit>().calls)
            if (edit.feature == request.feature && !edit.label.text.empty())
                tested.row.label = {edit.label.text, edit.label.notes, core::LabelSource::Person};
        if (tested.row.label.source == core::LabelSource::Person) {
            tested.test = core::LabelTest{0.81, 0.65, "on \"bridge\"", "", "", {}};
            tested.row.label.score = tested.test->score;
        }
        return tested;
    };
    script<core::HarvestRequest>().answer = [](const core::HarvestRequest& request) {
        return core::HarvestSummary{request.tokens, 1900, 2048, 3.5};
    };
    script<core::GenerateRequest>().answer = [](const core::GenerateRequest& request) {
        core::Generation generation;
        generation.request = request;
        return generation;
    };
    script<core::SweetSpotRequest>().answer = [](const core::SweetSpotRequest& request) {
        core::SweetSpot spot;
        spot.request = request;
        spot.multiple = 4.0;
        return spot;
    };
    script<core::SweepRequest>().answer = sampleSweep;
    script<core::WhatSteersRequest>().answer = sampleWhatSteers;
    script<core::TraceRequest>().answer
        = [](const core::TraceRequest& request) { return sampleGraph(request.prompt); };
    script<core::PruneRequest>().answer
        = [](const core::PruneRequest&) { return sampleGraph("The capital of Texas is"); };
    script<core::InterveneRequest>().answer = [](const core::InterveneRequest& request) {
        core::InterveneResult result;
        result.request = request;
        result.before = {{core::TokenId(1), " Austin", 0.9f}};
        result.after = {{core::TokenId(2), " Sacramento", 0.8f}};
        return result;
    };
    script<core::SwapRequest>().answer = [](const core::SwapRequest& request) {
        core::SwapResult result;
        result.request = request;
        result.before = {{core::TokenId(1), " Austin", 0.9f}};
        result.after = result.donor = {{core::TokenId(2), " Sacramento", 0.8f}};
        result.isSwapped = true;
        return result;
    };
    script<core::SaveGraphRequest>().answer
        = [](const core::SaveGraphRequest& request) { return request.path; };
    script<core::SaveMatrixRequest>().answer
        = [](const core::SaveMatrixRequest& request) { return request.path; };
    script<core::SaveNodeTableRequest>().answer
        = [](const core::SaveNodeTableRequest& request) { return request.path; };
    script<core::LoadGraphRequest>().answer
        = [](const core::LoadGraphRequest&) { return sampleGraph("The capital of Texas is"); };
    script<core::EstimateTraceRequest>().answer = [](const core::EstimateTraceRequest& request) {
        core::TraceEstimate estimate;
        estimate.request = request.trace;
        return estimate;
    };
    script<core::ConceptRequest>().answer = sampleConcept;
    script<core::SwapTestRequest>().answer = sampleSwapTest;
    script<core::PatchRequest>().answer = samplePatchResult;
    script<core::CheckRequest>().answer = [](const core::CheckRequest& request) {
        core::PerturbationCheck check;
        check.request = request;
        return check;
    };
    script<core::ScoreSubgraphRequest>().answer
        = [](const core::ScoreSubgraphRequest&) { return core::SubgraphScore{}; };
    script<core::TrainingRunsRequest>().answer
        = [](const core::TrainingRunsRequest&) { return std::vector<core::TrainingRunInfo>(); };
    script<core::EstimateTrainingRequest>().answer = sampleTrainingEstimate;
    script<core::TrainDictionaryRequest>().answer = sampleTrainingOutcome;
    script<core::TrainDictionaryRequest>().parts = sampleTrainingRows("layer_2", 50);
    script<core::KeepTrainingRequest>().answer = [](const core::KeepTrainingRequest& request) {
        core::TrainDictionaryRequest train;
        train.out = request.folder;
        core::TrainingOutcome outcome = sampleTrainingOutcome(train);
        outcome.isPaused = true;
        return outcome;
    };
    script<core::CompareGraphsRequest>().answer
        = [](const core::CompareGraphsRequest&) { return core::GraphComparison{}; };
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

void FakeEngine::post(std::string tag, Posted posted)
{
    const auto found = m_scripts.find(posted.name);
    if (found == m_scripts.end()) {
        posted.reply(core::fail(
            core::Error::Code::Internal, "no script answers " + std::string(posted.name)));
        return;
    }
    auto answer = found->second->play(std::move(tag), std::move(posted));
    if (m_isHolding)
        m_waiting.emplace_back(std::move(answer));
    else
        answer();
}

} // namespace tests
