// What boxes do when they are taken out, against the model run by hand.
#include "core/circuits/explain/measure.h"
#include "tests/core/engine/open_bench.h"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

namespace {

using namespace core;

class MeasureBoxes : public testing::Test {
protected:
    MeasureBoxes()
    {
        for (const int id : {5, 17, 80, 33})
            ids.emplace_back(id);
        dictionaries = model.transcodersPerLayer({}).value();
        answer.token = TokenId(7);
    }
    at::Tensor input() const { return at::tensor({5, 17, 80, 33}, at::kLong).unsqueeze(0); }
    double probability(const at::Tensor& logits) const
    {
        return at::softmax(logits[0][-1].to(at::kDouble), -1)[7].item<double>();
    }
    /// The activations of layer `d` in a run with these hooks, [T, features].
    at::Tensor activations(std::size_t d, Hooks hooks, at::Tensor* logits) const
    {
        at::Tensor acts;
        hooks.on(dictionaries[d]->config().hookIn,
            [&](at::Tensor& x) { acts = dictionaries[d]->activations(x.squeeze(0)); });
        *logits = model.transformer->forward(input(), hooks).value();
        return acts;
    }

    tests::OpenBench bench;
    const LoadedModel& model = bench.model();
    Dictionaries dictionaries;
    std::vector<TokenId> ids;
    GraphLogit answer;
};

TEST_F(MeasureBoxes, AgreesWithTheModelRunByHand)
{
    const at::NoGradGuard noGrad;
    at::Tensor plain;
    const at::Tensor below = activations(0, {}, &plain), above = activations(1, {}, &plain);
    const FeatureId lower(below[1].argmax().item<std::int64_t>()),
        upper(above[3].argmax().item<std::int64_t>());
    ASSERT_GT(below[1][lower.value].item<double>(), 0.0);
    const std::vector<MeasuredBox> boxes{{{}, Position(2)}, {{{Layer(0), Position(1), lower}}, {}},
        {{{Layer(1), Position(3), upper}}, {}}};
    std::vector<std::int64_t> told;
    const auto measured = measureBoxes(*model.transformer, dictionaries, ids, boxes, answer, false,
        [&](const Progress& progress) { told.push_back(progress.done); });
    ASSERT_TRUE(measured) << measured.error().message;
    EXPECT_EQ(told, (std::vector<std::int64_t>{1, 2, 3, 4}));
    EXPECT_NEAR(measured->whole.probability, probability(plain), 1e-6);
    EXPECT_NEAR(measured->whole.logit, plain[0][-1][7].item<double>(), 1e-5);
    EXPECT_EQ(measured->whole.activations[0], 0.0) << "words have none";
    EXPECT_NEAR(measured->whole.activations[1], below[1][lower.value].item<double>(), 1e-5);
    EXPECT_NEAR(measured->whole.activations[2], above[3][upper.value].item<double>(), 1e-5);

    // Without the word: its row of the embedding is the mean of all.
    Hooks word;
    word.on({HookKind::Embed, Layer()}, [&](at::Tensor& x) {
        x = x.clone();
        x[0][2] = model.transformer->weights()
                      .W_E.rows(at::arange(model.transformer->config().d_vocab))
                      .to(at::kFloat)
                      .mean(0);
    });
    at::Tensor logits;
    const at::Tensor withoutWord = activations(1, word, &logits);
    EXPECT_NEAR(measured->without[0].probability, probability(logits), 1e-6);
    EXPECT_NEAR(
        measured->without[0].activations[2], withoutWord[3][upper.value].item<double>(), 1e-5);
    EXPECT_NE(measured->without[0].probability, measured->whole.probability);

    // Without the lower feature: what it wrote is taken out of the layer's output.
    Hooks feature;
    feature.on(dictionaries[0]->config().hookOut, [&](at::Tensor& x) {
        x = x.clone();
        x[0][1] -= below[1][lower.value] * dictionaries[0]->decoderRows({lower})[0];
    });
    const at::Tensor withoutFeature = activations(1, feature, &logits);
    EXPECT_NEAR(measured->without[1].probability, probability(logits), 1e-6);
    EXPECT_NEAR(
        measured->without[1].activations[2], withoutFeature[3][upper.value].item<double>(), 1e-5);
}

TEST_F(MeasureBoxes, OfADifferenceTheLogitIsThatOfBoth)
{
    const at::NoGradGuard noGrad;
    answer.minus = TokenId(9);
    const auto measured = measureBoxes(*model.transformer, dictionaries, ids, {}, answer, true);
    ASSERT_TRUE(measured);
    const at::Tensor last = model.transformer->forward(input()).value()[0][-1];
    EXPECT_NEAR(measured->whole.logit, last[7].item<double>() - last[9].item<double>(), 1e-5);
    EXPECT_TRUE(measured->without.empty());
}

TEST_F(MeasureBoxes, AWordThatIsNotThereAndAStopAreErrors)
{
    const auto outside
        = measureBoxes(*model.transformer, dictionaries, ids, {{{}, Position(99)}}, answer, true);
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().code, Error::Code::NotFound);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = measureBoxes(*model.transformer, dictionaries, ids, {{{}, Position(1)}},
        answer, true, {}, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

} // namespace
