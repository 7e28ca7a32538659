#include "core/model/activation_cache.h"
#include "core/store/workspace_reader.h"
#include "tests/core/features/tiny_harvest.h"

#include <cmath>

namespace {

using namespace core;

/// A TopK by size, whose activations are of either sign.
std::shared_ptr<const Dictionary> signedDictionary()
{
    const auto plain = tests::randomDictionary("saes/signed", "blocks.0.hook_resid_post", 24, 5);
    DictionaryConfig config = plain->config();
    config.architecture = "abstopk";
    config.activation = FeatureActivation::TopK;
    config.k = 4;
    config.picksBySize = true;
    config.reluAfterGate = false;
    return Dictionary::create(
        config, {plain->W_enc(), at::zeros_like(plain->b_enc()), plain->W_dec(), plain->b_dec()})
        .value();
}

TEST(SignedHarvest, AFeatureFiresWhereItIsNotZero)
{
    tests::TinyHarvest tiny;
    tiny.dictionaries = {signedDictionary()};
    const Dictionary& dictionary = *tiny.dictionaries.front();
    tests::TemporaryFolder folder;
    {
        auto writer = WorkspaceWriter::open(folder / "w.db").value();
        ASSERT_TRUE(
            harvest(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer, {}));
    }
    const auto reader = WorkspaceReader::open(folder / "w.db").value();
    const auto stored = reader->dictionary("saes/signed").value().value();
    const auto columns = reader->columns(stored).value();

    std::vector<at::Tensor> byPassage; // [T, d_sae], the first token zero: it is special
    for (const Passage& passage : tiny.corpus.passages) {
        at::Tensor ids = at::empty({1, std::ssize(passage.tokens)}, at::kLong);
        for (std::size_t t = 0; t < passage.tokens.size(); ++t)
            ids.data_ptr<std::int64_t>()[t] = passage.tokens[t].value;
        const HookPoint hook = dictionary.config().hookIn;
        const auto run = runWithCache(*tiny.model, ids, {hook});
        at::Tensor acts = dictionary.encode(run->cache.at(hook)).feature_acts[0].clone();
        acts[0].zero_();
        byPassage.push_back(acts);
    }
    const at::Tensor all = at::cat(byPassage);
    const std::int64_t first = reader->passages(stored.corpus)->front().id;
    int negative = 0, negativePeaks = 0;
    for (std::int64_t f = 0; f < 24; ++f) {
        const auto index = static_cast<std::size_t>(f);
        const at::Tensor own = all.select(1, f);
        const auto firings = own.ne(0).sum().item<std::int64_t>();
        EXPECT_NEAR(columns->density[index],
            static_cast<double>(firings) / static_cast<double>(tiny.corpus.tokens), 1e-6);
        const float strongest = own[own.abs().argmax().item<std::int64_t>()].item<float>();
        EXPECT_NEAR(columns->max[index], strongest, 1e-4f);
        negativePeaks += strongest < 0;
        const auto evidence = reader->evidence({stored.id, FeatureId(f)}).value();
        double counted = 0;
        for (const float bin : evidence.histogram)
            counted += static_cast<double>(bin);
        EXPECT_EQ(counted, static_cast<double>(firings));
        for (const StoredInterval& interval : evidence.intervals)
            for (const StoredExample& example : interval.examples)
                for (std::size_t t = 0; t < example.activations.size(); ++t) {
                    const float truth = byPassage[static_cast<std::size_t>(example.passage - first)]
                                                 [example.start + static_cast<std::int64_t>(t)][f]
                                                     .item<float>();
                    EXPECT_NEAR(
                        example.activations[t], truth, 1e-4f + std::fabs(strongest) / 30000.0f);
                    negative += truth < 0;
                }
    }
    EXPECT_GT(negative, 50);
    EXPECT_GT(negativePeaks, 3);
}

} // namespace
