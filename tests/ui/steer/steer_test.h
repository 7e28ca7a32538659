#pragma once

#include "core/api/generate.h"
#include "core/api/open_model.h"
#include "core/api/tokenize.h"
#include "tests/ui/support/ui_test.h"
#include "ui/session/settings.h"
#include "ui/steer/steer_page.h"

#include <string>
#include <vector>

#include <QTemporaryDir>

namespace tests {

inline core::StreamStep writtenToken(int id, const std::string& text)
{
    core::StreamStep step;
    step.token = {core::TokenId(id), text, 0, 0};
    step.figures.kl = 0.5F * static_cast<float>(id);
    step.figures.lambda = 0.25F;
    step.figures.spent = 0.125F;
    step.figures.deltaNormRatio = 0.75F;
    return step;
}

/// The Steer page with a change, on a fake engine that writes three tokens: of the steered ones the
/// second is on topic.
class SteerTest : public UiTest {
protected:
    void SetUp() override
    {
        openModel(false);
        auto& generated = engine->script<core::GenerateRequest>();
        for (int i = 0; i < 3; ++i) {
            core::GenerateStep step;
            step.index = i;
            step.normal = writtenToken(10 + i, " n" + std::to_string(i));
            step.steered = writtenToken(20 + i, " s" + std::to_string(i));
            step.other = writtenToken(30 + i, " o" + std::to_string(i));
            step.steered.wasOnTopic = i == 2; // said of the token before
            generated.parts.push_back(step);
        }
        generated.answer = [](const core::GenerateRequest& request) {
            core::Generation out;
            out.request = request;
            out.normal.text = " n0 n1 n2";
            out.steered.text = " s0 s1 s2";
            for (int i = 0; i < 3; ++i) {
                out.normal.tokens.push_back({core::TokenId(10 + i), "", 0, 0});
                out.steered.tokens.push_back({core::TokenId(20 + i), "", 0, 0});
                out.normal.figures.emplace_back();
                out.steered.figures.emplace_back();
            }
            out.normal.isOnTopic = {false, false};
            out.steered.isOnTopic = {false, true};
            out.steered.onTopicShare = 0.5;
            out.steered.account = {21.3, 26.0, 0.0};
            return out;
        };
        // A token for each letter, and one at the beginning that the tokenizer adds.
        engine->script<core::TokenizeRequest>().answer = [](const core::TokenizeRequest& request) {
            core::Tokenization out;
            const auto add = [&](const std::string& text, int begin, int end) {
                out.ids.emplace_back(end == 0 ? 1 : static_cast<int>(text[0]));
                out.tokens.push_back(text);
                out.offsets.emplace_back(begin, end);
            };
            if (request.addSpecial)
                add("<s>", 0, 0);
            for (int i = 0; i < static_cast<int>(request.text.size()); ++i)
                add(request.text.substr(static_cast<std::size_t>(i), 1), i, i + 1);
            return out;
        };
        page.addFeature({"saes/layer_2", core::FeatureId(10)});
        ASSERT_TRUE(await([this] { return !session.isBusy(); }));
    }
    void openModel(bool canChat)
    {
        engine->script<core::OpenModelRequest>().answer
            = [canChat](const core::OpenModelRequest& asked) {
                  core::EngineState state = sampleState();
                  state.model.path = asked.path;
                  state.model.hasChatTemplate = canChat;
                  return state;
              };
        session.openModel(QStringLiteral("model that chats: %1").arg(canChat));
        ASSERT_TRUE(await([this] { return session.hasModel() && !session.isBusy(); }));
    }
    void write()
    {
        const auto before = page.generation();
        page.generate();
        ASSERT_TRUE(await([&] { return page.generation() != before && !session.isBusy(); }));
    }
    const core::GenerateRequest& asked() { return calls<core::GenerateRequest>().back(); }
    template <typename T> T* find(const char* name) { return UiTest::find<T>(page, name); }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::SteerPage page{&session, &selection, &settings};
};

} // namespace tests
