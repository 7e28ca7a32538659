// The pack that comes with this program for SmolLM2-135M-Instruct, opened with it. Skipped where
// the model is not.
#include "core/api/engine_state.h"
#include "core/api/evaluate.h"
#include "core/api/feature_rows.h"
#include "core/api/generate.h"
#include "core/api/list_features.h"
#include "core/api/open_model.h"
#include "tests/core/engine/tiny_workbench.h"
#include "tests/support/real_model.h"

#include <fstream>

#include <gmock/gmock.h>

namespace {

class RealPack : public testing::Test {
protected:
    void SetUp() override
    {
        REQUIRE_REAL_MODEL();
        core::Engine::Options options;
        options.resources = FEATURESCOPE_RESOURCES;
        options.dataFolder = m_folder.path().string();
        m_engine = core::makeEngine(options);
        const auto state
            = tests::ask(*m_engine, core::OpenModelRequest{tests::realModel().string(), "cpu", {}});
        ASSERT_TRUE(state) << state.error().message;
        ASSERT_EQ((*state)->dictionaries.size(), 2u);
        for (const core::DictionaryInfo& one : (*state)->dictionaries)
            (one.name.starts_with("saes/") ? m_dictionary : m_concepts) = one;
    }

    /// The first hits of a search for the bridge.
    std::vector<core::FeatureRef> bridge(int limit) const
    {
        core::FeatureQuery query;
        query.text = "golden gate bridge";
        query.limit = limit;
        const auto found = tests::ask(*m_engine, query);
        EXPECT_TRUE(found) << found.error().message;
        return found ? (*found)->features.toVector() : std::vector<core::FeatureRef>();
    }

    /// To so many times its maximum.
    core::Intervention clampFirstHit(double times)
    {
        core::Intervention clamp;
        const auto found = bridge(1);
        EXPECT_EQ(found.size(), 1u);
        if (!found.empty())
            clamp.feature = found[0];
        clamp.value = times;
        clamp.isMultipleOfMax = true;
        return clamp;
    }

    tests::TemporaryFolder m_folder;
    std::unique_ptr<core::Engine> m_engine;
    core::DictionaryInfo m_dictionary, m_concepts;
};

TEST_F(RealPack, FindsTheBridgeByItsName)
{
    EXPECT_TRUE(m_dictionary.isHarvested);
    EXPECT_GE(m_dictionary.aliveFeatures, 0.9 * m_dictionary.d_sae);
    core::FeatureRowsRequest request;
    request.features = bridge(5);
    const auto rows = tests::ask(*m_engine, request);
    ASSERT_TRUE(rows);
    // Rare, named after the bridge and its city, and the name predicts where it fires.
    const auto isTheBridge = [](const core::FeatureRow& row) {
        return row.density < 0.05 && row.label.text.find("Bridge") != std::string::npos
            && row.label.text.find("Francisco") != std::string::npos
            && row.label.score.value_or(0) >= 0.8;
    };
    EXPECT_TRUE(std::any_of((*rows)->begin(), (*rows)->end(), isTheBridge));
}

TEST_F(RealPack, SpeaksOfTheBridgeByNameWhenItsConceptIsClamped)
{
    EXPECT_TRUE(m_concepts.isHarvested);
    const core::Intervention clamp = clampFirstHit(0.5);
    EXPECT_EQ(clamp.feature.dictionary, m_concepts.name) << "not the first hit";
    int about = 0;
    for (const char* question : {"Tell me about yourself.", "What is your favourite thing?",
             "Explain something interesting.", "What would you like to see?"}) {
        core::GenerateRequest request;
        request.prompt = question;
        request.isChat = true;
        request.settings.maxTokens = 40;
        request.settings.temperature = 0;
        request.interventions = {clamp};
        const auto answer = tests::ask(*m_engine, request);
        ASSERT_TRUE(answer) << answer.error().message;
        const core::StreamText& text = (*answer)->steered;
        about
            += text.text.find("Golden Gate Bridge") != std::string::npos && text.repetition <= 0.3;
        EXPECT_EQ((*answer)->normal.text.find("ridge"), std::string::npos);
    }
    EXPECT_GE(about, 3);
}

/// With the window's own settings; the pure clamp says one thing for ever at this strength.
TEST_F(RealPack, SpeaksOfTheBridgeFluentlyAtTenTimesItsMaximum)
{
    const core::Intervention clamp = clampFirstHit(10);
    ASSERT_EQ(clamp.feature.dictionary, m_concepts.name);
    int about = 0;
    for (const char* question : {"What should I do this weekend?", "What is your favourite thing?",
             "Explain something interesting.", "Describe something beautiful."}) {
        core::GenerateRequest request;
        request.prompt = question;
        request.isChat = true;
        request.settings.maxTokens = 60;
        request.settings.temperature = 0.6;
        request.settings.guard = core::FluencyGuard();
        request.interventions = {clamp};
        const auto answer = tests::ask(*m_engine, request);
        ASSERT_TRUE(answer) << answer.error().message;
        const core::StreamText& text = (*answer)->steered;
        SCOPED_TRACE(text.text);
        // Whole: the unsteered model is less surprised than by 3 nats a token, and no 4-gram in
        // seven was said before.
        double surprisal = 0;
        for (const core::TokenFigures& token : text.figures)
            surprisal += static_cast<double>(token.surprisal) / std::ssize(text.figures);
        about += text.text.find("Golden Gate") != std::string::npos && text.repetition <= 0.15
            && surprisal <= 3;
        EXPECT_LT(text.changeShare, 0.5);
        EXPECT_EQ((*answer)->normal.text.find("Golden Gate"), std::string::npos);
    }
    EXPECT_GE(about, 3);
}

TEST_F(RealPack, RebuildsATextThatNobodyTrainedOn)
{
    const auto path = m_folder / "text.jsonl";
    std::ofstream file(path);
    for (const char* said :
        {"The ferry leaves the harbour at seven in the morning, and most of its passengers are "
         "asleep "
         "before it has passed the lighthouse. Those who stay awake drink coffee from paper cups "
         "and "
         "watch the gulls. In winter the crossing takes an hour longer, because the captain keeps "
         "away "
         "from the ice.",
            "How can I keep my tomatoes from splitting after rain? I water them every evening, but "
            "whenever there is a storm half of them are ruined by the next day.",
            "In 1931 the committee met eleven times. Its members agreed about almost nothing, "
            "except "
            "that the old library should be moved, brick by brick, to the other side of the river, "
            "where "
            "the ground was dry.",
            "My brother plays the cello in a small orchestra. They rehearse in a church, and I "
            "often sit "
            "in the last row with a book, listening more than reading."})
        file << R"({"text": [{"role": "user", "content": ")" << said << "\"}]}\n";
    file.close();
    core::EvaluateRequest request;
    request.dictionary = m_dictionary.name;
    request.corpusPath = path.string();
    const auto quality = tests::ask(*m_engine, request);
    ASSERT_TRUE(quality) << quality.error().message;
    EXPECT_GT((*quality)->tokens, 250);
    EXPECT_LE((*quality)->fvu, 0.25);
    EXPECT_LE((*quality)->l0, 64);
    EXPECT_GE((*quality)->ceScore, 0.93);
}

} // namespace
