// One change, made as circuits make it (one pass over the prompt) and as text streams under it: the
// same numbers.
#include "core/circuits/intervention.h"
#include "core/interventions/decode.h"
#include "tests/core/interventions/tiny_transcoders.h"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

namespace {

using namespace core;
using tests::largestDifference;

struct Case {
    const char* family;
    bool isCrossLayer;
};

class InterventionStream : public testing::TestWithParam<Case> {
protected:
    InterventionStream()
        : model(tests::tinyModel(GetParam().family))
        , layers(GetParam().isCrossLayer
                  ? tests::tinyCrossLayer(model->config())
                  : tests::tinyTranscoders(model->config(), 24, /*hasSkip=*/true))
        , prompt(tests::idList(tests::tinyIds(1, 11)))
    {
        for (const auto& [layer, position, value] :
            {std::tuple{0, 9, 3.0}, std::tuple{0, 10, -2.0}, std::tuple{1, 10, 4.0}})
            changes.push_back(
                clampAt(layers, {Layer(layer), Position(position), FeatureId(5)}, value).value());
        changes.back().positions = PositionRange::from(Position(10));
    }

    const at::NoGradGuard noGrad;
    std::shared_ptr<const Transformer> model;
    Dictionaries layers;
    std::vector<TokenId> prompt;
    std::vector<Intervention> changes;
};

TEST_P(InterventionStream, GivesWhatOnePassGives)
{
    const std::pair<int, int> ranges[] = {{-1, -1}, {0, 1}, {1, 1}, {0, 0}};
    const at::Tensor unchanged = intervene(*model, layers, prompt, {})->logits[-1];
    for (const bool freezes : {true, false})
        for (const auto& [first, last] : ranges) {
            InterventionOptions options;
            options.freezeAttention = freezes;
            options.constrainFirst = first;
            options.constrainLast = last;
            const auto run = intervene(*model, layers, prompt, changes, options);
            ASSERT_TRUE(run) << run.error().message;

            BatchOptions streamed;
            streamed.maxTokens = 5;
            streamed.held = {freezes, {}, layers};
            if (first >= 0)
                streamed.held.layers = {first, last};
            const auto live = std::make_shared<LiveInterventions>(
                ActiveInterventions::create(changes, layers).value());
            auto batch = StreamBatch::start(*model, prompt, {{}, {live, false}}, streamed);
            ASSERT_TRUE(batch) << batch.error().message;
            EXPECT_LE(largestDifference(tests::rowTensor(batch->logits(1)), run->logits[-1]), 1e-4)
                << freezes << " " << first;
            EXPECT_GT(largestDifference(run->logits[-1], unchanged), 1e-3);

            // And the texts that follow.
            std::vector<TokenId> text;
            std::vector<at::Tensor> rows;
            const auto choose = [&](int, std::span<TokenId> next) {
                rows.push_back(tests::rowTensor(batch->logits(1)));
                const TokenId id(rows.back().argmax().item<std::int64_t>());
                text.push_back(id);
                next[0] = next[1] = id;
                return !model->config().isEnd(static_cast<int>(id.value));
            };
            ASSERT_TRUE(decode(*batch, streamed.maxTokens, choose));
            const auto written = interveneAndGenerate(*model, layers, prompt, changes, 5, options);
            ASSERT_TRUE(written) << written.error().message;
            EXPECT_EQ(written->ids, text);
            EXPECT_LE(largestDifference(written->logits, at::stack(rows)), 1e-4);
            EXPECT_LE(largestDifference(written->promptLogits, run->logits[-1]), 1e-4);
        }
}

INSTANTIATE_TEST_SUITE_P(Cases, InterventionStream,
    testing::Values(Case{"gpt2", false}, Case{"llama", false}, Case{"gemma2", false},
        Case{"llama", true}, Case{"gemma2", true}),
    [](const auto& info) {
        return std::string(info.param.family) + (info.param.isCrossLayer ? "_clt" : "_plt");
    });

} // namespace
