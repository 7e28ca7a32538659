#include "core/api/harvest.h"
#include "core/api/writing_relatives.h"
#include "core/store/workspace_writer.h"
#include "tests/core/engine/open_bench.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>

namespace {

using namespace core;

TEST(WritingRelatives, AreTheNearestOfThoseThatWriteInAllOpenDictionaries)
{
    tests::OpenBench open;
    std::ofstream(open.files.file("corpus.txt")) << "the old bridge is in the fog";
    HarvestRequest harvest;
    harvest.corpusPath = open.files.file("corpus.txt").string();
    const auto harvested = open.run(harvest);
    ASSERT_TRUE(harvested) << harvested.error().message;

    // Scores that are known: every third writes, every third is unknown.
    const Dictionaries& dictionaries = open.model().dictionaries;
    ASSERT_GE(dictionaries.size(), 3u);
    {
        auto writer = WorkspaceWriter::open(open.bench().workspace.path()).value();
        auto reader = WorkspaceReader::open(open.bench().workspace.path()).value();
        for (const auto& dictionary : dictionaries) {
            const std::string& name = dictionary->config().name;
            std::vector<float> scores;
            for (int i = 0; i < dictionary->config().d_sae; ++i)
                scores.push_back(i % 3 == 0 ? 0.01f + 1e-6f
                        : i % 3 == 1        ? 0.0099f
                                            : std::numeric_limits<float>::quiet_NaN());
            ASSERT_TRUE(writer->putOutputScores(
                name, reader->dictionary(name).value()->weightsHash, scores));
        }
    }
    const FeatureRef feature{dictionaries.back()->config().name, FeatureId(4)};
    WritingRelativesRequest request{feature, 5, 0.1};
    const auto found = open.run(request);
    ASSERT_TRUE(found) << found.error().message;

    struct Pair {
        FeatureRef feature;
        double cosine;
    };
    std::vector<Pair> expected;
    const at::Tensor own
        = dictionaries.back()->decoderRows(std::vector<FeatureId>{FeatureId(4)})[0];
    for (const auto& dictionary : dictionaries)
        for (int i = 0; i < dictionary->config().d_sae; i += 3) {
            const at::Tensor other
                = dictionary->decoderRows(std::vector<FeatureId>{FeatureId(i)})[0];
            const double cosine = at::cosine_similarity(own, other, 0).item<double>();
            if (cosine >= 0.1)
                expected.push_back({{dictionary->config().name, FeatureId(i)}, cosine});
        }
    std::sort(expected.begin(), expected.end(),
        [](const Pair& a, const Pair& b) { return a.cosine > b.cosine; });
    ASSERT_GE(expected.size(), 5u);
    ASSERT_EQ(found->relatives.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(found->relatives[i].row.feature, expected[i].feature);
        EXPECT_NEAR(found->relatives[i].cosine, expected[i].cosine, 1e-5);
        EXPECT_TRUE(found->relatives[i].row.writes());
    }

    request.leastCosine = 1.1;
    EXPECT_TRUE(open.run(request)->relatives.empty());
    request.feature.feature = FeatureId(5000);
    EXPECT_EQ(open.run(request).error().code, Error::Code::NotFound);
}

} // namespace
