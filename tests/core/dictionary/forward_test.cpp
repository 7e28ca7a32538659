#include "tests/core/dictionary/plain_numbers.h"
#include "tests/core/dictionary/written_folder.h"

#include <gtest/gtest.h>

using namespace core;
namespace plain = tests::plain;
using plain::Matrix;
using plain::Vector;

namespace {

constexpr int kSaeWidth = 7, kSaeFeatures = 20;

/// A SAELens folder with random weights, and the same weights for the loops.
struct WrittenSae {
    tests::ScratchFolder scratch;
    at::Tensor W_enc, b_enc, W_dec, b_dec, extra, x;
    tests::Tensors tensors;

    explicit WrittenSae(std::uint64_t seed, int d_out = kSaeWidth)
    {
        at::manual_seed(seed);
        W_enc = at::randn({kSaeWidth, kSaeFeatures}) * 0.4;
        b_enc = at::randn({kSaeFeatures}) * 0.2;
        W_dec = at::randn({kSaeFeatures, d_out}) * 0.4;
        b_dec = at::randn({d_out}) * 0.3;
        extra = at::rand({kSaeFeatures}) * 0.5 + 0.1;
        x = at::randn({5, kSaeWidth}) * 2 + 0.7;
        tensors = {{"W_enc", W_enc}, {"b_enc", b_enc}, {"W_dec", W_dec}, {"b_dec", b_dec}};
    }

    std::shared_ptr<const Dictionary> open(
        const std::string& fields, const std::string& metadata = "\"sae_lens_version\": \"6.18.0\"")
    {
        tests::writeText(scratch.path() / "cfg.json",
            "{\"d_in\": 7, \"d_sae\": 20, \"dtype\": \"torch.float32\", " + fields
                + ", \"metadata\": {\"hook_name\": \"blocks.1.hook_resid_pre\", " + metadata
                + "}}");
        tests::writeTensors(scratch.path() / "sae_weights.safetensors", tensors);
        return tests::openOne(scratch.path());
    }

    /// `activations` of one row, then y = a W_dec + b_dec brought back by `back`.
    template <class Acts, class Back>
    void expect(const Dictionary& dictionary, const Acts& activations, const Back& back) const
    {
        const Matrix rows = plain::matrix(x), dec = plain::matrix(W_dec);
        Matrix acts, out;
        for (const Vector& row : rows) {
            acts.push_back(activations(row));
            out.push_back(
                back(plain::plus(plain::times(acts.back(), dec), plain::vector(b_dec)), row));
        }
        EXPECT_LE(plain::difference(dictionary.encode(x).feature_acts, acts), 2e-6);
        EXPECT_LE(plain::difference(dictionary.activations(x), acts), 2e-6);
        EXPECT_LE(plain::difference(dictionary.reconstruct(x), out), 3e-6);
        // Few rows take other kernels; a slice reads a few features.
        EXPECT_LE(plain::difference(dictionary.activations(x.narrow(0, 0, 1)), {acts[0]}), 2e-6);
        const at::Tensor two = dictionary.activationsOf(x, {FeatureId(19), FeatureId(4)});
        Matrix chosen;
        for (const Vector& row : acts)
            chosen.push_back({row[19], row[4]});
        EXPECT_LE((two
                      - at::stack({dictionary.activations(x).select(-1, 19),
                                      dictionary.activations(x).select(-1, 4)},
                          -1))
                      .abs()
                      .max()
                      .item<double>(),
            2e-6);
    }

    Vector hidden(const Vector& in, bool subtracts) const
    {
        const Vector centred = subtracts ? plain::plus(in, plain::vector(b_dec), -1.0) : in;
        return plain::plus(plain::times(centred, plain::matrix(W_enc)), plain::vector(b_enc));
    }
};

Vector same(const Vector& y, const Vector&)
{
    return y;
}

} // namespace

TEST(SaeForward, StandardWithAndWithoutTheBiasTakenOut)
{
    for (const bool subtracts : {true, false}) {
        WrittenSae sae(1);
        const auto dictionary = sae.open(std::string("\"architecture\": \"standard\", "
                                                     "\"apply_b_dec_to_input\": ")
            + (subtracts ? "true" : "false"));
        sae.expect(
            *dictionary, [&](const Vector& x) { return plain::relu(sae.hidden(x, subtracts)); },
            same);
    }
}

TEST(SaeForward, Normalisations)
{
    WrittenSae sae(2);
    const auto layerNorm
        = sae.open("\"architecture\": \"standard\", \"normalize_activations\": \"layer_norm\"");
    const auto normed = [](const Vector& x) {
        return plain::scaled(plain::minus(x, plain::mean(x)), 1.0 / (plain::deviation(x) + 1e-5));
    };
    sae.expect(
        *layerNorm, [&](const Vector& x) { return plain::relu(sae.hidden(normed(x), true)); },
        [](const Vector& y, const Vector& x) {
            return plain::minus(plain::scaled(y, plain::deviation(x)), -plain::mean(x));
        });
    const auto constant = sae.open(
        "\"architecture\": \"standard\", \"normalize_activations\": \"constant_norm_rescale\"");
    const auto factor = [](const Vector& x) { return std::sqrt(7.0) / plain::length(x); };
    sae.expect(
        *constant,
        [&](const Vector& x) { return plain::relu(sae.hidden(plain::scaled(x, factor(x)), true)); },
        [&](const Vector& y, const Vector& x) { return plain::scaled(y, 1.0 / factor(x)); });
    const auto average = sae.open(
        "\"architecture\": \"standard\", \"normalize_activations\": \"expected_average_only_in\"");
    EXPECT_EQ(average->config().warnings.size(), 1u);
    sae.expect(
        *average, [&](const Vector& x) { return plain::relu(sae.hidden(x, true)); }, same);
    // Nothing said, and null, are none.
    EXPECT_EQ(sae.open("\"architecture\": \"standard\", \"normalize_activations\": null")
                  ->config()
                  .normalization,
        InputNormalization::None);
}

TEST(SaeForward, AFactorFromTheSideFileIsFoldedIn)
{
    WrittenSae sae(3);
    tests::writeText(sae.scratch.path() / "featurescope.json", "{\"norm_scaling_factor\": 0.25}");
    const auto dictionary = sae.open(
        "\"architecture\": \"standard\", \"normalize_activations\": \"expected_average_only_in\"");
    // W_enc s, W_dec / s, b_dec / s.
    const double s = 0.25;
    sae.expect(
        *dictionary,
        [&](const Vector& x) {
            const Vector in = plain::scaled(
                plain::plus(x, plain::scaled(plain::vector(sae.b_dec), 1.0 / s), -1.0), s);
            return plain::relu(
                plain::plus(plain::times(in, plain::matrix(sae.W_enc)), plain::vector(sae.b_enc)));
        },
        [&](const Vector& y, const Vector&) { return plain::scaled(y, 1.0 / s); });
    EXPECT_LE(
        (dictionary->decoderRows({FeatureId(3)})[0] - sae.W_dec[3] / s).abs().max().item<double>(),
        1e-6);
}

TEST(SaeForward, GatedJumpReluAndTanh)
{
    WrittenSae gated(4);
    const at::Tensor r_mag = at::randn({kSaeFeatures}) * 0.3,
                     b_gate = at::randn({kSaeFeatures}) * 0.5;
    gated.tensors = {{"W_enc", gated.W_enc}, {"b_mag", gated.b_enc}, {"b_gate", b_gate},
        {"r_mag", r_mag}, {"W_dec", gated.W_dec}, {"b_dec", gated.b_dec}};
    const auto dictionary = gated.open("\"architecture\": \"gated\"");
    const Vector r = plain::vector(r_mag), g = plain::vector(b_gate),
                 m = plain::vector(gated.b_enc);
    gated.expect(
        *dictionary,
        [&](const Vector& x) {
            Vector p = plain::plus(gated.hidden(x, true), m, -1.0);
            for (std::size_t i = 0; i < p.size(); ++i)
                p[i] = p[i] + g[i] > 0 ? std::max(p[i] * std::exp(r[i]) + m[i], 0.0) : 0.0;
            return p;
        },
        same);

    WrittenSae jump(5);
    jump.tensors.emplace_back("threshold", jump.extra);
    const auto jumping = jump.open("\"architecture\": \"jumprelu\"");
    jump.expect(
        *jumping,
        [&](const Vector& x) {
            return plain::relu(plain::jump(jump.hidden(x, true), plain::vector(jump.extra)));
        },
        same);

    WrittenSae tanh(6);
    const auto old
        = tanh.open("\"architecture\": \"standard\", \"activation_fn_str\": \"tanh-relu\"",
            "\"sae_lens_version\": \"5.11.0\"");
    tanh.expect(
        *old,
        [&](const Vector& x) {
            Vector h = plain::relu(tanh.hidden(x, true));
            for (double& value : h)
                value = std::tanh(value);
            return h;
        },
        same);
}

TEST(SaeForward, TopKWithAndWithoutTheDecodersLength)
{
    for (const int k : {1, 4, 19, 20}) {
        WrittenSae sae(7);
        const auto dictionary = sae.open("\"architecture\": \"topk\", \"k\": " + std::to_string(k));
        sae.expect(
            *dictionary,
            [&](const Vector& x) { return plain::relu(plain::largest(sae.hidden(x, true), k)); },
            same);
    }
    WrittenSae sae(8);
    const auto rescaled
        = sae.open("\"architecture\": \"topk\", \"k\": 4, \"rescale_acts_by_decoder_norm\": true");
    Vector norms;
    for (const Vector& row : plain::matrix(sae.W_dec))
        norms.push_back(plain::length(row));
    const auto activations = [&](const Vector& x) {
        Vector h = sae.hidden(x, true);
        for (std::size_t i = 0; i < h.size(); ++i)
            h[i] *= norms[i];
        return plain::relu(plain::largest(h, 4));
    };
    Matrix acts, out;
    for (const Vector& row : plain::matrix(sae.x)) {
        acts.push_back(activations(row));
        Vector unit = acts.back();
        for (std::size_t i = 0; i < unit.size(); ++i)
            unit[i] /= norms[i];
        out.push_back(
            plain::plus(plain::times(unit, plain::matrix(sae.W_dec)), plain::vector(sae.b_dec)));
    }
    EXPECT_LE(plain::difference(rescaled->activations(sae.x), acts), 2e-6);
    EXPECT_LE(plain::difference(rescaled->reconstruct(sae.x), out), 3e-6);
    const auto unit = rescaled->withUnitDecoder();
    ASSERT_TRUE(unit) << unit.error().message;
    EXPECT_LE(plain::difference((*unit)->activations(sae.x), acts), 3e-6);
    EXPECT_LE(plain::difference((*unit)->reconstruct(sae.x), out), 3e-6);
}

TEST(SaeForward, TrainingCheckpointsReadTheirThreshold)
{
    WrittenSae log(9);
    log.tensors.emplace_back("log_threshold", log.extra.log());
    const auto jump = log.open("\"architecture\": \"jumprelu\"");
    log.expect(
        *jump,
        [&](const Vector& x) {
            return plain::relu(plain::jump(log.hidden(x, true), plain::vector(log.extra)));
        },
        same);
    WrittenSae batch(10);
    batch.tensors.emplace_back("topk_threshold", at::tensor(std::vector<float>{0.35f}).squeeze());
    for (const char* name : {"batchtopk", "matryoshka_batchtopk"}) {
        const auto dictionary
            = batch.open(std::string("\"k\": 3.5, \"architecture\": \"") + name + "\"");
        batch.expect(
            *dictionary,
            [&](const Vector& x) {
                return plain::relu(plain::jump(
                    batch.hidden(x, true), Vector(kSaeFeatures, static_cast<double>(0.35f))));
            },
            same);
    }
}

TEST(SaeForward, ABatchOfABatchTopKCheckpointKeepsItsLargest)
{
    WrittenSae sae(10);
    sae.tensors.emplace_back("topk_threshold", at::tensor(std::vector<float>{0.35f}).squeeze());
    const auto dictionary = sae.open("\"k\": 2.5, \"architecture\": \"batchtopk\"");
    Matrix expected;
    Vector all;
    for (const Vector& row : plain::matrix(sae.x)) {
        expected.push_back(plain::relu(sae.hidden(row, true)));
        all.insert(all.end(), expected.back().begin(), expected.back().end());
    }
    std::sort(all.begin(), all.end(), std::greater<>());
    const double least
        = all.at(static_cast<std::size_t>(2.5 * static_cast<double>(expected.size())) - 1);
    ASSERT_GT(least, 0.0);
    for (Vector& row : expected)
        for (double& act : row)
            act = act < least ? 0.0 : act;
    EXPECT_LE(plain::difference(dictionary->encodeBatch(sae.x).feature_acts, expected), 3e-6);
    // With the threshold that stands in elsewhere it is another set, and a warning says so.
    EXPECT_GT(plain::difference(dictionary->encode(sae.x).feature_acts, expected), 1e-3);
    ASSERT_EQ(dictionary->config().warnings.size(), 1u);
    EXPECT_NE(dictionary->config().warnings.front().find("k = 2.5"), std::string::npos);
}

TEST(SaeForward, ScalingFactorOfVersionFive)
{
    for (const bool isAsked : {true, false}) {
        WrittenSae sae(11);
        sae.tensors.emplace_back("scaling_factor", sae.extra);
        const auto dictionary = sae.open(
            std::string("\"architecture\": \"standard\", \"finetuning_scaling_factor\": ")
                + (isAsked ? "true" : "false"),
            "\"model_name\": \"gpt2-small\"");
        Matrix out;
        for (const Vector& row : plain::matrix(sae.x)) {
            Vector acts = plain::relu(sae.hidden(row, true));
            const Vector factor = plain::vector(sae.extra);
            for (std::size_t i = 0; isAsked && i < acts.size(); ++i)
                acts[i] *= factor[i];
            out.push_back(plain::plus(
                plain::times(acts, plain::matrix(sae.W_dec)), plain::vector(sae.b_dec)));
        }
        EXPECT_LE(plain::difference(dictionary->reconstruct(sae.x), out), 3e-6);
        EXPECT_EQ(dictionary->config().warnings.size(), isAsked ? 0u : 1u);
    }
}

TEST(SaeForward, TranscodersTakeNothingOutAndSkipsReadTheRawInput)
{
    WrittenSae sae(12, 5);
    const at::Tensor W_skip = at::randn({5, kSaeWidth}) * 0.3;
    sae.tensors.emplace_back("W_skip", W_skip);
    sae.tensors.emplace_back("threshold", sae.extra);
    const std::string out = "\"sae_lens_version\": \"6.1.0\", \"hook_name_out\": "
                            "\"blocks.1.hook_mlp_out\"";
    for (const bool jumps : {false, true}) {
        const auto dictionary
            = sae.open(std::string("\"d_out\": 5, \"normalize_activations\": \"layer_norm\", "
                                   "\"architecture\": \"")
                    + (jumps ? "jumprelu_" : "") + "skip_transcoder\"",
                out);
        const auto normed = [](const Vector& x) {
            return plain::scaled(
                plain::minus(x, plain::mean(x)), 1.0 / (plain::deviation(x) + 1e-5));
        };
        sae.expect(
            *dictionary,
            [&](const Vector& x) {
                const Vector h = sae.hidden(normed(x), false);
                return plain::relu(jumps ? plain::jump(h, plain::vector(sae.extra)) : h);
            },
            [&](const Vector& y, const Vector& x) {
                return plain::plus(y, plain::times(x, plain::matrix(W_skip.t())));
            });
    }
}

TEST(SaeForward, UnitDecoderKeepsTheReconstruction)
{
    WrittenSae jump(13);
    jump.tensors.emplace_back("threshold", jump.extra);
    const auto dictionary = jump.open("\"architecture\": \"jumprelu\"");
    const auto unit = dictionary->withUnitDecoder();
    ASSERT_TRUE(unit) << unit.error().message;
    Matrix acts;
    for (const Vector& row : plain::matrix(jump.x)) {
        acts.push_back(plain::relu(plain::jump(jump.hidden(row, true), plain::vector(jump.extra))));
        std::size_t i = 0;
        for (const Vector& decoder : plain::matrix(jump.W_dec))
            acts.back()[i++] *= plain::length(decoder);
    }
    EXPECT_LE(plain::difference((*unit)->activations(jump.x), acts), 3e-6);
    EXPECT_LE(
        ((*unit)->reconstruct(jump.x) - dictionary->reconstruct(jump.x)).abs().max().item<double>(),
        1e-5);
    const auto topk = jump.open("\"architecture\": \"topk\", \"k\": 3")->withUnitDecoder();
    ASSERT_FALSE(topk);
    EXPECT_TRUE(tests::holds(topk.error().message, "which features are active"));
}
