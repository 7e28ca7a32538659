// The swap of concepts against one written densely, with every threshold tried by hand and the
// changed activation put in place by a hook.
#include "core/circuits/concept_swap.h"

#include "core/circuits/replacement_model.h"
#include "core/model/activation_cache.h"
#include "tests/core/circuits/complete_dictionary.h"
#include "tests/support/tiny_model.h"

#include <map>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::completeDictionary;

class ConceptSwap : public testing::Test {
protected:
    ConceptSwap()
        : model(tests::tinyModel("llama", 2))
        , dictionary(completeDictionary(hook, 16))
    {
        for (int word = 20; word < 32; ++word)
            add({1, 9, word, 5, 17}); // The same sentence about twelve things.
        add({3, 40, 41, 42, 43, 44}); // Another sentence.
    }

    void add(const std::vector<int>& words)
    {
        std::vector<TokenId> ids;
        for (const int word : words)
            ids.emplace_back(word);
        auto read = readFeatures(*model, {dictionary}, ids);
        ASSERT_TRUE(read);
        texts.push_back(std::move(*read));
        acts.push_back(
            at::relu(at::cat({runWithCache(*model, idsTensor(ids), {hook})->cache.at(hook)[0],
                                 -runWithCache(*model, idsTensor(ids), {hook})->cache.at(hook)[0]},
                1)));
    }

    /// Features of the texts with `answer` at a position: typical values by feature.
    std::map<int, double> conceptAt(int position, TokenId answer, double least) const
    {
        std::map<int, double> found;
        for (int f = 0; f < 32; ++f) {
            std::vector<double> with, without;
            for (std::size_t i = 0; i < kSentence; ++i)
                (texts[i].answer() == answer ? with : without)
                    .push_back(acts[i][position][f].item<double>());
            double best = 0.5;
            for (const double threshold : with) {
                double hits = 0, passes = 0;
                for (const double value : with)
                    hits += value >= threshold;
                for (const double value : without)
                    passes += value < threshold;
                best = std::max(best,
                    (hits / static_cast<double>(with.size())
                        + passes / static_cast<double>(without.size()))
                        / 2);
            }
            double sum = 0, firing = 0;
            for (const double value : with) {
                sum += value;
                firing += value > 0;
            }
            if (firing > 0 && best >= least - 1e-9)
                found[f] = sum / firing;
        }
        return found;
    }

    static constexpr std::size_t kSentence = 12;
    const HookPoint hook{HookKind::ResidPost, Layer(0)};
    std::shared_ptr<const Transformer> model;
    std::shared_ptr<const Dictionary> dictionary;
    std::vector<TextFeatures> texts;
    std::vector<at::Tensor> acts; // [T, 2 d] each
};

TEST_F(ConceptSwap, ChangesWhatTellsTheConceptsApart)
{
    std::set<TokenId> answers;
    for (const TextFeatures& text : texts)
        answers.insert(text.answer());
    ASSERT_GT(answers.size(), 2u) << "another seed is needed";
    int compared = 0;
    for (std::size_t donor = 1; donor < kSentence && compared < 3; ++donor) {
        if (texts[donor].answer() == texts[0].answer())
            continue;
        ++compared;
        for (const double least : {0.6, 0.9}) {
            ConceptSwapOptions options;
            options.leastScore = least;
            const auto swap = swapConcepts(*model, {dictionary}, texts, 0, donor, options);
            ASSERT_TRUE(swap) << swap.error().message;
            at::Tensor target = acts[0].clone();
            std::size_t changes = 0;
            for (const int position : {2, 4}) {
                std::map<int, double> values;
                for (const auto& [f, value] : conceptAt(position, texts[0].answer(), least))
                    values[f] = 0.0;
                for (const auto& [f, value] : conceptAt(position, texts[donor].answer(), least))
                    values[f] = value;
                for (const auto& [f, value] : values) {
                    changes += std::abs(target[position][f].item<double>() - value) > 1e-7;
                    target[position][f] = value;
                }
            }
            EXPECT_NEAR(static_cast<double>(
                            swap->removed.size() + swap->inserted.size() + swap->adjusted.size()),
                static_cast<double>(changes), 1.0); // A value may equal its mean to rounding.
            EXPECT_GT(changes, 0u);
            Hooks patch;
            patch.on(hook, [&](at::Tensor& value) {
                value = (target.slice(1, 0, 16) - target.slice(1, 16)).unsqueeze(0);
            });
            const auto patched = model->forward(idsTensor(texts[0].ids), patch);
            EXPECT_LT(((*patched)[0][-1] - swap->after).abs().max().item<double>(), 1e-4);
            EXPECT_EQ(swap->isSwapped,
                swap->after.argmax().item<std::int64_t>() == texts[donor].answer().value);
            for (const SwappedFeature& one : swap->removed)
                EXPECT_TRUE(one.before > 0 && one.after == 0);
            for (const SwappedFeature& one : swap->inserted)
                EXPECT_TRUE(one.before == 0 && one.after > 0);
        }
    }
    EXPECT_EQ(compared, 3);
}

TEST_F(ConceptSwap, TextsWithTheSameAnswerAreOneConcept)
{
    for (std::size_t a = 0; a < kSentence; ++a)
        for (std::size_t b = 0; b < kSentence; ++b)
            if (a != b && texts[a].answer() == texts[b].answer()) {
                const auto swap = swapConcepts(*model, {dictionary}, texts, a, b);
                ASSERT_TRUE(swap);
                EXPECT_FALSE(swap->isSwapped);
                EXPECT_TRUE(swap->removed.empty() && swap->inserted.empty());
                EXPECT_TRUE(swap->after.equal(swap->before));
                return;
            }
    GTEST_SKIP() << "no two texts with the same answer";
}

TEST_F(ConceptSwap, RefusesTheSameTextAndNoDictionary)
{
    EXPECT_FALSE(swapConcepts(*model, {dictionary}, texts, 1, 1));
    EXPECT_FALSE(swapConcepts(*model, {}, texts, 0, 1));
}

} // namespace
