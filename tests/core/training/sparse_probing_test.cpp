#include "core/training/sparse_probing.h"

#include "core/training/absorption.h"

#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace core {
namespace {

/// 400 examples of four labels. Feature 3 + label fires on the label alone, feature 1 on all,
/// feature 0 on labels 0 and 1; the activation mixes them.
LabelledVectors fourLabels(double noise)
{
    at::manual_seed(6);
    constexpr std::int64_t kExamples = 400, kFeatures = 12;
    LabelledVectors out;
    out.features = at::zeros({kExamples, kFeatures});
    for (std::int64_t i = 0; i < kExamples; ++i) {
        const int label = static_cast<int>(i % 4);
        out.labels.push_back(label);
        out.isTest.push_back(i % 3 == 0);
        out.features[i][3 + label] = 2.0;
        out.features[i][1] = 5.0;
        if (label < 2)
            out.features[i][0] = 1.0;
    }
    out.x = at::mm(out.features, at::randn({kFeatures, 20})) + noise * at::randn({kExamples, 20});
    return out;
}

TEST(SparseProbing, AFeatureThatIsTheLabelTellsIt)
{
    const auto probed = sparseProbing(fourLabels(0.01));
    ASSERT_TRUE(probed);
    ASSERT_EQ(probed->size(), 4u);
    for (const ProbedClass& one : *probed) {
        EXPECT_EQ(one.examples, 100);
        EXPECT_EQ(one.accuracy, 1);
        EXPECT_EQ(one.features.front(), 3 + one.label);
        EXPECT_EQ(one.accuracyOfFeatures.front(), 1);
        EXPECT_EQ(one.features.size(), 5u);
    }
}

TEST(SparseProbing, WithoutThatFeatureItIsAsTheLabelsFall)
{
    // With the telling features gone, feature 0 tells labels 0 and 1 from 2 and 3: of as many
    // examples with label 0 as without, a third of the latter has label 1. Accuracy 5/6.
    LabelledVectors examples = fourLabels(0.01);
    examples.features = examples.features.clone();
    examples.features.narrow(1, 3, 4).zero_();
    const auto probed = sparseProbing(examples, {.ks = {1}});
    ASSERT_TRUE(probed);
    for (const ProbedClass& one : *probed) {
        EXPECT_EQ(one.features.front(), 0);
        EXPECT_NEAR(one.accuracyOfFeatures.front(), 5.0 / 6, 0.02);
    }
}

TEST(SparseProbing, ShuffledLabelsAreGuessed)
{
    LabelledVectors examples = fourLabels(0.01);
    at::manual_seed(8);
    const at::Tensor order = at::randperm(400, at::kLong);
    std::vector<int> labels;
    for (std::int64_t i = 0; i < 400; ++i)
        labels.push_back(examples.labels[static_cast<std::size_t>(order[i].item<std::int64_t>())]);
    examples.labels = labels;
    const auto probed = sparseProbing(examples);
    ASSERT_TRUE(probed);
    double mean = 0;
    for (const ProbedClass& one : *probed)
        mean += one.accuracyOfFeatures.front() / static_cast<double>(probed->size());
    EXPECT_NEAR(mean, 0.5, 0.12); // of about 270 answers: three and a half standard errors
}

TEST(SparseProbing, LabelsWithTooFewExamplesAreLeftOut)
{
    LabelledVectors examples = fourLabels(0.01);
    for (std::size_t i = 0; i < examples.labels.size(); ++i)
        if (examples.labels[i] == 3 && i > 20)
            examples.labels[i] = 2;
    const auto probed = sparseProbing(examples);
    ASSERT_TRUE(probed);
    EXPECT_EQ(probed->size(), 3u);
}

/// Words of four labels, forty words each, twice: x = e_label + 0.5 e_(4 + word). The features
/// read these; for `absorbed` words of each label one feature takes both parts.
LabelledVectors wordsOf(int absorbed, at::Tensor& decoder)
{
    constexpr std::int64_t kLabels = 4, kWords = 40, kTimes = 2,
                           kWidth = kLabels + kLabels * kWords;
    decoder = at::eye(kWidth);
    LabelledVectors out;
    std::vector<at::Tensor> x, features;
    for (std::int64_t label = 0; label < kLabels; ++label)
        for (std::int64_t word = 0; word < kWords; ++word) {
            const std::int64_t own = kLabels + label * kWords + word;
            at::Tensor vector = at::zeros({kWidth});
            vector[label] = 1.0;
            vector[own] = 0.5;
            at::Tensor fires = vector.clone();
            if (word < absorbed) {
                decoder[own].copy_(vector);
                fires[label] = 0.0;
                fires[own] = 1.0;
            }
            for (std::int64_t time = 0; time < kTimes; ++time) {
                x.push_back(vector);
                features.push_back(fires);
                out.labels.push_back(static_cast<int>(label));
                out.isTest.push_back(time == 0);
            }
        }
    out.x = at::stack(x);
    out.features = at::stack(features);
    return out;
}

TEST(FeatureAbsorption, IsTheShareOfWordsThatAreAbsorbed)
{
    for (const int absorbed : {0, 2, 6}) { // so few that one more feature gains less than 0.03
        at::Tensor decoder;
        const LabelledVectors words = wordsOf(absorbed, decoder);
        const auto found = featureAbsorption(words, decoder);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->size(), 4u);
        for (const AbsorbedClass& one : *found) {
            EXPECT_EQ(one.mainFeatures, std::vector<std::int64_t>{one.label});
            EXPECT_EQ(one.examples, 40);
            EXPECT_EQ(one.probeF1, 1);
            EXPECT_NEAR(one.fraction, absorbed / 40.0, 1e-12);
            EXPECT_NEAR(one.full, absorbed / 40.0, 1e-12);
        }
    }
}

TEST(FeatureAbsorption, APartThatIsTakenOverCountsAsThatPart)
{
    // Every word's own feature writes half of the label's part; the label's feature the other
    // half. Along the probe, which is e_label less the others' means, the fraction is what the
    // absorbing half is of the whole.
    at::Tensor decoder;
    LabelledVectors words = wordsOf(0, decoder);
    words.features = words.features.clone();
    for (std::int64_t label = 0; label < 4; ++label)
        for (std::int64_t word = 0; word < 40; ++word)
            decoder[4 + label * 40 + word][label] = 1.0; // times its activation of 0.5
    words.features.narrow(1, 0, 4).mul_(0.5);
    const auto found = featureAbsorption(words, decoder);
    ASSERT_TRUE(found);
    for (const AbsorbedClass& one : *found) {
        EXPECT_EQ(one.mainFeatures, std::vector<std::int64_t>{one.label});
        EXPECT_NEAR(one.fraction, 0.5, 0.08); // the probe has a little of the words' own parts
        EXPECT_EQ(one.full, 0); // the label's feature fires
    }
}

} // namespace
} // namespace core
