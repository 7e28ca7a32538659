// Counting a prompt's tokens beside what the model is doing, as the window does while one types.
#include "core/api/add_dictionaries.h"
#include "core/api/generate.h"
#include "core/api/open_model.h"
#include "core/api/tokenize.h"
#include "core/model/tensor_io.h"
#include "tests/core/engine/tiny_workbench.h"

#include <gtest/gtest.h>

namespace {

using core::PromptForm;
using core::TokenizeRequest;

class TokenizeTest : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.model().string()}));
    }
    std::string words(int count) const
    {
        std::string text = "hello";
        for (int i = 1; i < count; ++i)
            text += " hello";
        return text;
    }

    tests::TinyWorkbench bench;
    std::unique_ptr<core::Engine> engine = bench.startEngine();
};

TEST_F(TokenizeTest, TheOpenModelCountsAsItsFolderDoesAlsoBeyondTheContext)
{
    for (const int count : {1, 3, 200}) { // the tiny model reads 48 tokens
        const auto open = tests::ask(*engine, TokenizeRequest{{}, words(count)});
        const auto folder = tests::ask(*engine, TokenizeRequest{bench.model(), words(count)});
        ASSERT_TRUE(open) << open.error().message;
        ASSERT_TRUE(folder) << folder.error().message;
        EXPECT_EQ((*open)->ids, (*folder)->ids);
        EXPECT_EQ((*open)->offsets, (*folder)->offsets);
        EXPECT_GE((*open)->ids.size(), static_cast<std::size_t>(count));
        // GPT-2's tokenizer adds none; a traced prompt begins with one, as circuit-tracer has it.
        const auto traced
            = tests::ask(*engine, TokenizeRequest{{}, words(count), true, PromptForm::Traced});
        ASSERT_TRUE(traced) << traced.error().message;
        EXPECT_EQ((*traced)->ids.size(), (*open)->ids.size() + 1);
    }
    const auto chat = tests::ask(*engine, TokenizeRequest{{}, "hello", true, PromptForm::Chat});
    ASSERT_FALSE(chat);
    EXPECT_NE(chat.error().message.find("chat template"), std::string::npos);
}

TEST_F(TokenizeTest, WithoutAModelItSaysSo)
{
    const auto fresh = bench.startEngine();
    const auto counted = tests::ask(*fresh, TokenizeRequest{{}, "hello"});
    ASSERT_FALSE(counted);
    EXPECT_NE(counted.error().message.find("No model is open"), std::string::npos);
}

/// What the window says beforehand: so many tokens are written as fit, and one that is not read.
TEST_F(TokenizeTest, WritingStopsWhereTheContextEnds)
{
    for (const int length : {40, 47, 48}) {
        core::GenerateRequest request;
        for (int i = 0; i < length; ++i)
            request.ids.emplace_back(20 + i);
        request.settings.maxTokens = 30;
        const auto generation = tests::ask(*engine, request);
        ASSERT_TRUE(generation) << generation.error().message;
        if ((*generation)->note.find("context") == std::string::npos)
            continue; // the model said its end before
        EXPECT_EQ((*generation)->normal.tokens.size(), static_cast<std::size_t>(48 - length + 1));
    }
}

/// Weights that are finite and too large: no strength is to blame, with a change or without.
TEST_F(TokenizeTest, AModelThatFailsByItselfIsNotBlamedOnAStrength)
{
    const auto file = bench.model() / "model.safetensors";
    auto tensors = *core::loadTensors(file);
    for (const char* name : {"gate", "up"}) {
        at::Tensor& weight = tensors.at("model.layers.0.mlp." + std::string(name) + "_proj.weight");
        weight = weight * 1e30; // their product is beyond what a float holds
    }
    ASSERT_TRUE(core::saveTensors(
        file, std::vector<std::pair<std::string, at::Tensor>>(tensors.begin(), tensors.end())));
    const auto broken = bench.startEngine();
    ASSERT_TRUE(tests::ask(*broken, core::OpenModelRequest{bench.model().string()}));
    const auto state = tests::ask(*broken, core::AddDictionariesRequest{bench.sae().string()});
    ASSERT_TRUE(state) << state.error().message;
    core::GenerateRequest request;
    request.prompt = "hello";
    for (const bool isSteered : {false, true}) {
        if (isSteered) {
            core::Intervention change;
            change.feature = {(*state)->dictionaries.front().name, core::FeatureId(1)};
            change.value = 2.0;
            request.interventions = {change};
        }
        const auto generation = tests::ask(*broken, request);
        ASSERT_TRUE(generation) << generation.error().message;
        const std::string& note = (*generation)->note;
        EXPECT_NE(note.find("no longer finite"), std::string::npos) << note;
        EXPECT_NE(note.find("may be damaged"), std::string::npos) << note;
        EXPECT_EQ(note.find("strength"), std::string::npos) << note;
    }
}

} // namespace
