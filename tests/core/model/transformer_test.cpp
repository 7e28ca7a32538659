#include "core/model/transformer.h"

#include "core/model/activation_cache.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/tensor_difference.h"
#include "tests/support/tiny_model.h"

#include <filesystem>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

using tests::largestDifference;

bool isPostNorm(HookKind kind)
{
    return kind == HookKind::Ln1PostScale || kind == HookKind::Ln1PostNormalized
        || kind == HookKind::Ln2PostScale || kind == HookKind::Ln2PostNormalized;
}

class TransformerProperties : public testing::TestWithParam<const char*> {
protected:
    at::NoGradGuard m_noGrad;
    std::shared_ptr<Transformer> m_model = tests::tinyModel(GetParam());
};

TEST_P(TransformerProperties, HooksThatChangeNothingChangeNothing)
{
    const at::Tensor ids = tests::tinyIds(2, 9);
    const at::Tensor plain = *m_model->forward(ids);
    for (const HookPoint point : allHookPoints(m_model->config().n_layers)) {
        Hooks hooks;
        hooks.on(point, [](at::Tensor& value) { value = value.clone(); });
        EXPECT_LE(largestDifference(*m_model->forward(ids, hooks), plain), 1e-5) << point.name();
    }
}

TEST_P(TransformerProperties, EveryVisitedHookPointCanBeReplaced)
{
    const at::Tensor ids = tests::tinyIds(1, 6);
    const at::Tensor plain = *m_model->forward(ids);
    const ModelConfig& config = m_model->config();
    for (const HookPoint point : allHookPoints(config.n_layers)) {
        const bool isAbsent = (point.kind == HookKind::PosEmbed && config.hasRotary)
            || ((point.kind == HookKind::RotQ || point.kind == HookKind::RotK) && !config.hasRotary)
            || (point.kind == HookKind::MlpPreLinear && !config.isGated)
            || (isPostNorm(point.kind) && !config.hasPostNorms);
        bool isVisited = false;
        Hooks hooks;
        hooks.on(point, [&](at::Tensor& value) {
            isVisited = true;
            // Not all alike: a norm would take a common factor out again.
            const at::Tensor factor = value.size(-1) > 1
                ? at::linspace(0.5, 1.5, value.size(-1))
                : at::linspace(0.5, 1.5, value.size(1)).unsqueeze(1);
            value = value * factor;
        });
        const at::Tensor changed = *m_model->forward(ids, hooks);
        EXPECT_EQ(isVisited, !isAbsent) << point.name();
        if (isVisited) {
            EXPECT_GT(largestDifference(changed, plain), 1e-4) << point.name();
        }
    }
}

TEST_P(TransformerProperties, HooksAreVisitedInTheOrderOfThePass)
{
    std::vector<HookPoint> visited;
    Hooks hooks;
    const auto all = allHookPoints(m_model->config().n_layers);
    for (const HookPoint point : all)
        hooks.on(point, [&visited, point](at::Tensor&) { visited.push_back(point); });
    ASSERT_TRUE(m_model->forward(tests::tinyIds(1, 3), hooks));
    std::size_t next = 0;
    for (const HookPoint point : all) {
        if (next < visited.size() && visited[next] == point)
            ++next;
    }
    EXPECT_EQ(next, visited.size())
        << "out of order: " << visited[std::min(next, visited.size() - 1)].name();
}

TEST_P(TransformerProperties, HookShapesAreAsPromised)
{
    const ModelConfig& c = m_model->config();
    const auto run = runWithCache(*m_model, tests::tinyIds(2, 5),
        {{HookKind::Q, Layer(0)}, {HookKind::K, Layer(0)}, {HookKind::Z, Layer(1)},
            {HookKind::AttnScores, Layer(1)}, {HookKind::Pattern, Layer(1)},
            {HookKind::Ln1Scale, Layer(0)}, {HookKind::MlpPost, Layer(1)},
            {HookKind::FinalNormalized, Layer()}});
    ASSERT_TRUE(run) << run.error().message;
    const auto shape = [&](HookKind kind, int layer) {
        return run->cache.at({kind, Layer(layer)}).sizes().vec();
    };
    using Shape = std::vector<std::int64_t>;
    EXPECT_EQ(shape(HookKind::Q, 0), (Shape{2, 5, c.n_heads, c.d_head}));
    EXPECT_EQ(shape(HookKind::K, 0), (Shape{2, 5, c.n_key_value_heads, c.d_head}));
    EXPECT_EQ(shape(HookKind::Z, 1), (Shape{2, 5, c.n_heads, c.d_head}));
    EXPECT_EQ(shape(HookKind::AttnScores, 1), (Shape{2, c.n_heads, 5, 5}));
    EXPECT_EQ(shape(HookKind::Ln1Scale, 0), (Shape{2, 5, 1}));
    EXPECT_EQ(shape(HookKind::MlpPost, 1), (Shape{2, 5, c.d_mlp}));
    EXPECT_EQ(shape(HookKind::FinalNormalized, -1), (Shape{2, 5, c.d_model}));
    const at::Tensor pattern = run->cache.at({HookKind::Pattern, Layer(1)});
    EXPECT_LE(largestDifference(pattern.sum(-1), at::ones({2, c.n_heads, 5})), 1e-6);
    EXPECT_EQ(pattern.triu(1).abs().max().item<float>(), 0.0f) << "attention to later positions";
}

TEST_P(TransformerProperties, CachedRunEqualsUncachedRun)
{
    const at::Tensor ids = tests::tinyIds(2, 12);
    const at::Tensor whole = *m_model->forward(ids);
    KvCache cache(m_model->config().n_layers, 12);
    ForwardOptions options;
    options.cache = &cache;
    std::vector<at::Tensor> parts;
    std::int64_t start = 0;
    for (const std::int64_t length : {5, 1, 3, 1, 2}) {
        parts.push_back(*m_model->forward(ids.narrow(1, start, length), {}, options));
        start += length;
    }
    EXPECT_EQ(cache.length(), 12);
    EXPECT_LE(largestDifference(at::cat(parts, 1), whole), 2e-5);
}

TEST_P(TransformerProperties, TruncatedCacheContinuesFromThere)
{
    const at::Tensor ids = tests::tinyIds(1, 8);
    KvCache cache(m_model->config().n_layers, 16);
    ForwardOptions options;
    options.cache = &cache;
    ASSERT_TRUE(m_model->forward(tests::tinyIds(1, 8, 7).narrow(1, 0, 2), {}, options));
    cache.truncate(0);
    ASSERT_TRUE(m_model->forward(ids.narrow(1, 0, 6), {}, options));
    cache.truncate(4);
    const at::Tensor rest = *m_model->forward(ids.narrow(1, 4, 4), {}, options);
    EXPECT_LE(largestDifference(rest, m_model->forward(ids)->narrow(1, 4, 4)), 2e-5);
}

TEST_P(TransformerProperties, RepeatedCacheIsAPairOfEqualStreams)
{
    const at::Tensor ids = tests::tinyIds(1, 7);
    KvCache cache(m_model->config().n_layers, 8);
    ForwardOptions options;
    options.cache = &cache;
    ASSERT_TRUE(m_model->forward(ids.narrow(1, 0, 6), {}, options));
    cache.repeat(2);
    const at::Tensor pair = *m_model->forward(ids.narrow(1, 6, 1).repeat({2, 1}), {}, options);
    const at::Tensor wanted = m_model->forward(ids)->narrow(1, 6, 1);
    EXPECT_LE(largestDifference(pair, wanted.repeat({2, 1, 1})), 2e-5);
    EXPECT_EQ(largestDifference(pair[0], pair[1]), 0.0);
}

TEST_P(TransformerProperties, BatchOfEqualStreamsEqualsOne)
{
    const at::Tensor ids = tests::tinyIds(1, 10);
    const at::Tensor one = *m_model->forward(ids);
    EXPECT_LE(
        largestDifference(*m_model->forward(ids.repeat({3, 1})), one.repeat({3, 1, 1})), 1e-5);
}

TEST_P(TransformerProperties, LaterTokensDoNotChangeEarlierLogits)
{
    at::Tensor ids = tests::tinyIds(1, 10);
    const at::Tensor before = *m_model->forward(ids);
    ids[0][9] = (ids[0][9].item<std::int64_t>() + 1) % 64;
    const at::Tensor after = *m_model->forward(ids);
    EXPECT_LE(largestDifference(after.narrow(1, 0, 9), before.narrow(1, 0, 9)), 1e-6);
    EXPECT_GT(largestDifference(after.narrow(1, 9, 1), before.narrow(1, 9, 1)), 1e-3);
}

TEST_P(TransformerProperties, StoppingEarlyGivesTheResidualStream)
{
    const at::Tensor ids = tests::tinyIds(2, 4);
    const auto run = runWithCache(
        *m_model, ids, {{HookKind::ResidPre, Layer(1)}, {HookKind::ResidPost, Layer(1)}});
    ASSERT_TRUE(run) << run.error().message;
    ForwardOptions options;
    options.stopAtLayer = 1;
    EXPECT_EQ(largestDifference(*m_model->forward(ids, {}, options),
                  run->cache.at({HookKind::ResidPre, Layer(1)})),
        0);
    options.stopAtLayer = 2;
    const at::Tensor last = *m_model->forward(ids, {}, options);
    EXPECT_EQ(largestDifference(last, run->cache.at({HookKind::ResidPost, Layer(1)})), 0);
    EXPECT_LE(largestDifference(m_model->unembed(last), run->logits), 1e-6);
    const auto beyond = runWithCache(*m_model, ids, {{HookKind::ResidPre, Layer(5)}});
    ASSERT_FALSE(beyond);
    EXPECT_NE(beyond.error().message.find("blocks.5.hook_resid_pre"), std::string::npos);
}

TEST_P(TransformerProperties, LastLogitsAloneAreTheLastOfAll)
{
    const at::Tensor ids = tests::tinyIds(2, 6);
    ForwardOptions options;
    options.isLastLogitsOnly = true;
    EXPECT_LE(largestDifference(
                  *m_model->forward(ids, {}, options), m_model->forward(ids)->narrow(1, 5, 1)),
        1e-5);
}

TEST_P(TransformerProperties, LastLogitsAloneAreTheSameBehindACacheAndUnderHooksOfTheLastBlock)
{
    const at::Tensor ids = tests::tinyIds(2, 12);
    const at::Tensor expected = m_model->forward(ids)->narrow(1, 11, 1);
    const int n_layers = m_model->config().n_layers;
    KvCache cache(n_layers, 12);
    ForwardOptions options;
    options.isLastLogitsOnly = true;
    options.cache = &cache;
    ASSERT_TRUE(m_model->forward(ids.narrow(1, 0, 7), {}, options));
    EXPECT_LE(
        largestDifference(*m_model->forward(ids.narrow(1, 7, 5), {}, options), expected), 1e-5);
    options.cache = nullptr;
    for (const HookKind kind : {HookKind::ResidPre, HookKind::Z, HookKind::ResidPost}) {
        std::int64_t positions = 0;
        Hooks hooks;
        hooks.on(
            {kind, Layer(n_layers - 1)}, [&](at::Tensor& value) { positions = value.size(1); });
        EXPECT_LE(largestDifference(*m_model->forward(ids, hooks, options), expected), 1e-5);
        EXPECT_EQ(positions, 12); // whoever looks sees every position
    }
}

TEST_P(TransformerProperties, HooksDoNotReachTheWeights)
{
    const at::Tensor ids = tests::tinyIds(1, 6);
    const at::Tensor plain = *m_model->forward(ids);
    for (const HookPoint point :
        {HookPoint{HookKind::Embed, Layer()}, HookPoint{HookKind::PosEmbed, Layer()}}) {
        Hooks hooks;
        hooks.on(point, [](at::Tensor& value) { value.zero_(); });
        ASSERT_TRUE(m_model->forward(ids, hooks));
    }
    EXPECT_EQ(largestDifference(*m_model->forward(ids), plain), 0);
}

TEST_P(TransformerProperties, CopyInDoublePrecisionAgrees)
{
    const at::Tensor ids = tests::tinyIds(2, 8);
    const auto precise = m_model->copyTo(at::kDouble);
    const at::Tensor logits = *precise->forward(ids);
    EXPECT_EQ(logits.scalar_type(), at::kDouble);
    EXPECT_LE(largestDifference(logits, *m_model->forward(ids)), 2e-5);
}

TEST_P(TransformerProperties, WritingIntoAHookedValueActsThereAlone)
{
    // A parallel block's ResidMid is its ResidPre: what is written into one must not reach the
    // other.
    const at::Tensor ids = tests::tinyIds(1, 6);
    Hooks hooks;
    hooks.on({HookKind::ResidMid, Layer(1)}, [](at::Tensor& value) { value.mul_(0.5); });
    hooks.on({HookKind::MlpOut, Layer(1)}, [](at::Tensor& value) { value.zero_(); });
    const auto run = runWithCache(*m_model, ids,
        {{HookKind::ResidPre, Layer(1)}, {HookKind::AttnOut, Layer(1)},
            {HookKind::ResidPost, Layer(1)}},
        hooks);
    ASSERT_TRUE(run) << run.error().message;
    const at::Tensor sum = run->cache.at({HookKind::ResidPre, Layer(1)})
        + run->cache.at({HookKind::AttnOut, Layer(1)});
    const double share = m_model->config().isParallel ? 1.0 : 0.5;
    EXPECT_LE(largestDifference(run->cache.at({HookKind::ResidPost, Layer(1)}), sum * share), 1e-5);
}

TEST_P(TransformerProperties, SavedModelsOpenAgain)
{
    const tests::TemporaryFolder folder;
    const auto saved = m_model->save(folder.path());
    ASSERT_TRUE(saved) << saved.error().message;
    const auto back = Transformer::open(folder.path());
    ASSERT_TRUE(back) << back.error().message;
    const at::Tensor ids = tests::tinyIds(1, 12);
    EXPECT_LE(largestDifference(*(*back)->forward(ids), *m_model->forward(ids)), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Families, TransformerProperties, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

TEST(TransformerLimits, TooLongTextIsRefusedWithBothFigures)
{
    const auto model = tests::tinyModel();
    const auto result = model->forward(tests::tinyIds(1, 33));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Error::Code::Unsupported);
    EXPECT_NE(result.error().message.find("33"), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("32"), std::string::npos);

    KvCache cache(2, 32);
    ForwardOptions options;
    options.cache = &cache;
    const at::NoGradGuard noGrad;
    ASSERT_TRUE(model->forward(tests::tinyIds(1, 32), {}, options));
    EXPECT_FALSE(model->forward(tests::tinyIds(1, 1), {}, options))
        << "one token more than the context";
}

TEST(TransformerLimits, IdsOutOfRangeAndEmptyPromptsAreRefused)
{
    const auto model = tests::tinyModel();
    for (const std::int64_t bad : {std::int64_t{64}, std::int64_t{-1}}) {
        const auto result = model->forward(at::full({1, 2}, bad, at::kLong));
        ASSERT_FALSE(result);
        EXPECT_NE(result.error().message.find(std::to_string(bad)), std::string::npos);
    }
    EXPECT_FALSE(model->forward(at::empty({1, 0}, at::kLong)));
}

TEST(TransformerLimits, StopTokenIsPolledBetweenLayers)
{
    const auto model = tests::tinyModel();
    std::stop_source source;
    ForwardOptions options;
    options.stop = source.get_token();
    bool reachedSecond = false;
    Hooks hooks;
    hooks.on({HookKind::ResidPost, Layer(0)}, [&](at::Tensor&) { source.request_stop(); });
    hooks.on({HookKind::ResidPre, Layer(1)}, [&](at::Tensor&) { reachedSecond = true; });
    const auto result = model->forward(tests::tinyIds(1, 3), hooks, options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Error::Code::Cancelled);
    EXPECT_FALSE(reachedSecond);
}

TEST(TransformerModes, OneModelServesInferenceModeAndGradients)
{
    const auto model = tests::tinyModel();
    const at::Tensor ids = tests::tinyIds(1, 5);
    at::Tensor inferred;
    {
        const c10::InferenceMode inference;
        inferred = *model->forward(ids);
    }
    const auto trained = model->copyTo({}, true);
    const at::Tensor logits = *trained->forward(ids);
    logits.square().sum().backward();
    EXPECT_LE(largestDifference(logits.detach(), inferred), 1e-5);
    for (const auto& [name, weight] : trained->namedWeights())
        EXPECT_TRUE(weight.grad().defined()) << name;
}

} // namespace
