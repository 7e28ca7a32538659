// Directions that tell texts about concepts apart, against the plainest computation of the same:
// one passage at a time, nothing padded, in float64.
#include "core/features/concept_directions.h"
#include "core/model/activation_cache.h"
#include "tests/core/features/tiny_harvest.h"
#include "tests/support/tensor_difference.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

using namespace core;

/// Passages of words from one part of the vocabulary, each begun by the special token.
std::vector<Passage> passagesOf(
    const tests::WordTokenizer& tokenizer, std::int64_t from, int passages, int words = 9)
{
    std::vector<std::vector<TokenId>> documents;
    for (int p = 0; p < passages; ++p) {
        std::vector<TokenId>& document = documents.emplace_back(1, TokenId(0));
        for (int t = 0; t < 5 + 3 * p % 11; ++t)
            document.emplace_back(static_cast<std::int32_t>(from + (p * 5 + t * 3) % words));
    }
    return corpusFromTokens(documents, tokenizer).passages;
}

class ConceptDirectionsOf : public testing::Test {
protected:
    ConceptDirectionsOf()
    {
        for (const auto& [name, from] : {std::pair("one", 2), {"two", 12}, {"three", 22}})
            m_texts.push_back({name, passagesOf(*m_tiny.tokenizer, from, 9)});
    }
    Result<ConceptDirections> learn(int layer = 1)
    {
        return conceptDirections(*m_tiny.model, *m_tiny.tokenizer, m_texts, Layer(layer));
    }
    /// Of a passage without its special token, [T, d_model] float64.
    at::Tensor rows(const Passage& passage, int layer) const
    {
        const at::NoGradGuard noGrad;
        at::Tensor ids = at::empty({1, std::ssize(passage.tokens)}, at::kLong);
        for (std::size_t t = 0; t < passage.tokens.size(); ++t)
            ids.data_ptr<std::int64_t>()[t] = passage.tokens[t].value;
        const HookPoint point{HookKind::ResidPost, Layer(layer)};
        return runWithCache(*m_tiny.model, ids, {point})
            ->cache.at(point)[0]
            .slice(0, 1)
            .to(at::kDouble);
    }
    /// The mean of the texts that are learnt from: all but each fourth.
    at::Tensor mean(std::size_t of, int layer) const
    {
        std::vector<at::Tensor> all;
        for (std::size_t p = 0; p < m_texts[of].passages.size(); ++p)
            if (p % 4 != 3)
                all.push_back(rows(m_texts[of].passages[p], layer));
        return at::cat(all).mean(0);
    }

    tests::TinyHarvest m_tiny;
    std::vector<ConceptTexts> m_texts;
};

TEST_F(ConceptDirectionsOf, AreDifferencesOfMeans)
{
    const auto learned = learn(1);
    ASSERT_TRUE(learned) << learned.error().message;
    const Dictionary& dictionary = *learned->dictionary;
    ASSERT_EQ(dictionary.config().d_sae, 3);
    EXPECT_EQ(dictionary.config().hookIn.name(), "blocks.1.hook_resid_post");
    for (std::size_t c = 0; c < 3; ++c) {
        const at::Tensor others = (mean((c + 1) % 3, 1) + mean((c + 2) % 3, 1)) / 2;
        const at::Tensor topic = mean(c, 1) - others;
        const at::Tensor v = topic / topic.norm();
        const auto i = static_cast<std::int64_t>(c);
        EXPECT_LT((dictionary.W_dec()[i].to(at::kDouble) - v).abs().max().item<double>(), 1e-5);
        EXPECT_LT((dictionary.W_enc()[i].to(at::kDouble) - v).abs().max().item<double>(), 1e-5);
        // A text's activation is its projection less that of the others' mean, or 0 below what 99
        // of 100 of the others' tokens stay under: a held-out text is not among them.
        const at::Tensor x = rows(m_texts[c].passages[3], 1);
        const at::Tensor projection = x.matmul(v) - others.dot(v);
        const at::Tensor acts = dictionary.activations(x.to(at::kFloat)).select(1, i);
        const double threshold = dictionary.threshold()[i].item<double>();
        EXPECT_GE(threshold, 0);
        for (std::int64_t t = 0; t < x.size(0); ++t) {
            const double expected = projection[t].item<double>();
            if (std::abs(expected - threshold) > 1e-3) {
                EXPECT_NEAR(acts[t].item<double>(), expected > threshold ? expected : 0.0, 1e-4);
            }
        }
        std::vector<at::Tensor> elsewhere;
        for (std::size_t o = 0; o < 3; ++o)
            for (std::size_t p = 0; o != c && p < m_texts[o].passages.size(); ++p)
                if (p % 4 != 3)
                    elsewhere.push_back(rows(m_texts[o].passages[p], 1));
        const at::Tensor quiet = at::cat(elsewhere).matmul(v) - others.dot(v);
        EXPECT_GE((quiet <= threshold + 1e-4).to(at::kDouble).mean().item<double>(), 0.98);
        EXPECT_EQ(learned->concepts[c].named, 0) << "the name is no word of the tokenizer's texts";
    }
}

TEST_F(ConceptDirectionsOf, LeanTowardsTheTokensOfAName)
{
    const std::string name = m_tiny.tokenizer->display(m_texts[0].passages[0].tokens[1]);
    const auto ids = m_tiny.tokenizer->encode(name, false);
    ASSERT_TRUE(ids);
    ASSERT_EQ(ids->ids.size(), 1);
    m_texts[0].name = name;
    const auto learned = learn(0);
    ASSERT_TRUE(learned) << learned.error().message;
    const at::Tensor others = (mean(1, 0) + mean(2, 0)) / 2;
    std::vector<at::Tensor> named;
    for (std::size_t p = 0; p < m_texts[0].passages.size(); ++p) {
        const Passage& passage = m_texts[0].passages[p];
        const at::Tensor x = rows(passage, 0);
        for (std::int64_t t = 0; t < x.size(0) && p % 4 != 3; ++t)
            if (passage.tokens[static_cast<std::size_t>(t) + 1] == ids->ids[0])
                named.push_back(x[t]);
    }
    ASSERT_GT(named.size(), 2);
    EXPECT_EQ(learned->concepts[0].named, std::ssize(named));
    const at::Tensor topic = mean(0, 0) - others, said = at::stack(named).mean(0) - others;
    const at::Tensor sum = topic / topic.norm() + said / said.norm();
    EXPECT_LT((learned->dictionary->W_dec()[0].to(at::kDouble) - sum / sum.norm())
                  .abs()
                  .max()
                  .item<double>(),
        1e-5);
}

TEST_F(ConceptDirectionsOf, TellHeldOutTextsApart)
{
    for (std::size_t c = 0; c < 3; ++c) // of two words each, which never are another's
        m_texts[c].passages
            = passagesOf(*m_tiny.tokenizer, 2 + 10 * static_cast<std::int64_t>(c), 20, 2);
    const auto learned = learn(0);
    ASSERT_TRUE(learned);
    for (const ConceptDirection& one : learned->concepts)
        EXPECT_GT(one.separation, 0.8) << "texts of different words";
    // Of texts of the same kind there is nothing to tell.
    m_texts[1].passages = m_texts[0].passages;
    m_texts.pop_back();
    const auto same = learn(0);
    ASSERT_TRUE(same) << same.error().message;
    for (const ConceptDirection& one : same->concepts)
        EXPECT_NEAR(one.separation, 0.5, 1e-9);
}

TEST_F(ConceptDirectionsOf, SayWhatIsMissing)
{
    const auto far = learn(9);
    ASSERT_FALSE(far);
    EXPECT_THAT(far.error().message, HasSubstr("no layer 9"));
    m_texts[2].passages.resize(3);
    const auto few = learn();
    ASSERT_FALSE(few);
    EXPECT_THAT(few.error().message, HasSubstr("3 texts about \"three\""));
    m_texts.resize(1);
    const auto alone = learn();
    ASSERT_FALSE(alone);
    EXPECT_THAT(alone.error().message, HasSubstr("two concepts"));
}

TEST_F(ConceptDirectionsOf, StopWhenAsked)
{
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = conceptDirections(
        *m_tiny.model, *m_tiny.tokenizer, m_texts, Layer(0), {}, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

} // namespace
