#include "core/store/byte_stream.h"
#include "core/store/feature_blobs.h"

#include "tests/core/store/workspace_fixture.h"

#include <random>

namespace {

using namespace core;

TEST(FeatureBlobs, EveryFormatReadsBackAsItWasWritten)
{
    const FeatureEvidence evidence = tests::someEvidence(70'000'000'000);
    const auto read = decodeEvidence(encodeEvidence(evidence), "x");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->histogram, evidence.histogram);
    ASSERT_EQ(read->intervals.size(), 2u);
    EXPECT_EQ(read->intervals[0].share, 0.25);
    EXPECT_EQ(read->intervals[0].examples[0].passage, 70'000'000'000);
    EXPECT_EQ(read->intervals[0].examples[0].activations[1], 4.0f); // The strongest is exact.
    EXPECT_NEAR(read->intervals[0].examples[0].activations[3], 1.5f, 4.0 / 65535);
    EXPECT_EQ(read->intervals[0].examples[0].activations[2], 0.0f);
    EXPECT_EQ(read->intervals[1], evidence.intervals[1]);

    const StoredEffects effects{
        {{TokenId(5), 1.25f}, {TokenId(300'000), 0.5f}}, {{TokenId(0), -3.0f}}};
    EXPECT_EQ(decodeEffects(encodeEffects(effects), "x").value(), effects);
    const StoredNearest nearest{{FeatureId(9), 0.75f}, {FeatureId(2'000'000), -0.5f}};
    EXPECT_EQ(decodeNearest(encodeNearest(nearest), "x").value(), nearest);
    const std::vector<TokenId> tokens{TokenId(0), TokenId(127), TokenId(128), TokenId(256'000)};
    EXPECT_EQ(decodeTokens(encodeTokens(tokens), "x").value(), tokens);
    EXPECT_EQ(decodeColumn(encodeColumn({1.5f, -2.0f}), 2, "x").value(),
        (std::vector<float>{1.5f, -2.0f}));

    const std::vector<PassageSample> samples{
        {FeatureId(3), 7}, {FeatureId(3), 9}, {FeatureId(1000), 0}};
    auto shuffled = samples;
    std::swap(shuffled[0], shuffled[2]);
    EXPECT_EQ(decodeSamples(encodeSamples(shuffled), "x").value(), samples);
}

TEST(FeatureBlobs, SignedActivationsKeepTheirSigns)
{
    FeatureEvidence evidence = tests::someEvidence(3);
    const std::string plain = encodeEvidence(evidence);
    evidence.intervals[0].examples[0].activations = {0.0f, 2.0f, -4.0f, -0.5f};
    const std::string bytes = encodeEvidence(evidence);
    EXPECT_NE(bytes[1], plain[1]); // what cannot read signs must not try
    const auto read = decodeEvidence(bytes, "x");
    ASSERT_TRUE(read) << read.error().message;
    const std::vector<float>& activations = read->intervals[0].examples[0].activations;
    EXPECT_EQ(activations[0], 0.0f);
    EXPECT_NEAR(activations[1], 2.0f, 4.0 / 32767);
    EXPECT_EQ(activations[2], -4.0f); // The strongest is exact.
    EXPECT_NEAR(activations[3], -0.5f, 4.0 / 32767);
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(decodeEvidence(std::string_view(bytes).substr(0, length), "x")) << length;
}

TEST(FeatureBlobs, EveryCutAndEveryWrongKindIsAnErrorThatNamesIt)
{
    const std::string evidence = encodeEvidence(tests::someEvidence(3));
    for (std::size_t length = 0; length < evidence.size(); ++length) {
        const auto read
            = decodeEvidence(std::string_view(evidence).substr(0, length), "w.db: feature 7");
        ASSERT_FALSE(read) << length;
        EXPECT_EQ(read.error().code, Error::Code::InvalidFile);
        EXPECT_NE(read.error().message.find("w.db: feature 7"), std::string::npos);
    }
    EXPECT_FALSE(decodeEvidence(evidence + "x", "x"));
    EXPECT_FALSE(decodeEffects(evidence, "x"));
    EXPECT_FALSE(
        decodeColumn(encodeColumn({1, 2, 3}), 4, "x")); // A column of another dictionary's size.
    std::string newer = evidence;
    newer[1] = 9;
    EXPECT_FALSE(decodeEvidence(newer, "x"));
}

TEST(FeatureBlobs, DamagedBytesNeverCrashNorAskForMemory)
{
    std::mt19937 random(7);
    const std::string whole[] = {encodeEvidence(tests::someEvidence(3)),
        encodeEffects({{{TokenId(5), 1.25f}}, {{TokenId(0), -3.0f}}}),
        encodeSamples({{FeatureId(3), 7}}), encodeTokens({TokenId(1), TokenId(2)}),
        encodeNearest({{FeatureId(9), 0.75f}})};
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = whole[round % 5];
        for (int i = 0; i < 3; ++i)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        refused += !decodeEvidence(bytes, "x") + !decodeEffects(bytes, "x")
            + !decodeSamples(bytes, "x") + !decodeTokens(bytes, "x") + !decodeNearest(bytes, "x")
            + !decodeColumn(bytes, 3, "x");
    }
    EXPECT_GT(refused, 20'000 * 5);
    ByteReader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    EXPECT_EQ(endless.size(1), 0u);
    EXPECT_FALSE(endless.isGood());
}

} // namespace
