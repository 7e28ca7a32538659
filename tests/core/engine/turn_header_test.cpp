// gemma-3-*-it: the header of the turn, four positions, takes no part in circuits.
#include "core/api/add_dictionaries.h"
#include "core/api/estimate_trace.h"
#include "core/api/intervene.h"
#include "core/api/open_model.h"
#include "core/api/patch.h"
#include "core/api/swap.h"
#include "core/api/trace.h"
#include "core/circuits/prompt_head.h"
#include "core/engine/request_table.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kHeader = 4;

std::vector<TokenId> idsOf(std::initializer_list<int> numbers)
{
    std::vector<TokenId> ids;
    for (const int number : numbers)
        ids.emplace_back(number);
    return ids;
}

class TurnHeader : public testing::Test {
protected:
    void SetUp() override
    {
        REQUIRE_SHARED_FIXTURE("reports/gemma3-it-positions");
        const auto folder = tests::sharedFixture("reports/gemma3-it-positions");
        const auto opened = run(OpenModelRequest{(folder / "gemma-3-270m-it").string(), "cpu"});
        ASSERT_TRUE(opened) << opened.error().message;
        const auto added = run(AddDictionariesRequest{(folder / "transcoders").string()});
        ASSERT_TRUE(added) << added.error().message;
    }

    template <Request R> Result<typename R::Answer> run(const R& request)
    {
        const ProgressFn progress = [](const Progress&) {};
        Context context{m_bench, WorkspaceAccess::Thread::Engine, {}, progress, {}};
        auto answer = findWork(R::kName)->run(&request, context);
        if (!answer)
            return fail(answer.error());
        return *std::static_pointer_cast<const typename R::Answer>(*answer);
    }

    const LoadedModel& model() const { return **m_bench.model(); }

    /// Active features of every layer from a position on, read from the model itself.
    std::int64_t activeFrom(int position)
    {
        const at::NoGradGuard noGrad;
        std::int64_t count = 0;
        for (const auto& one : model().dictionaries) {
            const HookPoint in = one->config().hookIn;
            const auto ran = runWithCache(*model().transformer, idsTensor(m_ids), {in});
            count += one->activations(ran->cache.at(in)[0])
                         .slice(0, position)
                         .ne(0)
                         .sum()
                         .item<std::int64_t>();
        }
        return count;
    }

    static Engine::Options options(const std::filesystem::path& folder)
    {
        Engine::Options chosen;
        chosen.dataFolder = (folder / "data").string();
        chosen.device = "cpu";
        return chosen;
    }

    const tests::TemporaryFolder m_temporary;
    Workbench m_bench{options(m_temporary.path())};
    const std::vector<TokenId> m_ids = idsOf({2, 105, 2364, 107, 40, 77, 120, 200, 33});
};

TEST_F(TurnHeader, HasNoFeaturesAndNoErrorsInAGraph)
{
    ASSERT_GT(activeFrom(1), activeFrom(kHeader)) << "else nothing would be left out";
    TraceRequest request;
    request.ids = m_ids;
    const auto graph = run(request);
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_EQ(graph->activeFeatures, activeFrom(kHeader));
    EXPECT_EQ(graph->note, "");
    const GraphMatrix& matrix = (*m_bench.graphs.find(graph->id))->matrix;
    for (const GraphFeature& feature : matrix.features)
        EXPECT_GE(feature.at.position.value, kHeader);
    double behind = 0.0;
    for (std::int64_t target = 0; target < matrix.size(); ++target)
        for (int layer = 0; layer < matrix.n_layers; ++layer)
            for (std::int64_t position = 0; position < matrix.n_positions(); ++position) {
                const std::int64_t error
                    = matrix.firstError() + layer * matrix.n_positions() + position;
                const float effect = matrix.row(target)[static_cast<std::size_t>(error)];
                if (position >= kHeader)
                    behind += std::abs(effect);
                else
                    ASSERT_EQ(effect, 0.0f) << layer << ":" << position;
            }
    EXPECT_GT(behind, 0.0);
    const auto estimate = run(EstimateTraceRequest{request});
    ASSERT_TRUE(estimate) << estimate.error().message;
    EXPECT_EQ(estimate->activeFeatures, graph->activeFeatures);
    EXPECT_EQ(estimate->nodes, matrix.size());
}

TEST_F(TurnHeader, OtherIdsInFrontAreRefusedWhereverACircuitIsRead)
{
    const auto words = AllOf(
        HasSubstr("gemma-3-270m-it"), HasSubstr("2,105,2364,107"), HasSubstr("2,40,77,120"));
    TraceRequest trace;
    trace.ids = idsOf({2, 40, 77, 120, 200});
    const auto graph = run(trace);
    ASSERT_FALSE(graph);
    EXPECT_THAT(graph.error().message, words);
    const auto estimate = run(EstimateTraceRequest{trace});
    ASSERT_FALSE(estimate);
    EXPECT_THAT(estimate.error().message, words);
    InterveneRequest intervene;
    intervene.ids = trace.ids;
    const auto changed = run(intervene);
    ASSERT_FALSE(changed);
    EXPECT_THAT(changed.error().message, words);
    PatchRequest patch;
    patch.cleanIds = trace.ids;
    patch.corruptIds = idsOf({2, 40, 78, 120, 200});
    patch.sites = {PatchSite::Feature};
    const auto patched = run(patch);
    ASSERT_FALSE(patched);
    EXPECT_THAT(patched.error().message, words);
}

TEST_F(TurnHeader, IsPutBeforeATextAndSaid)
{
    TraceRequest request;
    request.prompt = "the cat sat";
    const auto graph = run(request);
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_THAT(graph->note, HasSubstr("2,105,2364,107"));
    const GraphMatrix& matrix = (*m_bench.graphs.find(graph->id))->matrix;
    ASSERT_GT(matrix.tokens.size(), 4u);
    EXPECT_THAT(std::vector(matrix.tokens.begin(), matrix.tokens.begin() + kHeader),
        testing::ElementsAreArray(idsOf({2, 105, 2364, 107})));
    EXPECT_NE(matrix.tokens[4], TokenId(2)) << "one BOS is enough";
    const auto estimate = run(EstimateTraceRequest{request});
    ASSERT_TRUE(estimate);
    EXPECT_THAT(estimate->note, HasSubstr("2,105,2364,107"));
    EXPECT_EQ(estimate->activeFeatures, graph->activeFeatures);
    EXPECT_TRUE(run(SwapRequest{"the cat sat", "the dog sat", {}}));
}

TEST_F(TurnHeader, IsLeftOutOfPatchedFeaturesAndOfChanges)
{
    PatchRequest patch;
    patch.cleanIds = m_ids;
    patch.corruptIds = m_ids;
    patch.corruptIds[6] = TokenId(60);
    patch.sites = {PatchSite::Feature};
    patch.answer = "#33";
    patch.other = "#40";
    const auto patched = run(patch);
    ASSERT_TRUE(patched) << patched.error().message;
    EXPECT_FALSE(patched->features.empty());
    for (const PatchedFeature& one : patched->features)
        if (one.feature.isValid()) {
            EXPECT_GE(one.position.value, kHeader);
        }

    InterveneRequest intervene;
    intervene.ids = m_ids;
    intervene.settings = {{Layer(0), Position(3), FeatureId(5), 1.0}};
    const auto inside = run(intervene);
    ASSERT_FALSE(inside);
    EXPECT_THAT(inside.error().message, AllOf(HasSubstr("0:3:5"), HasSubstr("header")));
    intervene.settings.front().at.position = Position(4);
    EXPECT_TRUE(run(intervene));
}

TEST(PromptHead, IsToldByTheNamesThatCircuitTracerReads)
{
    ModelConfig model;
    model.modelType = "gemma3_text";
    model.d_vocab = 262144;
    for (const auto& [name, zeroed] : {std::pair{"gemma-3-270m-it", 4},
             std::pair{"gemma-3-4b-it", 4}, std::pair{"Gemma-3-1B-IT", 4},
             std::pair{"gemma-3-1b-pt", 1}, std::pair{"gemma-3-1b", 1},
             std::pair{"gemma-2-2b-it", 1}, std::pair{"gemma-3-4b-it-mine", 1}}) {
        model.name = name;
        EXPECT_EQ(promptHead(model, {}).zeroedPositions(), zeroed) << name;
    }
}

} // namespace
