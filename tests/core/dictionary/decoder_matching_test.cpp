#include "core/dictionary/decoder_matching.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace core {
namespace {

std::shared_ptr<const Dictionary> withDecoder(const at::Tensor& W_dec, const char* name)
{
    DictionaryConfig config;
    config.name = name;
    config.architecture = "standard";
    config.d_in = config.d_out = static_cast<int>(W_dec.size(1));
    config.d_sae = static_cast<int>(W_dec.size(0));
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    auto made = Dictionary::create(config,
        {W_dec.clone(), at::zeros({W_dec.size(0)}), W_dec, at::zeros({W_dec.size(1)}), {}, {}});
    EXPECT_TRUE(made) << made.error().message;
    return *made;
}

TEST(DecoderMatching, FindsAShuffledCopyWhateverTheRowsLengths)
{
    at::manual_seed(2);
    const at::Tensor rows = at::randn({60, 16});
    const at::Tensor order = at::randperm(60, at::kLong);
    const at::Tensor copy = rows.index_select(0, order) * at::rand({60, 1}).add(0.1);
    const auto matching = matchDecoders(*withDecoder(rows, "a"), *withDecoder(copy, "b"));
    ASSERT_TRUE(matching);
    for (std::int64_t i = 0; i < 60; ++i) {
        const auto at = static_cast<std::size_t>(i);
        EXPECT_EQ(matching->ofRight[at], order[i].item<std::int64_t>());
        EXPECT_NEAR(matching->rightCosine[at], 1, 1e-5);
        EXPECT_NEAR(matching->leftCosine[at], 1, 1e-5);
        EXPECT_TRUE(matching->isMutual(at));
    }
}

TEST(DecoderMatching, IsWhatAllPairsSay)
{
    at::manual_seed(3);
    const at::Tensor a = at::randn({5000, 6}), b = at::randn({4000, 6}); // more than one block
    const auto matching = matchDecoders(*withDecoder(a, "a"), *withDecoder(b, "b"));
    ASSERT_TRUE(matching);
    const auto check
        = [](const at::Tensor& from, const at::Tensor& to, const std::vector<std::int32_t>& best,
              const std::vector<float>& cosine) {
              for (std::int64_t i = 0; i < from.size(0); i += 371) {
                  const at::Tensor all = at::mv(to, from[i]) / (to.norm(2, 1) * from[i].norm());
                  const auto at = static_cast<std::size_t>(i);
                  EXPECT_NEAR(cosine[at], all.max().item<double>(), 1e-5);
                  EXPECT_NEAR(all[best[at]].item<double>(), cosine[at], 1e-5);
              }
          };
    check(a, b, matching->ofLeft, matching->leftCosine);
    check(b, a, matching->ofRight, matching->rightCosine);
}

TEST(DecoderMatching, AFeatureThatIsSplitIsTheBestOfOneOnly)
{
    // One direction of the right lies between two of the left.
    const at::Tensor left = at::eye(4).narrow(0, 0, 3),
                     right = at::tensor({0.8f, 0.6f, 0.f, 0.f, 0.f, 0.f, 0.f, 1.f}).view({2, 4});
    const auto matching = matchDecoders(*withDecoder(left, "a"), *withDecoder(right, "b"));
    ASSERT_TRUE(matching);
    EXPECT_THAT(matching->leftCosine, testing::ElementsAre(0.8f, 0.6f, 0.f));
    EXPECT_THAT(matching->rightCosine, testing::ElementsAre(0.8f, 0.f));
    EXPECT_TRUE(matching->isMutual(0));
    EXPECT_FALSE(matching->isMutual(1));
}

TEST(DecoderMatching, RefusesOtherWidthsAndStops)
{
    const auto a = withDecoder(at::randn({4, 8}), "narrow"),
               b = withDecoder(at::randn({4, 9}), "wide");
    const auto refused = matchDecoders(*a, *b);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("narrow"));
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = matchDecoders(*a, *a, {}, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

} // namespace
} // namespace core
