#include "core/training/evaluate.h"

#include "core/model/activation_cache.h"
#include "core/model/massive_rows.h"
#include "core/training/activation_store.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace core {
namespace {

constexpr int kVocabulary = 30, kWidth = 16;

std::shared_ptr<Transformer> tinyModel()
{
    ModelConfig config;
    config.modelType = "llama";
    config.n_layers = 2;
    config.d_model = kWidth;
    config.n_heads = config.n_key_value_heads = 2;
    config.d_head = 8;
    config.d_mlp = 32;
    config.d_vocab = kVocabulary;
    config.n_ctx = 16;
    auto model = Transformer::create(config, 1);
    const at::NoGradGuard noGrad;
    for (auto& [name, weight] : model->namedWeights())
        if (weight.dim() >= 2)
            weight.mul_(
                10.0); // so that activations and predictions are far from zero and from each other
    return model;
}

std::shared_ptr<const TokenCorpus> textOf(int documents)
{
    auto corpus = std::make_shared<TokenCorpus>(kVocabulary, std::vector{TokenId(0)});
    for (int i = 0; i < documents; ++i) {
        std::vector<TokenId> document{TokenId(0)};
        for (int j = 0; j < 3 + i % 7; ++j)
            document.emplace_back(1 + (i * 11 + j * j * 5) % (kVocabulary - 1));
        EXPECT_TRUE(corpus->add(document));
    }
    return corpus;
}

/// relu(x) - relu(-x) = x: a dictionary that changes nothing, times `gain`.
std::shared_ptr<const Dictionary> identityDictionary(HookPoint in, HookPoint out, double gain)
{
    DictionaryConfig config;
    config.name = "identity";
    config.architecture = in == out ? "standard" : "transcoder";
    config.isTranscoder = in != out;
    config.applyBDecToInput = in == out;
    config.d_in = config.d_out = kWidth;
    config.d_sae = 2 * kWidth;
    config.hookIn = in;
    config.hookOut = out;
    const at::Tensor both = at::cat({at::eye(kWidth), -at::eye(kWidth)});
    auto made = Dictionary::create(
        config, {both, at::zeros({2 * kWidth}), both * gain, at::zeros({kWidth}), {}, {}});
    EXPECT_TRUE(made);
    return *made;
}

const HookPoint kResid{HookKind::ResidPost, Layer(0)};
const EvaluationOptions kOptions{.context_size = 12, .batchWindows = 4};

TEST(Evaluate, AnIdentityDictionaryCostsNothing)
{
    const auto model = tinyModel();
    const auto result = evaluateDictionary(
        *model, *identityDictionary(kResid, kResid, 1.0), textOf(40), kOptions);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_NEAR(result->fvu, 0.0, 1e-9);
    EXPECT_NEAR(result->explainedVariance, 1.0, 1e-9);
    EXPECT_NEAR(result->ceDictionary, result->ceClean, 1e-5);
    EXPECT_NEAR(result->ceScore, 1.0, 1e-3);
    EXPECT_NEAR(result->kl, 0.0, 1e-5);
    EXPECT_NEAR(result->l0, kWidth, 1e-9); // of each pair exactly one fires
    EXPECT_GT(std::abs(result->ceZero - result->ceClean), 1e-2)
        << "zeroing must matter for the score to mean anything";
    EXPECT_EQ(result->deadFraction, 0.0);
}

TEST(Evaluate, ADictionaryThatWritesZeroScoresZero)
{
    const auto model = tinyModel();
    const auto result = evaluateDictionary(
        *model, *identityDictionary(kResid, kResid, 0.0), textOf(40), kOptions);
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->ceDictionary, result->ceZero, 1e-6);
    EXPECT_NEAR(result->ceScore, 0.0, 1e-6);
    EXPECT_GE(result->fvu, 1.0); // worse than the mean, which is not zero
    EXPECT_GT(result->kl, 0.0);
}

TEST(Evaluate, ATranscoderTakesTheMlpsPlace)
{
    // It writes the MLP's input where the MLP's output was; by hand: one run with that replacement
    // alone.
    const auto model = tinyModel();
    const HookPoint in{HookKind::MlpIn, Layer(1)}, out{HookKind::MlpOut, Layer(1)};
    auto corpus = std::make_shared<TokenCorpus>(kVocabulary, std::vector{TokenId(0)});
    ASSERT_TRUE(corpus->add(
        std::vector{TokenId(0), TokenId(4), TokenId(7), TokenId(2), TokenId(9), TokenId(4)}));
    const auto result = evaluateDictionary(
        *model, *identityDictionary(in, out, 1.0), corpus, {.context_size = 6});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->tokens, 5);

    const at::NoGradGuard noGrad;
    const at::Tensor ids = at::tensor({0, 4, 7, 2, 9, 4}, at::kLong).unsqueeze(0);
    Hooks hooks;
    at::Tensor read;
    hooks.on(in, [&](at::Tensor& value) { read = value.clone(); });
    hooks.on(out, [&](at::Tensor& value) {
        value = value.clone();
        value.narrow(1, 1, 5).copy_(read.narrow(1, 1, 5)); // BOS keeps its own
    });
    const auto meanLoss = [&](const at::Tensor& logits) {
        const at::Tensor log
            = logits[0].narrow(0, 1, 4).log_softmax(-1); // predictions made at tokens 1 to 4
        return -log.gather(1, ids[0].narrow(0, 2, 4).unsqueeze(1)).mean().item<double>();
    };
    const auto clean = runWithCache(*model, ids, {in, out});
    ASSERT_TRUE(clean);
    EXPECT_NEAR(result->ceClean, meanLoss(clean->logits), 1e-5);
    EXPECT_NEAR(result->ceDictionary, meanLoss(*model->forward(ids, hooks)), 1e-5);
    const at::Tensor x = clean->cache.at(in)[0].narrow(0, 1, 5),
                     y = clean->cache.at(out)[0].narrow(0, 1, 5);
    EXPECT_NEAR(result->fvu,
        ((y - x).square().sum() / (y - y.mean(0)).square().sum()).item<double>(), 1e-4);
}

TEST(Evaluate, FiguresDoNotDependOnHowTheTextIsBatched)
{
    const auto model = tinyModel();
    const auto dictionary = identityDictionary(kResid, kResid, 0.7);
    const auto one = evaluateDictionary(
        *model, *dictionary, textOf(40), {.context_size = 12, .batchWindows = 1});
    const auto many = evaluateDictionary(
        *model, *dictionary, textOf(40), {.context_size = 12, .batchWindows = 64});
    ASSERT_TRUE(one && many);
    EXPECT_EQ(one->tokens, many->tokens);
    EXPECT_NEAR(one->fvu, many->fvu, 1e-6);
    EXPECT_NEAR(one->fvu / 0.09,
        evaluateDictionary(*model, *identityDictionary(kResid, kResid, 0.0), textOf(40), kOptions)
            ->fvu,
        1e-3);
    EXPECT_NEAR(one->ceScore, many->ceScore, 1e-4);
    EXPECT_NEAR(one->kl, many->kl, 1e-5);
}

/// Documents of very unequal length, one of them longer than a row, read one after another.
std::vector<std::vector<std::int64_t>> unequalDocuments()
{
    std::vector<std::vector<std::int64_t>> documents;
    for (const int length : {7, 2, 12, 3, 9, 4, 12, 1, 5}) {
        auto& document = documents.emplace_back();
        for (int i = 0; i < length; ++i)
            document.push_back(1
                + (static_cast<std::int64_t>(documents.size()) * 13 + i * i * 7)
                    % (kVocabulary - 1));
    }
    return documents;
}

std::shared_ptr<const TokenCorpus> corpusOf(const std::vector<std::vector<std::int64_t>>& documents)
{
    auto corpus = std::make_shared<TokenCorpus>(kVocabulary, std::vector{TokenId(0)});
    for (const auto& document : documents) {
        std::vector<TokenId> ids;
        for (const auto id : document)
            ids.emplace_back(id);
        EXPECT_TRUE(corpus->add(ids));
    }
    return corpus;
}

TEST(Evaluate, DocumentsAreReadAloneAndTheirOrderDoesNotMatter)
{
    const auto model = tinyModel();
    const auto dictionary = identityDictionary(kResid, kResid, 0.7);
    auto documents = unequalDocuments();
    const at::NoGradGuard noGrad;
    double loss = 0;
    std::int64_t predictions = 0;
    for (const auto& document : documents) {
        const at::Tensor ids = at::tensor(document, at::kLong).unsqueeze(0);
        const auto n = static_cast<std::int64_t>(document.size()) - 1;
        const at::Tensor log = (*model->forward(ids))[0].narrow(0, 0, n).log_softmax(-1);
        loss -= log.gather(1, ids[0].narrow(0, 1, n).unsqueeze(1)).sum().item<double>();
        predictions += n;
    }
    const auto forwards = evaluateDictionary(*model, *dictionary, corpusOf(documents), kOptions);
    std::reverse(documents.begin(), documents.end());
    const auto backwards = evaluateDictionary(*model, *dictionary, corpusOf(documents), kOptions);
    ASSERT_TRUE(forwards && backwards);
    EXPECT_NEAR(forwards->ceClean, loss / static_cast<double>(predictions), 1e-5);
    for (const auto field : {&DictionaryEvaluation::ceClean, &DictionaryEvaluation::ceDictionary,
             &DictionaryEvaluation::ceZero, &DictionaryEvaluation::kl, &DictionaryEvaluation::fvu,
             &DictionaryEvaluation::l0})
        EXPECT_NEAR((*forwards).*field, (*backwards).*field, 1e-5);
}

TEST(ActivationStore, DocumentsAreReadAlone)
{
    const auto model = tinyModel();
    const auto documents = unequalDocuments();
    const auto store
        = ActivationStore::record(*model, corpusOf(documents), {kResid}, {.context_size = 12});
    ASSERT_TRUE(store) << store.error().message;
    const at::Tensor rows = (*store)->rows(kResid, at::arange((*store)->tokens(), at::kLong));
    const at::NoGradGuard noGrad;
    std::int64_t tokens = 0;
    for (const auto& document : documents) {
        const auto alone
            = runWithCache(*model, at::tensor(document, at::kLong).unsqueeze(0), {kResid});
        const at::Tensor expected = alone->cache.at(kResid)[0];
        tokens += expected.size(0);
        for (std::int64_t i = 0; i < expected.size(0); ++i)
            EXPECT_LT((rows - expected[i]).abs().amax(1).min().item<double>(), 1e-4)
                << "token " << i << " of a document of " << expected.size(0);
    }
    EXPECT_EQ((*store)->tokens(), tokens);
}

TEST(Evaluate, RefusesAnEmptyTextAndADictionaryOfAnotherWidth)
{
    const auto model = tinyModel();
    const auto empty = std::make_shared<TokenCorpus>(kVocabulary, std::vector{TokenId(0)});
    EXPECT_FALSE(evaluateDictionary(*model, *identityDictionary(kResid, kResid, 1.0), empty));
    const HookPoint beyond{HookKind::ResidPost, Layer(7)};
    EXPECT_FALSE(evaluateDictionary(*model, *identityDictionary(beyond, beyond, 1.0), textOf(3)));
}

TEST(ActivationStore, HoldsWhatAPassOverEachDocumentGivesWithoutSpecialTokens)
{
    const auto model = tinyModel();
    auto corpus = std::make_shared<TokenCorpus>(kVocabulary, std::vector{TokenId(0)});
    std::vector<std::vector<std::int64_t>> documents
        = {{0, 5, 9, 3, 8, 1, 2, 6}, {0, 2, 2, 11, 4, 7, 13, 5}};
    for (const auto& document : documents) {
        std::vector<TokenId> ids;
        for (const auto id : document)
            ids.emplace_back(id);
        ASSERT_TRUE(corpus->add(ids));
    }
    // Of one length, so that rows stay in the text's order.
    const std::vector<HookPoint> points{
        kResid, {HookKind::MlpIn, Layer(1)}, {HookKind::MlpOut, Layer(1)}};
    for (const bool isHalf : {false, true}) {
        const auto store = ActivationStore::record(
            *model, corpus, points, {.context_size = 8, .isHalf = isHalf});
        ASSERT_TRUE(store) << store.error().message;
        EXPECT_EQ((*store)->tokens(), 14);
        const at::NoGradGuard noGrad;
        for (std::int64_t i = 0; i < 2; ++i) {
            const auto alone = runWithCache(*model,
                at::tensor(documents[static_cast<std::size_t>(i)], at::kLong).unsqueeze(0), points);
            for (const HookPoint& point : points) {
                const at::Tensor rows
                    = (*store)->rows(point, at::arange(7 * i, 7 * i + 7, at::kLong));
                EXPECT_TRUE(at::allclose(rows, alone->cache.at(point)[0].narrow(0, 1, 7),
                    isHalf ? 1e-2 : 1e-4, isHalf ? 1e-2 : 1e-4))
                    << point.name();
            }
        }
    }
}

TEST(ActivationStore, RefusesMoreMemoryThanAllowedBeforeRunning)
{
    const auto model = tinyModel();
    const auto store = ActivationStore::record(
        *model, textOf(40), {kResid}, {.context_size = 12, .maxBytes = 1000});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Error::Code::OutOfMemory);
}

TEST(ShuffledBatches, EveryRowOnceAnEpochAndAnyBatchCanBeAskedFor)
{
    ShuffledBatches batches(100, 20, 5), other(100, 20, 5);
    std::vector<int> seen(100, 0);
    for (int i = 0; i < 5; ++i) {
        const at::Tensor indices = batches.indices(i);
        for (int j = 0; j < 20; ++j)
            ++seen[static_cast<std::size_t>(indices[j].item<std::int64_t>())];
    }
    EXPECT_EQ(seen, std::vector<int>(100, 1));
    EXPECT_TRUE(at::equal(batches.indices(7), other.indices(7)));
    EXPECT_FALSE(at::equal(batches.indices(7), batches.indices(2)));
}

/// A model that parks a huge vector on token 5, as large models do on some: its embedding is a
/// thousand times as long.
std::shared_ptr<Transformer> modelWithMassiveToken()
{
    const auto model = tinyModel();
    const at::NoGradGuard noGrad;
    model->weights().W_E.weight[5].mul_(1000.0);
    return model;
}

/// Every tenth document has the massive token once.
std::shared_ptr<const TokenCorpus> textWithMassiveToken(std::vector<std::int64_t>& ordinary)
{
    auto corpus = std::make_shared<TokenCorpus>(kVocabulary, std::vector{TokenId(0)});
    for (int i = 0; i < 40; ++i) {
        std::vector<TokenId> document{TokenId(0)};
        for (int j = 0; j < 9; ++j) {
            const bool isMassive = i % 10 == 3 && j == 4;
            document.emplace_back(isMassive ? 5 : 6 + (i * 11 + j * j * 5) % (kVocabulary - 6));
            if (!isMassive)
                ordinary.push_back(i * 10 + j + 1); // documents are of one length: rows in order
        }
        EXPECT_TRUE(corpus->add(document));
    }
    return corpus;
}

TEST(MassiveRows, AreLongerThanMostThatAreNotZero)
{
    using at::tensor;
    EXPECT_DOUBLE_EQ(massiveLimit(tensor({1.0f, 2.0f, 3.0f, 900.0f, 2.0f})), kMassive * 2);
    // A point that is silent on most tokens: its few ordinary rows are not massive.
    EXPECT_DOUBLE_EQ(massiveLimit(tensor({0.0f, 0.0f, 0.0f, 5.0f, 0.0f})), kMassive * 5);
    EXPECT_TRUE(std::isinf(massiveLimit(at::zeros({4}))));
}

TEST(MassiveRows, AreLeftOutOfARecordingAtEveryPoint)
{
    const auto model = modelWithMassiveToken();
    std::vector<std::int64_t> ordinary;
    const auto corpus = textWithMassiveToken(ordinary);
    const HookPoint mlp{HookKind::MlpOut, Layer(0)}; // where the token is as others are
    ActivationStoreOptions options{.context_size = 12};
    const auto whole = ActivationStore::record(*model, corpus, {kResid, mlp}, options);
    options.leavesOutMassive = true;
    const auto left = ActivationStore::record(*model, corpus, {kResid, mlp}, options);
    ASSERT_TRUE(whole && left);
    EXPECT_EQ((*whole)->tokens(), 360);
    EXPECT_EQ((*whole)->massiveTokens(), 0);
    EXPECT_EQ((*left)->massiveTokens(), 4);
    ASSERT_EQ((*left)->tokens(), 356);

    // The others, in their order: without BOS document d's token j is row 9 d + j - 1.
    std::vector<std::int64_t> places;
    for (const std::int64_t at : ordinary)
        places.push_back(at / 10 * 9 + at % 10 - 1);
    const at::Tensor all = at::arange(356, at::kLong), expected = at::tensor(places);
    for (const HookPoint point : {kResid, mlp}) {
        EXPECT_TRUE(at::equal((*left)->rows(point, all), (*whole)->rows(point, expected)));
        EXPECT_TRUE(at::equal(
            (*left)->sampleRows(point, 89), (*whole)->rows(point, expected.slice(0, 0, 356, 4))));
    }
}

TEST(MassiveRows, AreNeitherRebuiltNorCountedWhereADictionaryIsMeasured)
{
    const auto model = modelWithMassiveToken();
    std::vector<std::int64_t> ordinary;
    const auto corpus = textWithMassiveToken(ordinary);
    const auto half = identityDictionary(kResid, kResid, 0.5);
    const auto result = evaluateDictionary(*model, *half, corpus, {.context_size = 12});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->massiveTokens, 4);
    EXPECT_EQ(result->tokens, 356);
    // y - y / 2 over the ordinary rows by hand.
    const auto whole = ActivationStore::record(*model, corpus, {kResid}, {.context_size = 12});
    std::vector<std::int64_t> places;
    for (const std::int64_t at : ordinary)
        places.push_back(at / 10 * 9 + at % 10 - 1);
    const at::Tensor y = (*whole)->rows(kResid, at::tensor(places)).to(at::kDouble);
    const double expected
        = 0.25 * y.square().sum().item<double>() / (y - y.mean(0)).square().sum().item<double>();
    EXPECT_NEAR(result->fvu, expected, 1e-5 * expected);
}

TEST(MassiveRows, TheNoteSaysHowMany)
{
    EXPECT_EQ(massiveNote(0, 10), "");
    EXPECT_NE(massiveNote(3, 97).find("3 of 100 tokens"), std::string::npos);
}

} // namespace
} // namespace core
