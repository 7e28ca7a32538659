#include "core/model/tensor_io.h"
#include "core/training/dictionary_trainer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/training/trained_places.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace core {
namespace {

using tests::kRead;
using tests::kWrite;

/// Data made of a few known directions at a time: what a dictionary should find.
struct Planted {
    at::Tensor in, out; ///< [features, d] unit rows: what is read and what it writes.
    std::shared_ptr<const ActivationStore> store;
};

Planted plant(std::int64_t features, std::int64_t d, std::int64_t tokens, double active)
{
    const at::Generator g = at::detail::createCPUGenerator(11);
    const auto unit = [&] {
        at::Tensor rows = at::empty({features, d}).normal_(0, 1, g);
        return rows / rows.norm(2, 1, true);
    };
    Planted planted{unit(), unit(), nullptr};
    const at::Tensor isActive = at::empty({tokens, features})
                                    .uniform_(0, 1, g)
                                    .lt(active / static_cast<double>(features));
    const at::Tensor strength = at::empty({tokens, features}).uniform_(1.0, 2.0, g) * isActive;
    const at::Tensor offset = at::empty({d}).normal_(0, 0.5, g);
    planted.store = ActivationStore::fromTensors(
        {{kRead, strength.mm(planted.in) + offset}, {kWrite, strength.mm(planted.out) - offset}});
    return planted;
}

DictionaryTrainerOptions smallOptions(DictionaryObjective objective)
{
    DictionaryTrainerOptions options;
    options.name = "saes/layer_0";
    options.hookIn = options.hookOut = kRead;
    options.objective = objective;
    options.d_sae = 96;
    options.k = 4;
    options.train_batch_size_tokens = 1024;
    options.training_tokens = 800 * 1024;
    options.schedule = {.lr = 4e-3, .lr_warm_up_steps = 50, .lr_decay_steps = 300};
    options.dead_feature_window = 30'000;
    // A gate also learns from its own reconstruction, which the penalty has to outweigh.
    options.l1_coefficient = objective == DictionaryObjective::Gated ? 1.5 : 0.6;
    options.matryoshka_levels = 2; // its first half cannot hold the 64 directions, all of it can
    options.l1_warm_up_steps = 150;
    options.l0_coefficient = 0.4;
    options.jumprelu_init_threshold = 0.1;
    options.jumprelu_bandwidth = 0.5;
    options.resample_every = 200;
    return options;
}

double meanMaxCosine(const at::Tensor& known, const at::Tensor& learned, bool isSigned = false)
{
    const at::Tensor unit = learned / learned.norm(2, 1, true).clamp_min(1e-9);
    const at::Tensor cosines = known.mm(unit.t());
    return std::get<0>((isSigned ? cosines.abs() : cosines).max(1)).mean().item<double>();
}

class PlantedRecovery : public testing::TestWithParam<DictionaryObjective> { };

TEST_P(PlantedRecovery, FindsTheDirectionsTheDataIsMadeOf)
{
    const Planted planted = plant(64, 32, 40'000, 4.0);
    auto trainer = DictionaryTrainer::create(planted.store, smallOptions(GetParam()));
    ASSERT_TRUE(trainer) << trainer.error().message;
    DictionaryMetrics last;
    ASSERT_TRUE((*trainer)->run({}, [&](const DictionaryMetrics& metrics) { last = metrics; }));
    const auto dictionary = (*trainer)->dictionary();
    ASSERT_TRUE(dictionary) << dictionary.error().message;
    const double cosine = meanMaxCosine(
        planted.in, (*dictionary)->W_dec(), GetParam() == DictionaryObjective::AbsTopK);
    EXPECT_GT(cosine, 0.9);
    // A token made of more than k directions cannot be rebuilt whole.
    EXPECT_LT(last.losses.fvu, 0.2);

    // What is saved reads and rebuilds the raw activations, with no scaling left to be undone.
    const at::Tensor x = planted.store->sampleRows(kRead, 4000);
    const at::Tensor error = x - (*dictionary)->reconstruct(x);
    const double fvu = (error.square().sum() / (x - x.mean(0)).square().sum()).item<double>();
    EXPECT_NEAR(fvu, last.losses.fvu, 0.05);
    EXPECT_TRUE(at::allclose((*dictionary)->W_dec().norm(2, 1), at::ones({96}), 1e-4, 1e-4));
}

INSTANTIATE_TEST_SUITE_P(Objectives, PlantedRecovery,
    testing::Values(DictionaryObjective::L1, DictionaryObjective::TopK,
        DictionaryObjective::BatchTopK, DictionaryObjective::JumpRelu, DictionaryObjective::Gated,
        DictionaryObjective::Matryoshka, DictionaryObjective::AbsTopK));

TEST(DictionaryTrainer, ATranscoderFindsWhatIsReadAndWhatIsWritten)
{
    const Planted planted = plant(64, 32, 40'000, 4.0);
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::BatchTopK);
    options.hookOut = kWrite;
    auto trainer = DictionaryTrainer::create(planted.store, options);
    ASSERT_TRUE(trainer);
    ASSERT_TRUE((*trainer)->run());
    const auto dictionary = (*trainer)->dictionary();
    ASSERT_TRUE(dictionary);
    EXPECT_GT(meanMaxCosine(planted.out, (*dictionary)->W_dec()), 0.9);
    const at::Tensor x = planted.store->sampleRows(kRead, 4000),
                     y = planted.store->sampleRows(kWrite, 4000);
    const at::Tensor error = y - (*dictionary)->reconstruct(x);
    EXPECT_LT((error.square().sum() / (y - y.mean(0)).square().sum()).item<double>(), 0.2);
    EXPECT_EQ((*dictionary)->config().architecture, "jumprelu_transcoder");
}

TEST(DictionaryTrainer, ASkipTranscoderLearnsALinearMapBesideItsFeatures)
{
    at::manual_seed(4);
    const at::Tensor x = at::randn({20'000, 16}), A = at::randn({12, 16}) * 0.3;
    const auto store
        = ActivationStore::fromTensors({{kRead, x + 2.0}, {kWrite, x.mm(A.t()) * 3.0 - 1.0}});
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::BatchTopK);
    options.hookOut = kWrite;
    options.has_skip = true;
    options.k = 2;
    options.training_tokens = 800 * 1024;
    options.schedule = {.lr = 5e-3, .lr_decay_steps = 300};
    auto trainer = DictionaryTrainer::create(store, options);
    ASSERT_TRUE(trainer);
    ASSERT_TRUE((*trainer)->run());
    const auto dictionary = (*trainer)->dictionary();
    ASSERT_TRUE(dictionary);
    const at::Tensor y = store->sampleRows(kWrite, 2000);
    const at::Tensor error = y - (*dictionary)->reconstruct(store->sampleRows(kRead, 2000));
    EXPECT_LT((error.square().sum() / (y - y.mean(0)).square().sum()).item<double>(), 0.01);
    EXPECT_EQ((*dictionary)->config().architecture, "jumprelu_skip_transcoder");
}

struct Architecture {
    DictionaryObjective objective;
    bool isTranscoder = false, hasSkip = false;
    std::int64_t steps = 79;
    bool hasFreeDecoder = false;
};

class SavedAsMeasured : public testing::TestWithParam<Architecture> { };

/// Read back and put to the text of the last step, it has the figures that step measured.
TEST_P(SavedAsMeasured, L0AndFvuAreWithinThreePercent)
{
    const Planted planted = plant(64, 32, 20'000, 4.0);
    DictionaryTrainerOptions options = smallOptions(GetParam().objective);
    options.k = 8;
    options.training_tokens = GetParam().steps * options.train_batch_size_tokens;
    if (GetParam().isTranscoder)
        options.hookOut = kWrite;
    options.has_skip = GetParam().hasSkip;
    options.normalizesDecoder = !GetParam().hasFreeDecoder;
    auto trainer = DictionaryTrainer::create(planted.store, options);
    ASSERT_TRUE(trainer) << trainer.error().message;
    DictionaryMetrics last;
    ASSERT_TRUE((*trainer)->run({}, [&](const DictionaryMetrics& metrics) { last = metrics; }));
    const tests::TemporaryFolder folder;
    ASSERT_TRUE(saveSaeLens(**(*trainer)->dictionary(), folder / "saved", "float32"));
    const auto read = openDictionaries(folder / "saved");
    ASSERT_TRUE(read) << read.error().message;

    const at::Tensor rows = ShuffledBatches(20'000, options.train_batch_size_tokens, options.seed)
                                .indices(last.totalSteps - 1);
    const at::Tensor x = planted.store->rows(kRead, rows),
                     y = planted.store->rows(options.hookOut, rows);
    const double l0
        = read->front()->activations(x).ne(0).sum(1).to(at::kDouble).mean().item<double>();
    const at::Tensor error = y - read->front()->reconstruct(x);
    const double fvu = (error.square().sum() / (y - y.mean(0)).square().sum()).item<double>();
    const auto made = (*trainer)->dictionary();
    ASSERT_TRUE(made);
    const Dictionary &a = **made, &b = *read->front();
    EXPECT_TRUE(at::equal(a.W_enc(), b.W_enc()));
    EXPECT_TRUE(at::equal(a.W_dec(), b.W_dec()));
    EXPECT_TRUE(at::equal(a.activations(x), b.activations(x)));
    EXPECT_TRUE(at::equal(a.reconstruct(x), b.reconstruct(x)));
    for (const auto vector : {&Dictionary::b_enc, &Dictionary::b_dec, &Dictionary::threshold,
             &Dictionary::W_skip, &Dictionary::b_gate, &Dictionary::r_mag})
        EXPECT_TRUE((a.*vector)().defined() ? at::equal((a.*vector)(), (b.*vector)())
                                            : !(b.*vector)().defined());
    EXPECT_TRUE(at::allclose(b.W_dec().norm(2, 1), at::ones({96}), 1e-4, 1e-4));
    EXPECT_NEAR(l0, last.losses.l0, 0.03 * last.losses.l0);
    EXPECT_NEAR(fvu, last.losses.fvu, 0.03 * last.losses.fvu);
}

INSTANTIATE_TEST_SUITE_P(Architectures, SavedAsMeasured,
    testing::Values(Architecture{DictionaryObjective::BatchTopK},
        Architecture{DictionaryObjective::BatchTopK, false, false, 400},
        Architecture{DictionaryObjective::BatchTopK, true},
        Architecture{DictionaryObjective::BatchTopK, true, true},
        Architecture{DictionaryObjective::TopK}, Architecture{DictionaryObjective::L1},
        Architecture{DictionaryObjective::L1, true},
        Architecture{DictionaryObjective::L1, true, true},
        Architecture{DictionaryObjective::JumpRelu},
        Architecture{DictionaryObjective::JumpRelu, true},
        Architecture{DictionaryObjective::JumpRelu, true, true},
        Architecture{DictionaryObjective::Gated}, Architecture{DictionaryObjective::Matryoshka},
        Architecture{DictionaryObjective::Matryoshka, true, true},
        Architecture{DictionaryObjective::AbsTopK},
        Architecture{DictionaryObjective::L1, false, false, 79, true},
        Architecture{DictionaryObjective::Gated, false, false, 79, true},
        Architecture{DictionaryObjective::JumpRelu, true, true, 79, true}));

TEST(DictionaryTrainer, BatchTopKsSavedThresholdKeepsKOnAverage)
{
    const Planted planted = plant(64, 32, 40'000, 4.0);
    auto trainer
        = DictionaryTrainer::create(planted.store, smallOptions(DictionaryObjective::BatchTopK));
    ASSERT_TRUE((*trainer)->run());
    const auto dictionary = (*trainer)->dictionary();
    const at::Tensor acts
        = (*dictionary)->encode(planted.store->sampleRows(kRead, 10'000)).feature_acts;
    EXPECT_NEAR(acts.gt(0).sum(1).to(at::kFloat).mean().item<double>(), 4.0, 0.4);
}

std::string bytesOf(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Repeatable : public testing::TestWithParam<DictionaryObjective> { };

TEST_P(Repeatable, SameSeedSameFilesWhateverTheThreadsAndResumeIsExact)
{
    const Planted planted = plant(64, 32, 5'000, 4.0);
    DictionaryTrainerOptions options = smallOptions(GetParam());
    options.training_tokens = 24 * 1024;
    options.dead_feature_window = 2'000; // so that dead features are dealt with in so short a run
    options.resample_every = 5;
    const tests::TemporaryFolder folder;
    const auto save = [&](const DictionaryTrainer& trainer, const char* name) {
        const auto dictionary = trainer.dictionary();
        ASSERT_TRUE(dictionary);
        ASSERT_TRUE(saveSaeLens(**dictionary, folder / name, "float32"));
    };
    auto whole = DictionaryTrainer::create(planted.store, options);
    ASSERT_TRUE((*whole)->run());
    save(**whole, "whole");

    const int threads = at::get_num_threads();
    at::set_num_threads(threads == 1 ? 2 : 1);
    auto again = DictionaryTrainer::create(planted.store, options);
    for (int i = 0; i < 11; ++i)
        ASSERT_TRUE((*again)->step());
    ASSERT_TRUE((*again)->saveCheckpoint(folder / "checkpoint.safetensors"));
    at::set_num_threads(threads);
    auto resumed = DictionaryTrainer::create(planted.store, options);
    const Result<void> read = (*resumed)->resume(folder / "checkpoint.safetensors");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_TRUE((*resumed)->run());
    save(**resumed, "resumed");
    for (const char* file : {"whole/sae_weights.safetensors", "whole/cfg.json"}) {
        const std::string other = std::string("resumed") + std::string(file).substr(5);
        EXPECT_EQ(bytesOf(folder / file), bytesOf(folder / other.c_str())) << file;
    }
}

INSTANTIATE_TEST_SUITE_P(Objectives, Repeatable,
    testing::Values(DictionaryObjective::L1, DictionaryObjective::TopK,
        DictionaryObjective::BatchTopK, DictionaryObjective::JumpRelu, DictionaryObjective::Gated,
        DictionaryObjective::Matryoshka, DictionaryObjective::AbsTopK));

TEST(DictionaryTrainer, StopsBetweenStepsAndStaysWhole)
{
    const Planted planted = plant(16, 8, 2'000, 2.0);
    auto trainer
        = DictionaryTrainer::create(planted.store, smallOptions(DictionaryObjective::TopK));
    std::stop_source source;
    const Result<void> stopped
        = (*trainer)->run(source.get_token(), [&](const DictionaryMetrics& metrics) {
              if (metrics.step == 3)
                  source.request_stop();
          });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    EXPECT_TRUE((*trainer)->dictionary());
}

TEST(DictionaryTrainer, RefusesWhatCannotWorkAndNamesTheField)
{
    const Planted planted = plant(16, 8, 2'000, 2.0);
    const auto message = [&](const DictionaryTrainerOptions& options) {
        const auto trainer = DictionaryTrainer::create(planted.store, options);
        return trainer ? std::string() : trainer.error().message;
    };
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::TopK);
    options.k = 97;
    EXPECT_NE(message(options).find("k is 97"), std::string::npos);
    options = smallOptions(DictionaryObjective::L1);
    options.hookIn = options.hookOut = {HookKind::ResidPost, Layer(3)};
    EXPECT_NE(message(options).find("blocks.3.hook_resid_post"), std::string::npos);
    options = smallOptions(DictionaryObjective::L1);
    options.has_skip = true;
    EXPECT_NE(message(options).find("skip"), std::string::npos);
    options = smallOptions(DictionaryObjective::Gated);
    options.hookOut = kWrite;
    EXPECT_NE(message(options).find("gated transcoder"), std::string::npos);
    options = smallOptions(DictionaryObjective::BatchTopK);
    options.normalizesDecoder = false;
    EXPECT_NE(message(options).find("normalize_sae_decoder"), std::string::npos);
    options = smallOptions(DictionaryObjective::L1);
    options.decoder_init_norm = 0.1;
    EXPECT_NE(message(options).find("decoder_init_norm"), std::string::npos);
    options = smallOptions(DictionaryObjective::JumpRelu);
    options.jumprelu_sparsity_loss_mode = JumpReluPenalty::Quadratic;
    EXPECT_NE(message(options).find("target_l0 is 0"), std::string::npos);
    options = smallOptions(DictionaryObjective::Matryoshka);
    options.matryoshka_widths = {32, 16};
    EXPECT_NE(message(options).find("matryoshka_widths must ascend"), std::string::npos);
    options.matryoshka_widths = {97};
    EXPECT_NE(message(options).find("d_sae = 96"), std::string::npos);
    options.matryoshka_widths.clear();
    options.matryoshka_levels = 9;
    EXPECT_NE(message(options).find("matryoshka_levels is 9"), std::string::npos);
}

TEST(DictionaryTrainer, ALossThatIsNoNumberStopsItBeforeTheStepAndSaysWhere)
{
    const Planted planted = plant(16, 8, 2'000, 2.0);
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::JumpRelu);
    options.normalizesDecoder = false;
    options.schedule = {.lr = 1e25};
    auto trainer = DictionaryTrainer::create(planted.store, options);
    ASSERT_TRUE((*trainer)->step());
    const tests::TemporaryFolder folder;
    ASSERT_TRUE((*trainer)->saveCheckpoint(folder / "before.safetensors"));
    const auto lost = (*trainer)->step();
    ASSERT_FALSE(lost);
    EXPECT_NE(lost.error().message.find("at step 2 (loss "), std::string::npos)
        << lost.error().message;
    EXPECT_NE(lost.error().message.find("Lower lr"), std::string::npos);
    EXPECT_EQ((*trainer)->steps(), 1);
    ASSERT_TRUE((*trainer)->saveCheckpoint(folder / "after.safetensors"));
    EXPECT_EQ(bytesOf(folder / "before.safetensors"), bytesOf(folder / "after.safetensors"));
}

TEST(DictionaryTrainer, ClippedGradientsAreMeasuredBeforeAndTakenAfter)
{
    // Adam does not see the scale of gradients, but that they change from step to step.
    const Planted planted = plant(16, 8, 4'000, 2.0);
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::L1);
    options.training_tokens = 40 * 1024;
    const auto norms = [&](double maxNorm) {
        options.adam.maxGradNorm = maxNorm;
        auto trainer = DictionaryTrainer::create(planted.store, options);
        std::vector<double> all;
        EXPECT_TRUE((*trainer)->run(
            {}, [&](const DictionaryMetrics& m) { all.push_back(m.gradientNorm); }));
        return all;
    };
    const auto free = norms(0.0), loose = norms(1e9), tight = norms(1e-3);
    EXPECT_EQ(free, loose);
    EXPECT_EQ(free.front(), tight.front());
    EXPECT_GT(tight.front(), 1e-3);
    EXPECT_NE(free.back(), tight.back());
}

TEST(DictionaryTrainer, AFreeDecoderStartsAsLongAsItIsToldAndIsFoldedToOne)
{
    const Planted planted = plant(16, 8, 2'000, 2.0);
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::L1);
    options.normalizesDecoder = false;
    options.decoder_init_norm = 0.1;
    const tests::TemporaryFolder folder;
    auto trainer = DictionaryTrainer::create(planted.store, options);
    ASSERT_TRUE((*trainer)->saveCheckpoint(folder / "start.safetensors"));
    const auto state = loadTensors(folder / "start.safetensors");
    ASSERT_TRUE(state);
    const at::Tensor W_dec = state->at("value.W_dec");
    EXPECT_TRUE(at::allclose(W_dec.norm(2, 1), at::full({96}, 0.1)));
    EXPECT_TRUE(at::equal(W_dec, state->at("value.W_enc")));
    const auto made = (*trainer)->dictionary();
    EXPECT_TRUE(at::allclose((*made)->W_dec().norm(2, 1), at::ones({96})));
    // Rows of one from rows of a tenth: the encoder's take the tenth over.
    EXPECT_TRUE(at::allclose((*made)->W_enc().norm(2, 1), at::full({96}, 0.01), 1e-4, 1e-6));
}

TEST(DictionaryTrainer, ACheckpointOfAnotherWidthIsRefused)
{
    const Planted planted = plant(16, 8, 2'000, 2.0);
    DictionaryTrainerOptions options = smallOptions(DictionaryObjective::TopK);
    auto trainer = DictionaryTrainer::create(planted.store, options);
    const tests::TemporaryFolder folder;
    ASSERT_TRUE((*trainer)->saveCheckpoint(folder / "a.safetensors"));
    options.d_sae = 48;
    auto other = DictionaryTrainer::create(planted.store, options);
    const Result<void> read = (*other)->resume(folder / "a.safetensors");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("48"), std::string::npos);
}

TEST(DictionaryScaling, GeometricMedianIsNotMovedByAnOutlier)
{
    // Of an odd number of points on a line it is the middle one.
    const at::Tensor x
        = at::tensor({0.0f, 1.0f, 2.0f, 3.0f, 1000.0f}).unsqueeze(1) * at::ones({1, 2});
    EXPECT_TRUE(at::allclose(geometricMedian(x), at::full({2}, 2.0f), 1e-2, 1e-2));
}

} // namespace
} // namespace core
