#include "core/api/risen_words.h"

#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/list_features.h"
#include "tests/core/engine/open_bench.h"

#include <fstream>

#include <gtest/gtest.h>

namespace {

using namespace core;

TEST(RisenWordsRequest, ItsTextsAreThoseThatGenerationWritesAndItNeedsAMaximum)
{
    tests::OpenBench open;
    RisenWordsRequest request;
    request.feature = {open.model().dictionaries.front()->config().name, FeatureId(0)};
    request.prompt = "the fog";
    request.texts = 3;
    request.tokens = 6;
    request.isGuarded = false;
    EXPECT_FALSE(open.run(request)); // nothing was harvested: no strength is known
    std::ofstream(open.files.file("corpus.txt"))
        << "the old bridge is in the fog of the bay\n\n"
           "a quiet library is small and the reader is in\n";
    HarvestRequest harvest;
    harvest.corpusPath = open.files.file("corpus.txt").string();
    ASSERT_TRUE(open.run(harvest));
    FeatureQuery query;
    query.dictionaries = {request.feature.dictionary};
    const auto list = open.run(query);
    ASSERT_TRUE(list && !list->features.empty());
    request.feature = list->features.front();
    const auto risen = open.run(request);
    ASSERT_TRUE(risen) << risen.error().message;
    GenerateRequest generate;
    generate.prompt = request.prompt;
    generate.settings.temperature = 1.0;
    generate.settings.maxTokens = request.tokens;
    generate.settings.seed = request.seed;
    Intervention clamp;
    clamp.feature = request.feature;
    clamp.value = request.multiple;
    clamp.isMultipleOfMax = true;
    generate.interventions = {clamp};
    const auto generated = open.run(generate);
    ASSERT_TRUE(generated) << generated.error().message;
    EXPECT_EQ(risen->normal, generated->normal.text);
    EXPECT_EQ(risen->steered, generated->steered.text);
    for (const RisenWord& word : risen->words) {
        EXPECT_LE(word.steered, request.texts);
        EXPECT_LE(word.normal, request.texts);
    }
    request.isGuarded = true;
    EXPECT_TRUE(open.run(request));
    request.feature.feature = FeatureId(1 << 20);
    EXPECT_EQ(open.run(request).error().code, Error::Code::NotFound);
}

} // namespace
