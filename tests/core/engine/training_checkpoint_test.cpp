// BatchTopK training checkpoints against SAELens' own classes (tests/fixtures/saelens_checkpoints).
#include "core/api/encode.h"
#include "core/api/evaluate.h"
#include "core/dictionary/dictionary.h"
#include "core/model/tensor_io.h"
#include "tests/core/engine/open_bench.h"
#include "tests/support/fixtures.h"
#include "tests/support/tensor_difference.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

class TrainingCheckpoint : public testing::TestWithParam<const char*> {
protected:
    std::filesystem::path folder() const
    {
        return tests::testFixture("saelens_checkpoints") / GetParam();
    }
    std::map<std::string, at::Tensor> expected() const
    {
        return *core::loadTensors(folder() / "expected.safetensors");
    }
    /// Relative to the largest number, as the other oracles of SAELens.
    static void expectSame(const at::Tensor& actual, const at::Tensor& wanted, const char* what)
    {
        ASSERT_EQ(actual.sizes(), wanted.sizes()) << what;
        EXPECT_LE(
            tests::largestDifference(actual, wanted), 2e-6 * wanted.abs().max().item<double>())
            << what;
    }

    tests::OpenBench bench;
};

TEST_P(TrainingCheckpoint, VectorsOfAFileAreEncodedAsTheTrainingClassDoes)
{
    core::EncodeRequest request;
    request.dictionary = folder().string();
    request.inputFile = (folder() / "expected.safetensors").string();
    request.inputTensor = "x";
    request.out = bench.files.file("encoded.safetensors").string();
    const auto summary = bench.run(request);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_THAT(summary->note, testing::HasSubstr("one batch"));
    const auto encoded = *core::loadTensors(request.out);
    const auto wanted = expected();
    expectSame(encoded.at("feature_acts"), wanted.at("batch_feature_acts"), "feature_acts");
    expectSame(encoded.at("reconstruction"), wanted.at("batch_reconstruction"), "reconstruction");
}

TEST_P(TrainingCheckpoint, ElsewhereItIsWhatSaeLensSavesForUse)
{
    const auto opened = core::openDictionaries(folder());
    ASSERT_TRUE(opened) << opened.error().message;
    const core::Dictionary& dictionary = *opened->front();
    const auto wanted = expected();
    const at::Tensor x = wanted.at("x");
    expectSame(dictionary.activations(x), wanted.at("feature_acts"), "activations");
    expectSame(dictionary.encode(x).feature_acts, wanted.at("feature_acts"), "encode");
    expectSame(dictionary.reconstruct(x), wanted.at("reconstruction"), "reconstruct");
    // The two differ by 11 to 17 % here, so neither can pass for the other.
    const at::Tensor apart = wanted.at("reconstruction") - wanted.at("batch_reconstruction");
    EXPECT_GT(
        apart.norm().item<double>(), 0.1 * wanted.at("batch_reconstruction").norm().item<double>());
}

TEST_P(TrainingCheckpoint, IsMeasuredAsSaeLensSavesItForUse)
{
    ASSERT_TRUE(
        bench.run(core::OpenModelRequest{tests::testFixture("oracles/models/gpt2-tiny").string()}));
    const auto state = bench.run(core::AddDictionariesRequest{folder().string()});
    ASSERT_TRUE(state) << state.error().message;
    const core::EvaluateRequest request{state->dictionaries.back().name, {},
        tests::testFixture("reports/documents-apart/corpus.txt").string()};
    const auto quality = bench.run(request);
    ASSERT_TRUE(quality) << quality.error().message;
    const auto json = nlohmann::json::parse(std::ifstream(folder() / "expected.json"));
    const auto& used = json["inference_class"];
    EXPECT_EQ(quality->tokens, 92);
    EXPECT_NEAR(quality->l0, used["l0"].get<double>(), 1e-9);
    EXPECT_NEAR(quality->fvu, used["fvu"].get<double>(), 1e-6);
    EXPECT_THAT(quality->note, testing::HasSubstr("training checkpoint"));
    EXPECT_GT(std::abs(json["training_class"]["l0"].get<double>() - quality->l0), 0.2);
}

INSTANTIATE_TEST_SUITE_P(OfSaeLens, TrainingCheckpoint,
    testing::Values("batchtopk", "batchtopk-rescale", "matryoshka-rescale"), [](const auto& info) {
        std::string name = info.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

} // namespace
