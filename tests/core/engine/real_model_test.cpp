// SmolLM2-135M-Instruct from its GGUF file against transformers and tokenizers
// (tests/fixtures/smollm2). Skipped where the file is not.
#include "core/files/json_file.h"
#include "core/model/self_check.h"
#include "core/model/tensor_io.h"
#include "core/model/token_ids.h"
#include "core/model/transformer.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"
#include "tests/support/fixtures.h"
#include "tests/support/real_model.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

using namespace core;

namespace {

using nlohmann::json;

const json& expectedOf(const char* part)
{
    static const json all = *readJson(tests::testFixture("smollm2/expected.json"));
    return all[part];
}

const Transformer& model()
{
    static const auto opened = Transformer::open(tests::realModel());
    EXPECT_TRUE(opened) << opened.error().message;
    return **opened;
}

const Tokenizer& tokenizer()
{
    static const auto opened = Tokenizer::open(tests::realModel());
    EXPECT_TRUE(opened) << opened.error().message;
    return **opened;
}

std::vector<TokenId> idsOf(const json& list)
{
    std::vector<TokenId> ids;
    for (const json& id : list)
        ids.emplace_back(id.get<std::int64_t>());
    return ids;
}

TEST(RealModel, LogitsAreThoseOfTransformers)
{
    REQUIRE_REAL_MODEL();
    const c10::InferenceMode inference;
    const auto expected = *loadTensors(tests::testFixture("smollm2/logits.safetensors"));
    int prompts = 0;
    for (const auto& [name, ids] : expected) {
        const std::size_t dot = name.find(".ids");
        if (dot == std::string::npos)
            continue;
        const auto of = [&](const char* what) { return expected.at(name.substr(0, dot) + what); };
        const auto logits = model().forward(ids.unsqueeze(0));
        ASSERT_TRUE(logits) << logits.error().message;
        const at::Tensor rows = logits->squeeze(0);
        EXPECT_LT((rows.slice(1, 0, {}, 97) - of(".columns")).abs().max().item<double>(), 1e-3);
        EXPECT_LT((rows.logsumexp(-1) - of(".logsumexp")).abs().max().item<double>(), 1e-3);
        EXPECT_TRUE(at::equal(rows.argmax(-1), of(".best"))) << name;
        ++prompts;
    }
    EXPECT_EQ(prompts, 5);
}

TEST(RealModel, TokensAreThoseOfItsTokenizer)
{
    REQUIRE_REAL_MODEL();
    ASSERT_EQ(expectedOf("tokens").size(), 200u);
    for (const json& one : expectedOf("tokens")) {
        const auto text = one["text"].get<std::string>();
        const auto tokens = tokenizer().encode(text);
        ASSERT_TRUE(tokens) << tokens.error().message;
        EXPECT_EQ(tokens->ids, idsOf(one["ids"])) << text;
    }
}

TEST(RealModel, GreedyTextIsThatOfTransformers)
{
    REQUIRE_REAL_MODEL();
    const c10::InferenceMode inference;
    ASSERT_EQ(expectedOf("greedy").size(), 20u);
    for (const json& one : expectedOf("greedy")) {
        const auto prompt = tokenizer().encode(one["prompt"].get<std::string>());
        const auto expected = idsOf(one["ids"]);
        std::vector<TokenId> written;
        KvCache cache(model().config().n_layers,
            static_cast<std::int64_t>(prompt->ids.size() + expected.size()));
        ForwardOptions options;
        options.cache = &cache;
        options.isLastLogitsOnly = true;
        at::Tensor ids = idsTensor(prompt->ids);
        while (written.size() < expected.size()) {
            const auto logits = model().forward(ids, {}, options);
            ASSERT_TRUE(logits) << logits.error().message;
            written.emplace_back(logits->argmax(-1).item<std::int64_t>());
            ids = idsTensor({written.back()});
        }
        EXPECT_EQ(written, expected) << one["prompt"] << tokenizer().decode(written);
    }
}

TEST(RealModel, ChatsAreRenderedAsTransformersRendersThem)
{
    REQUIRE_REAL_MODEL();
    const auto chat = ChatTemplate::open(tests::realModel());
    ASSERT_TRUE(chat) << chat.error().message;
    ASSERT_TRUE(*chat);
    for (const json& one : expectedOf("chats")) {
        std::vector<ChatMessage> messages;
        for (const json& message : one["messages"])
            messages.push_back({message["role"], message["content"]});
        EXPECT_EQ(*(*chat)->render(messages), one["text"].get<std::string>());
    }
}

TEST(RealModel, PassesItsSelfCheck)
{
    REQUIRE_REAL_MODEL();
    const auto tokens = tokenizer().encode("The Golden Gate Bridge spans the strait between the "
                                           "bay and the ocean.");
    const auto check = checkAgainstFiles(model(), tests::realModel(), tokens->ids);
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(check->isGood) << check->verdict;
}

} // namespace
