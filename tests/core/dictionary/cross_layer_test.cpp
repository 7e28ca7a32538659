#include "tests/core/dictionary/plain_numbers.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/dictionary/written_folder.h"

#include <gtest/gtest.h>

using namespace core;
namespace plain = tests::plain;
using plain::Matrix;
using plain::Vector;

namespace {

constexpr int kCltLayers = 3, kCltWidth = 5, kCltFeatures = 9;

/// A cross-layer transcoder written in circuit-tracer's or Gemma Scope 2's files.
struct WrittenLayers {
    tests::ScratchFolder scratch;
    std::vector<at::Tensor> W_enc, b_enc, W_dec, b_dec, threshold, skip, x;

    explicit WrittenLayers(bool isGemmaScope, at::ScalarType type = at::kFloat)
    {
        at::manual_seed(21);
        for (int l = 0; l < kCltLayers; ++l) {
            const auto made
                = [&](at::IntArrayRef shape) { return (at::randn(shape) * 0.5).to(type); };
            W_enc.push_back(made({kCltFeatures, kCltWidth}));
            b_enc.push_back(made({kCltFeatures}));
            W_dec.push_back(made({kCltFeatures, kCltLayers - l, kCltWidth}));
            b_dec.push_back(made({kCltWidth}));
            threshold.push_back(made({kCltFeatures}).abs());
            skip.push_back(made({kCltWidth, kCltWidth}));
            x.push_back(at::randn({4, kCltWidth}) * 2);
            const std::string n = std::to_string(l);
            if (isGemmaScope) {
                const at::Tensor all = at::cat(
                    {at::full({kCltFeatures, l, kCltWidth}, 1e6).to(type), W_dec.back()}, 1);
                tests::writeTensors(scratch.path() / ("params_layer_" + n + ".safetensors"),
                    {{"w_enc", W_enc.back().t().contiguous()}, {"b_enc", b_enc.back()},
                        {"w_dec", all}, {"b_dec", b_dec.back()}, {"threshold", threshold.back()},
                        {"affine_skip_connection", skip.back()}});
                continue;
            }
            tests::writeTensors(scratch.path() / ("clt/W_enc_" + n + ".safetensors"),
                {{"W_enc_" + n, W_enc.back()}, {"b_enc_" + n, b_enc.back()},
                    {"b_dec_" + n, b_dec.back()}, {"threshold_" + n, threshold.back()}});
            tests::writeTensors(scratch.path() / ("clt/W_dec_" + n + ".safetensors"),
                {{"W_dec_" + n, W_dec.back()}});
        }
        tests::writeText(scratch.path() / "config.yaml",
            "model_name: \"google/gemma-2-2b\"\nmodel_kind: \"cross_layer_transcoder\"\n"
            "feature_input_hook: \"hook_resid_mid\"\nfeature_output_hook: \"hook_mlp_out\"\n");
    }

    Vector acts(int layer, const Vector& row) const
    {
        const auto l = static_cast<std::size_t>(layer);
        return plain::jump(
            plain::plus(plain::times(row, plain::matrix(W_enc[l].t())), plain::vector(b_enc[l])),
            plain::vector(threshold[l]));
    }
};

} // namespace

TEST(CrossLayerFile, ReadsBothLayoutsAndRebuildsEveryLayer)
{
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf})
        for (const bool isGemmaScope : {false, true}) {
            const WrittenLayers written(isGemmaScope, type);
            auto opened = openDictionaries(written.scratch.path());
            ASSERT_TRUE(opened) << opened.error().message;
            ASSERT_EQ(opened->size(), 3u);
            const auto rebuilt = reconstructLayers(*opened, written.x);
            ASSERT_TRUE(rebuilt) << rebuilt.error().message;
            for (int m = 0; m < kCltLayers; ++m) {
                Matrix out;
                for (std::int64_t row = 0; row < 4; ++row) {
                    Vector y = plain::vector(written.b_dec[static_cast<std::size_t>(m)]);
                    for (int l = 0; l <= m; ++l) {
                        const auto from = static_cast<std::size_t>(l);
                        const Vector in = plain::vector(written.x[from][row]);
                        y = plain::plus(y,
                            plain::times(written.acts(l, in),
                                plain::matrix(written.W_dec[from].select(1, m - l))));
                        if (l == m && isGemmaScope)
                            y = plain::plus(y, plain::times(in, plain::matrix(written.skip[from])));
                    }
                    out.push_back(y);
                }
                EXPECT_LE(plain::difference(rebuilt->at(static_cast<std::size_t>(m)), out), 5e-6);
            }
            const Dictionary& first = *opened->front();
            EXPECT_TRUE(first.config().isCrossLayer);
            EXPECT_EQ(first.config().layersWritten, 3);
            EXPECT_EQ(opened->at(2)->config().hookIn.name(), "blocks.2.hook_resid_mid");
            const at::Tensor one = at::tensor(std::vector<std::int64_t>{4});
            const at::Tensor all = written.W_dec[0].to(at::kFloat);
            EXPECT_LE(tests::largestDifference(first.decoderRows(one)[0], all[4].sum(0)), 1e-5);
            EXPECT_LE(tests::largestDifference(first.decoderRowsAt(one, 2)[0], all[4][2]), 0.0);
            EXPECT_EQ(first.decoderRowsAt(one, 3).abs().max().item<float>(), 0.0f);
            EXPECT_LE(tests::largestDifference(first.W_dec(), all.sum(1)), 1e-5);
            EXPECT_FALSE(reconstructLayers({opened->at(1)}, {written.x[1]}));
        }
}

TEST(CrossLayerFile, WhatIsMissingOrDoesNotFitIsNamed)
{
    const auto after = [](const auto& change) {
        const WrittenLayers written(false);
        change(written.scratch.path() / "clt");
        return tests::refusal(written.scratch.path());
    };
    const auto write
        = [](const std::filesystem::path& path, const char* name, at::IntArrayRef shape) {
              tests::writeTensors(path, {{name, at::randn(shape)}});
          };
    EXPECT_TRUE(tests::holds(
        after([](const auto& folder) { std::filesystem::remove(folder / "W_dec_1.safetensors"); }),
        "W_dec_1.safetensors"));
    EXPECT_TRUE(tests::holds(
        after([](const auto& folder) { std::filesystem::remove(folder / "W_enc_1.safetensors"); }),
        "W_enc_1.safetensors"));
    // A decoder of another layer, of other features, no decoder, one that is flat.
    for (const auto& [name, shape] :
        {std::pair{"W_dec_1", std::vector<std::int64_t>{kCltFeatures, 3, kCltWidth}},
            std::pair{"W_dec_1", std::vector<std::int64_t>{8, 2, kCltWidth}},
            std::pair{"W_dec_2", std::vector<std::int64_t>{kCltFeatures, 2, kCltWidth}},
            std::pair{"W_dec_1", std::vector<std::int64_t>{kCltFeatures, kCltWidth}}})
        EXPECT_TRUE(tests::holds(
            after([&](const auto& folder) { write(folder / "W_dec_1.safetensors", name, shape); }),
            "`W_dec_1`"));
    EXPECT_TRUE(tests::holds(
        after([](const auto& folder) { tests::writeText(folder / "W_enc_99999.safetensors", ""); }),
        "no model has that many layers"));
}

TEST(StoredNumbers, SixteenBitMatricesStayAsTheyAre)
{
    at::manual_seed(5);
    const at::Tensor x = at::randn({40, 12});
    for (const at::ScalarType type : {at::kBFloat16, at::kHalf})
        for (const bool isTransposed : {false, true}) {
            const DictionaryConfig config = tests::saeConfig();
            auto weights = tests::randomWeights(config, 2);
            weights.W_enc = weights.W_enc.to(type);
            weights.W_dec = weights.W_dec.to(type);
            if (isTransposed)
                weights.W_enc = weights.W_enc.t().contiguous().t();
            auto wide = weights;
            wide.W_enc = weights.W_enc.to(at::kFloat);
            wide.W_dec = weights.W_dec.to(at::kFloat);
            const auto narrow = Dictionary::create(config, weights);
            const auto same = Dictionary::create(config, wide);
            ASSERT_TRUE(narrow && same);
            EXPECT_LT((*narrow)->bytes(), (*same)->bytes());
            for (const std::int64_t rows : {1, 8, 9, 40}) {
                const at::Tensor some = x.narrow(0, 0, rows);
                EXPECT_LE(tests::largestDifference(
                              (*narrow)->encode(some).hidden_pre, (*same)->encode(some).hidden_pre),
                    1e-5);
                EXPECT_LE(tests::largestDifference(
                              (*narrow)->reconstruct(some), (*same)->reconstruct(some)),
                    1e-5);
            }
            EXPECT_TRUE(at::equal((*narrow)->W_dec(), (*same)->W_dec()));
            EXPECT_TRUE(at::equal(
                (*narrow)->decoderRows({FeatureId(7)}), (*same)->decoderRows({FeatureId(7)})));
        }
}
