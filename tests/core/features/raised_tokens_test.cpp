#include "core/features/raised_tokens.h"

#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "tests/core/features/random_dictionary.h"
#include "tests/core/features/tiny_harvest.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::dictionaryAt;

constexpr std::int64_t kVocabulary = 60; // of 64: four rows of W_U that no token uses

std::vector<Passage> passagesOf(const std::vector<std::vector<int>>& texts)
{
    std::vector<Passage> passages;
    for (const auto& text : texts)
        for (Passage& passage = passages.emplace_back(); const int token : text)
            passage.tokens.emplace_back(token);
    return passages;
}

const std::vector<Passage> kPassages
    = passagesOf({{0, 5, 9, 3, 11, 7}, {0, 40, 2, 17}, {0, 8, 8, 21, 30, 31, 6}});

/// The definition: the text up to the place with the feature and without, in full passes.
at::Tensor lostLogits(
    const Transformer& model, const Dictionary& dictionary, Place place, std::int64_t feature)
{
    const at::NoGradGuard noGrad;
    const DictionaryConfig& config = dictionary.config();
    const at::Tensor ids = idsTensor(kPassages[static_cast<std::size_t>(place.passage)].tokens)
                               .narrow(1, 0, place.position + 1);
    const auto usual = runWithCache(model, ids, {config.hookIn}).value();
    const at::Tensor x = usual.cache.at(config.hookIn)[0][place.position];
    const double a = dictionary.activations(x)[feature].item<double>();
    const at::Tensor index = at::full({1}, feature, at::kLong);
    Hooks hooks;
    for (int offset = 0; offset < config.layersWritten; ++offset)
        hooks.on({config.hookOut.kind, Layer(config.hookOut.layer.value + offset)},
            [&, offset](at::Tensor& value) {
                value = value.clone();
                value[0][place.position] -= dictionary.decoderRowsAt(index, offset)[0] * a;
            });
    const at::Tensor without = model.forward(ids, hooks).value();
    const at::Tensor lost
        = (usual.logits - without)[0][place.position].to(at::kDouble).narrow(0, 0, kVocabulary);
    return lost - lost.mean();
}

/// Where each feature fires, at most four places behind the first token.
std::vector<std::vector<Place>> firingPlaces(const Transformer& model, const Dictionary& dictionary)
{
    std::vector<std::vector<Place>> places(37);
    for (int p = 0; p < 3; ++p) {
        const at::Tensor ids = idsTensor(kPassages[static_cast<std::size_t>(p)].tokens);
        const HookPoint in = dictionary.config().hookIn;
        const at::Tensor acts
            = dictionary.activations(runWithCache(model, ids, {in})->cache.at(in)[0]);
        for (int t = 1; t < ids.size(1); ++t)
            for (std::size_t f = 0; f < 37; ++f)
                if (acts[t][static_cast<std::int64_t>(f)].item<double>() > 0.01
                    && places[f].size() < 4)
                    places[f].push_back({p, t});
    }
    return places;
}

void expectFullPasses(
    const Transformer& model, const Dictionary& dictionary, const std::string& what)
{
    const auto places = firingPlaces(model, dictionary);
    EXPECT_GT(
        std::count_if(places.begin(), places.end(), [](auto& of) { return of.size() > 2; }), 5);
    RaisedTokenSettings settings;
    settings.effects = 5;
    const auto raised = raisedTokens(model, dictionary, kPassages, places, kVocabulary, settings);
    ASSERT_TRUE(raised) << what << ": " << raised.error().message;
    ASSERT_EQ(raised->size(), 37u);
    for (std::size_t f = 0; f < 37; ++f) {
        const auto& found = (*raised)[f].positive;
        if (places[f].size() < settings.fewest) {
            EXPECT_TRUE(found.empty()) << what << ", feature " << f;
            continue;
        }
        at::Tensor mean = at::zeros({kVocabulary}, at::kDouble);
        for (const Place place : places[f])
            mean += lostLogits(model, dictionary, place, static_cast<std::int64_t>(f));
        mean /= static_cast<double>(places[f].size());
        const auto [values, ids] = mean.topk(5);
        ASSERT_EQ(found.size(), 5u) << what;
        EXPECT_GT(values[0].item<double>(), 1e-4) << what << ": nothing moves";
        for (int i = 0; i < 5; ++i) {
            EXPECT_NEAR(double(found[std::size_t(i)].second), values[i].item<double>(), 2e-4)
                << what << ", feature " << f;
            EXPECT_NEAR(mean[found[std::size_t(i)].first.value].item<double>(),
                values[i].item<double>(), 2e-4);
        }
    }
}

TEST(RaisedTokens, EqualFullPassesWithAndWithoutTheFeature)
{
    for (const char* family : {"llama", "gpt2", "gpt_neox", "qwen3"}) {
        const auto model = tests::tinyModel(family);
        for (int layer = 0; layer < 2; ++layer) {
            expectFullPasses(
                *model, *dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, layer), family);
            expectFullPasses(
                *model, *dictionaryAt(HookKind::ResidPre, HookKind::ResidPre, layer), family);
            expectFullPasses(
                *model, *dictionaryAt(HookKind::MlpIn, HookKind::MlpOut, layer), family);
        }
        expectFullPasses(*model, *dictionaryAt(HookKind::MlpIn, HookKind::MlpOut, 0, 2), family);
    }
}

TEST(RaisedTokens, ReadsThePassagesWithMostPlacesForTheirLength)
{
    const auto model = tests::tinyModel("llama");
    const auto dictionary = dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, 0);
    std::vector<std::vector<Place>> places(37);
    places[1] = {{0, 1}, {0, 2}, {0, 3}}; // three in six tokens
    places[2] = {{1, 1}, {1, 2}, {1, 3}}; // three in four
    places[3] = {{2, 1}, {2, 2}, {2, 3}}; // three in seven
    RaisedTokenSettings settings;
    settings.tokens = 11;
    for (const bool byPlaces : {false, true}) {
        if (byPlaces) {
            settings.tokens = 1000;
            settings.mostPlaces = 8;
        }
        const auto raised
            = raisedTokens(*model, *dictionary, kPassages, places, 64, settings).value();
        EXPECT_FALSE(raised[1].positive.empty());
        EXPECT_FALSE(raised[2].positive.empty());
        EXPECT_TRUE(raised[3].positive.empty());
    }
}

TEST(RaisedTokens, StopsWhenAskedAndTellsHowFarItIs)
{
    const auto model = tests::tinyModel("llama");
    const auto dictionary = dictionaryAt(HookKind::ResidPost, HookKind::ResidPost, 0);
    std::vector<std::vector<Place>> places(37);
    places[0] = {{0, 1}, {0, 2}, {1, 1}};
    std::stop_source stop;
    std::vector<std::int64_t> told;
    const auto raised = raisedTokens(*model, *dictionary, kPassages, places, 64, {},
        stop.get_token(), [&](std::int64_t done, std::int64_t total) {
            EXPECT_EQ(total, 3);
            told.push_back(done);
            if (done == 1)
                stop.request_stop();
        });
    ASSERT_FALSE(raised);
    EXPECT_EQ(raised.error().code, Error::Code::Cancelled);
    EXPECT_EQ(told, (std::vector<std::int64_t>{0, 1}));
}

TEST(RaisedTokens, StepEvenlyThroughStrengths)
{
    std::vector<Place> all;
    std::vector<int> strengths;
    for (int i = 0; i < 100; ++i) {
        all.push_back({i, 0});
        strengths.push_back(i < 50 ? 1 : 3);
    }
    // A quarter of the strength lies in the first half of the places.
    const auto chosen = placesByStrength(all, strengths, 8);
    ASSERT_EQ(chosen.size(), 8u);
    EXPECT_EQ(
        std::count_if(chosen.begin(), chosen.end(), [](Place p) { return p.passage < 50; }), 2);
    EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
    EXPECT_EQ(placesByStrength(std::span(all).first(3), strengths, 8).size(), 3u);
    // Whatever the strengths, no place twice.
    const auto skewed = placesByStrength(std::span(all).first(4), std::vector<int>{1, 15, 1, 1}, 3);
    EXPECT_EQ(std::adjacent_find(skewed.begin(), skewed.end()), skewed.end());
}

} // namespace
