#include "core/training/language_model_trainer.h"
#include "tests/core/files/temporary_folder.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace core {
namespace {

ModelConfig tinyConfig(const std::string& type)
{
    ModelConfig config;
    config.modelType = type;
    config.n_layers = 2;
    config.d_model = 16;
    config.n_heads = config.n_key_value_heads = 2;
    config.d_head = 8;
    config.d_mlp = 32;
    config.d_vocab = 20;
    config.n_ctx = 16;
    config.bosToken = 0;
    if (type == "gpt2") {
        config.norm = NormKind::LayerNorm;
        config.activation = MlpActivation::GeluNew;
        config.isGated = false;
        config.hasRotary = false;
        config.isTied = true;
        config.hasAttentionBias = config.hasOutputBias = config.hasMlpBias = true;
    }
    return config;
}

/// BOS, then a walk in which each token decides the next: learnable to zero but for the first
/// token.
std::shared_ptr<const TokenCorpus> walkCorpus()
{
    auto corpus = std::make_shared<TokenCorpus>(20, std::vector{TokenId(0)});
    for (int start = 1; start < 20; ++start) {
        std::vector<TokenId> document{TokenId(0)};
        for (int i = 0, id = start; i < 12; ++i, id = 1 + (id * 7) % 19)
            document.emplace_back(id);
        EXPECT_TRUE(corpus->add(document));
    }
    return corpus;
}

LanguageModelTrainerOptions tinyOptions(std::int64_t steps)
{
    LanguageModelTrainerOptions options;
    options.context_size = 12;
    options.train_batch_size_tokens = 12 * 8;
    options.training_tokens = steps * options.train_batch_size_tokens;
    options.schedule
        = {.lr = 1e-2, .lr_scheduler_name = LrScheduler::CosineAnnealing, .lr_warm_up_steps = 10};
    options.seed = 3;
    return options;
}

class LanguageModelTrainer_ : public testing::TestWithParam<std::string> {
protected:
    const tests::TemporaryFolder m_folder;
};

TEST_P(LanguageModelTrainer_, LearnsADeterministicWalkToTheEntropyOfItsFirstToken)
{
    const auto model = Transformer::create(tinyConfig(GetParam()), 1);
    auto trainer = LanguageModelTrainer::create(model, walkCorpus(), tinyOptions(300));
    ASSERT_TRUE(trainer) << trainer.error().message;
    double first = 0, last = 0;
    ASSERT_TRUE((*trainer)->run({}, [&](const LanguageModelMetrics& metrics) {
        if (metrics.step == 1)
            first = metrics.loss;
        last = metrics.loss;
    }));
    EXPECT_NEAR(first, std::log(20.0), 0.5); // an untrained model knows nothing
    // One prediction in twelve is the start of the walk, one of 19 alike; windows hold 12 of 13
    // tokens' pairs.
    EXPECT_LT(last, std::log(19.0) / 12.0 + 0.05);
}

TEST_P(LanguageModelTrainer_, ResumeEqualsUninterruptedBitForBit)
{
    const auto corpus = walkCorpus();
    const auto whole = Transformer::create(tinyConfig(GetParam()), 1);
    auto trainer = LanguageModelTrainer::create(whole, corpus, tinyOptions(20));
    ASSERT_TRUE(trainer);
    ASSERT_TRUE((*trainer)->run());

    const auto halves = Transformer::create(tinyConfig(GetParam()), 1);
    const auto checkpoint = m_folder / "half.safetensors";
    {
        auto before = LanguageModelTrainer::create(halves, corpus, tinyOptions(20));
        for (int i = 0; i < 9; ++i)
            ASSERT_TRUE((*before)->step());
        ASSERT_TRUE((*before)->saveCheckpoint(checkpoint));
    }
    const auto resumed
        = Transformer::create(tinyConfig(GetParam()), 99); // other weights: the file brings them
    auto after = LanguageModelTrainer::create(resumed, corpus, tinyOptions(20));
    const Result<void> read = (*after)->resume(checkpoint);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_TRUE((*after)->run());

    const auto expected = whole->namedWeights(), actual = resumed->namedWeights();
    ASSERT_EQ(expected.size(), actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(at::equal(expected[i].second, actual[i].second)) << expected[i].first;
}

TEST_P(LanguageModelTrainer_, EveryWeightIsTrained)
{
    const auto model = Transformer::create(tinyConfig(GetParam()), 1);
    std::vector<at::Tensor> before;
    for (const auto& [name, weight] : model->namedWeights())
        before.push_back(weight.detach().clone());
    auto trainer = LanguageModelTrainer::create(model, walkCorpus(), tinyOptions(3));
    ASSERT_TRUE((*trainer)->run());
    const auto after = model->namedWeights();
    for (std::size_t i = 0; i < after.size(); ++i)
        EXPECT_FALSE(at::equal(before[i], after[i].second)) << after[i].first;
}

INSTANTIATE_TEST_SUITE_P(Families, LanguageModelTrainer_, testing::Values("llama", "gpt2"));

TEST(LanguageModelTrainer, GradientIsThatOfMeanCrossEntropy)
{
    // One step of plain descent is hidden behind Adam, so the check is on the loss: a step of
    // SGD-like size along Adam's first direction (the sign of the gradient) must lower a loss
    // measured by torch's own cross-entropy.
    const auto model = Transformer::create(tinyConfig("llama"), 5);
    const auto corpus = walkCorpus();
    TrainingWindows windows(corpus, 13, 3);
    const at::Tensor ids = windows.next(8);
    const auto measured = [&] {
        const at::NoGradGuard noGrad;
        const auto logits = model->forward(ids.narrow(1, 0, 12));
        return at::cross_entropy_loss(logits->reshape({-1, 20}), ids.narrow(1, 1, 12).reshape({-1}))
            .item<double>();
    };
    const double before = measured();
    auto options = tinyOptions(1);
    options.schedule = {.lr = 1e-3};
    auto trainer = LanguageModelTrainer::create(model, corpus, options);
    const auto metrics = (*trainer)->step();
    ASSERT_TRUE(metrics);
    EXPECT_NEAR(metrics->loss, before, 1e-5);
    EXPECT_LT(measured(), before);
}

TEST(LanguageModelTrainer, RefusesWhatCannotWork)
{
    const auto model = Transformer::create(tinyConfig("llama"), 1);
    auto options = tinyOptions(1);
    options.context_size = 17;
    auto trainer = LanguageModelTrainer::create(model, walkCorpus(), options);
    ASSERT_FALSE(trainer);
    EXPECT_NE(trainer.error().message.find("17"), std::string::npos);

    auto empty = LanguageModelTrainer::create(
        model, std::make_shared<TokenCorpus>(20, std::vector<TokenId>{}), tinyOptions(1));
    EXPECT_FALSE(empty);
    auto other = LanguageModelTrainer::create(
        model, std::make_shared<TokenCorpus>(21, std::vector<TokenId>{}), tinyOptions(1));
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("vocabulary"), std::string::npos);
}

TEST_P(LanguageModelTrainer_, ABadCheckpointIsRefusedAndChangesNothing)
{
    const auto model = Transformer::create(tinyConfig(GetParam()), 1);
    auto trainer = LanguageModelTrainer::create(model, walkCorpus(), tinyOptions(5));
    ASSERT_TRUE((*trainer)->step());
    const auto path = m_folder / "cut.safetensors";
    ASSERT_TRUE((*trainer)->saveCheckpoint(path));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    const at::Tensor before = model->namedWeights()[0].second.detach().clone();
    const Result<void> read = (*trainer)->resume(path);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("cut.safetensors"), std::string::npos);
    EXPECT_TRUE(at::equal(before, model->namedWeights()[0].second));
}

} // namespace
} // namespace core
