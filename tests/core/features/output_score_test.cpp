#include "core/features/output_score.h"

#include "core/features/logit_effects.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "tests/core/features/random_dictionary.h"
#include "tests/core/features/tiny_harvest.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::dictionaryAt;

const std::vector<TokenId> kPrompt{TokenId(0), TokenId(5), TokenId(9), TokenId(3), TokenId(11)};

/// The definition, feature by feature: a full pass over the whole prompt with the change at the
/// last position, ranks by sorting all probabilities.
std::vector<double> bruteForce(const Transformer& model, const Dictionary& dictionary, int lensSize)
{
    const at::NoGradGuard noGrad;
    const DictionaryConfig& config = dictionary.config();
    const std::int64_t last = std::ssize(kPrompt) - 1;
    const at::Tensor x = runWithCache(model, idsTensor(kPrompt), {config.hookIn})
                             ->cache.at(config.hookIn)[0][last];
    const double strongest = dictionary.activations(x).max().item<double>();
    const double scale = dictionary.outputScale(x).item<double>();
    std::vector<double> scores;
    for (std::int64_t f = 0; f < config.d_sae; ++f) {
        const at::Tensor index = at::full({1}, f, at::kLong);
        Hooks hooks;
        for (int offset = 0; offset < config.layersWritten; ++offset)
            hooks.on({config.hookOut.kind, Layer(config.hookOut.layer.value + offset)},
                [&, offset](at::Tensor& value) {
                    value = value.clone();
                    value[0][last]
                        += dictionary.decoderRowsAt(index, offset)[0] * (10 * strongest * scale);
                });
        const at::Tensor p
            = model.forward(idsTensor(kPrompt), hooks).value()[0][last].to(at::kDouble).softmax(0);
        const at::Tensor lens
            = model.unembed(addedDirections(model, dictionary, index))[0].to(at::kDouble);
        std::vector<std::int64_t> byLens(64), byProbability(64);
        std::iota(byLens.begin(), byLens.end(), 0);
        byProbability = byLens;
        const auto sortBy = [](std::vector<std::int64_t>& tokens, const at::Tensor& values) {
            std::stable_sort(tokens.begin(), tokens.end(), [&](std::int64_t a, std::int64_t b) {
                return values[a].item<double>() > values[b].item<double>();
            });
        };
        sortBy(byLens, lens);
        sortBy(byProbability, p);
        byLens.resize(static_cast<std::size_t>(lensSize));
        for (std::size_t rank = 0; rank < byProbability.size(); ++rank)
            if (std::find(byLens.begin(), byLens.end(), byProbability[rank]) != byLens.end()) {
                scores.push_back((1 - double(rank) / 64) * p[byProbability[rank]].item<double>());
                break;
            }
    }
    return scores;
}

void expectExact(const Transformer& model, const Dictionary& dictionary, const std::string& what)
{
    OutputScoreSettings settings;
    settings.tokens = 4;
    settings.rows = 16;
    const auto scores = outputScores(model, dictionary, kPrompt, 64, settings);
    ASSERT_TRUE(scores) << what << ": " << scores.error().message;
    const auto expected = bruteForce(model, dictionary, 4);
    ASSERT_EQ(scores->size(), expected.size());
    double spread = 0;
    for (std::size_t f = 0; f < expected.size(); ++f) {
        EXPECT_NEAR((*scores)[f], expected[f], 1e-4) << what << ", feature " << f;
        spread = std::max(spread, std::abs(expected[f] - expected[0]));
    }
    EXPECT_GT(spread, 0.01) << what << ": all alike would prove nothing";
}

TEST(OutputScore, EqualsAFullPassForEachFeatureInEveryFamily)
{
    for (const char* family : tests::kFamilies) {
        const auto model = tests::tinyModel(family);
        for (int layer = 0; layer < 2; ++layer)
            for (const HookKind kind : {HookKind::ResidPre, HookKind::ResidMid, HookKind::ResidPost,
                     HookKind::AttnOut, HookKind::MlpOut})
                expectExact(*model, *dictionaryAt(kind, kind, layer),
                    std::string(family) + " " + HookPoint{kind, Layer(layer)}.name());
        expectExact(*model, *dictionaryAt(HookKind::MlpIn, HookKind::MlpOut, 0), family);
        expectExact(*model, *dictionaryAt(HookKind::MlpRawOut, HookKind::MlpRawOut, 0), family);
    }
}

TEST(OutputScore, EqualsAFullPassForCrossLayerTranscodersAndNormalisedInput)
{
    const auto model = tests::tinyModel("gemma2");
    expectExact(*model, *dictionaryAt(HookKind::MlpIn, HookKind::MlpOut, 0, 2), "cross-layer");
    expectExact(*model,
        *dictionaryAt(
            HookKind::ResidPost, HookKind::ResidPost, 0, 1, InputNormalization::LayerNorm),
        "layer norm");
}

TEST(OutputScore, IsTheClosedFormBehindTheLastLayer)
{
    // Behind the last block only the final norm and the unembedding are left. A change of one very
    // long vector d drowns the stream: the distribution is the softmax of the lens of d itself,
    // whose best token has rank 0, so the score is that softmax's largest value.
    const auto model = tests::tinyModel("llama");
    const auto dictionary = dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, 1);
    OutputScoreSettings settings;
    settings.amplification = 1e7;
    const auto scores = outputScores(*model, *dictionary, kPrompt, 64, settings);
    ASSERT_TRUE(scores);
    for (std::int64_t f = 0; f < 37; ++f) {
        const double expected
            = model->unembed(dictionary->decoderRows(at::full({1}, f, at::kLong)))[0]
                  .softmax(0)
                  .max()
                  .item<double>();
        EXPECT_NEAR((*scores)[static_cast<std::size_t>(f)], expected, 1e-4);
    }
}

TEST(OutputScore, IsUnknownWhereItIsNotDefined)
{
    const auto model = tests::tinyModel("llama");
    const auto areUnknown = [](const std::vector<float>& scores) {
        return std::all_of(
            scores.begin(), scores.end(), [](float score) { return std::isnan(score); });
    };
    // Nothing fires on the last token: there is no unit to amplify by.
    DictionaryConfig config = dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, 0)->config();
    Dictionary::Weights weights;
    weights.W_enc = weights.W_dec = at::ones({37, 16});
    weights.b_enc = at::full({37}, -1e6);
    weights.b_dec = at::zeros({16});
    const auto silent = Dictionary::create(config, weights).value();
    EXPECT_TRUE(areUnknown(outputScores(*model, *silent, kPrompt, 64).value()));
    EXPECT_TRUE(areUnknown(
        outputScores(*model, *dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, 0), {}, 64)
            .value()));
}

TEST(OutputScore, StopsWhenAskedAndTellsHowFarItIs)
{
    const auto model = tests::tinyModel("llama");
    const auto dictionary = dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, 0);
    std::stop_source stop;
    std::vector<std::int64_t> told;
    OutputScoreSettings settings;
    settings.rows = 10;
    const auto scores = outputScores(
        *model, *dictionary, kPrompt, 64, settings, stop.get_token(), [&](std::int64_t done) {
            told.push_back(done);
            if (done == 20)
                stop.request_stop();
        });
    ASSERT_FALSE(scores);
    EXPECT_EQ(scores.error().code, Error::Code::Cancelled);
    EXPECT_EQ(told, (std::vector<std::int64_t>{0, 10, 20}));
}

} // namespace
