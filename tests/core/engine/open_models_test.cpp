// Every family opens through the engine, in every precision, and says what it is and costs.
#include "core/api/add_dictionaries.h"
#include "core/api/devices.h"
#include "core/api/engine.h"
#include "core/api/engine_state.h"
#include "core/api/generate.h"
#include "core/api/inspect_model.h"
#include "core/api/model_info.h"
#include "core/api/open_model.h"
#include "core/api/self_check.h"
#include "core/api/token_info.h"
#include "tests/core/engine/tiny_workbench.h"

#include <algorithm>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using testing::Contains;
using testing::HasSubstr;

namespace {

core::Result<std::shared_ptr<const core::EngineState>> openAs(
    core::Engine& engine, const std::filesystem::path& folder, const std::string& dtype)
{
    return tests::ask(engine, core::OpenModelRequest{folder.string(), "cpu", dtype});
}

core::Result<std::shared_ptr<const core::ModelInfo>> inspected(
    core::Engine& engine, const std::filesystem::path& folder)
{
    return tests::ask(engine, core::InspectModelRequest{{folder.string(), "cpu", {}}});
}

std::vector<core::TokenId> tokenIds(const nlohmann::json& list)
{
    std::vector<core::TokenId> ids;
    for (const auto& id : list)
        ids.emplace_back(id.get<std::int64_t>());
    return ids;
}

std::vector<core::TokenId> idsOf(const core::StreamText& text)
{
    std::vector<core::TokenId> ids;
    for (const core::TokenInfo& token : text.tokens)
        ids.push_back(token.id);
    return ids;
}

/// Copies a model folder, so that a test may spoil it.
void copyFolder(const std::filesystem::path& from, const std::filesystem::path& to)
{
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

void write(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

class OpensOracle : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override { REQUIRE_SHARED_FIXTURE("oracles/models/" + GetParam()); }
    std::filesystem::path folder() const
    {
        return tests::sharedFixture("oracles/models/" + GetParam());
    }

    tests::TinyWorkbench bench;
    std::unique_ptr<core::Engine> engine = bench.startEngine();
};

TEST_P(OpensOracle, ChecksItselfAndContinuesAsTransformersDoes)
{
    const auto opened = openAs(*engine, folder(), "float32");
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE((*opened)->model.isLoaded);
    EXPECT_EQ((*opened)->model.tokenizerProblem, "");
    const auto check = tests::ask(*engine, core::SelfCheckRequest{});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE((*check)->isGood) << (*check)->verdict;
    EXPECT_GE((*check)->tokens, 8);
    EXPECT_LT((*check)->maxLogitDifference, 1e-4);
    EXPECT_GT((*check)->logitSpread, 0.1);

    const auto expected = nlohmann::json::parse(std::ifstream(folder() / "expected.json"));
    for (const auto& prompt : expected["prompts"]) {
        core::GenerateRequest request;
        request.ids = tokenIds(prompt["input_ids"]);
        request.settings.maxTokens = static_cast<int>(prompt["greedy"].size());
        const auto text = tests::ask(*engine, request);
        ASSERT_TRUE(text) << text.error().message;
        EXPECT_EQ(idsOf((*text)->normal), tokenIds(prompt["greedy"]));
    }
}

TEST_P(OpensOracle, InSmallerTypesAndSaysWhatTheyChange)
{
    double exact = 0;
    for (const char* dtype : {"float32", "float16", "bfloat16", "int8"}) {
        const auto opened = openAs(*engine, folder(), dtype);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ((*opened)->model.computeDtype, dtype);
        EXPECT_EQ((*opened)->model.device, "cpu");
        const auto check = tests::ask(*engine, core::SelfCheckRequest{});
        ASSERT_TRUE(check) << check.error().message;
        EXPECT_EQ((*check)->dtype, dtype);
        EXPECT_TRUE((*check)->isGood) << (*check)->verdict;
        if (std::string(dtype) == "float32")
            exact = (*check)->maxLogitDifference;
        else // rounded weights are other weights
            EXPECT_GT((*check)->maxLogitDifference, exact) << dtype;
    }
}

INSTANTIATE_TEST_SUITE_P(Families, OpensOracle,
    testing::Values("gpt2-tiny", "gpt_neox-tiny", "llama-tiny", "mistral-tiny", "qwen2-tiny",
        "qwen3-tiny", "gemma2-tiny", "gemma3-tiny"),
    [](const auto& info) {
        std::string name = info.param;
        std::replace_if(
            name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
        return name;
    });

TEST(InspectsModels, SaysWhatSetsAFamilyApart)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma2-tiny");
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto info = inspected(*engine, tests::sharedFixture("oracles/models/gemma2-tiny"));
    ASSERT_TRUE(info) << info.error().message;
    const std::vector<std::string>& parts = (*info)->parts; // config.json says all of these
    EXPECT_THAT(parts, Contains("2 query heads share a key head"));
    EXPECT_THAT(parts, Contains("sliding window of 8 tokens on layers 0, 2"));
    EXPECT_THAT(parts, Contains("attention scores capped at 5"));
    EXPECT_THAT(parts, Contains("logits capped at 6"));
    EXPECT_THAT(parts, Contains("scores divided by the root of 12"));
    EXPECT_THAT(parts, Contains("unembedding tied to the embedding"));
    EXPECT_THAT(parts, Contains(HasSubstr("gated GELU (tanh form) MLP")));
}

TEST(InspectsModels, GivesTheCostOfEachPrecision)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto info = inspected(*engine, bench.model());
    ASSERT_TRUE(info) << info.error().message;
    std::map<std::string, core::MemoryCost> costs;
    for (const core::MemoryCost& cost : (*info)->costs)
        if (cost.device == "cpu")
            costs[cost.dtype] = cost;
    ASSERT_EQ(costs.size(), 4u);
    EXPECT_EQ((*info)->dtype, "float32");
    EXPECT_EQ((*info)->bytes, (*info)->parameters * 4);
    // Stored in float32: as it is stored everything stays in the file, rounded it is copied.
    EXPECT_EQ(costs["float32"].mappedBytes, (*info)->bytes);
    EXPECT_EQ(costs["float32"].weightBytes, 0);
    EXPECT_EQ(costs["float32"].total(), (*info)->estimateBytes);
    EXPECT_LT(costs["bfloat16"].mappedBytes + costs["bfloat16"].weightBytes,
        costs["float32"].mappedBytes * 6 / 10);
    EXPECT_LT(costs["int8"].mappedBytes + costs["int8"].weightBytes,
        costs["bfloat16"].mappedBytes + costs["bfloat16"].weightBytes);
    EXPECT_TRUE(costs["float32"].fits);
    EXPECT_THAT(costs["float32"].note, HasSubstr("exact"));
    EXPECT_THAT(costs["int8"].note, HasSubstr("8 bits"));
    EXPECT_GT(costs["float32"].kvCacheBytes, 0);
}

TEST(InspectsModels, AMissingTokenizerLeavesIds)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto folder = bench.file("mute");
    copyFolder(bench.model(), folder);
    std::filesystem::remove(folder / "tokenizer.json");
    const auto info = inspected(*engine, folder);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_THAT((*info)->tokenizerProblem, HasSubstr("tokenizer.json"));

    ASSERT_TRUE(openAs(*engine, folder, "float32"));
    core::GenerateRequest request;
    request.prompt = "hello";
    request.settings.maxTokens = 3;
    const auto refused = tests::ask(*engine, request);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("only token ids"));
    EXPECT_THAT(refused.error().message, HasSubstr("tokenizer.json"));

    request.ids = {core::TokenId(5), core::TokenId(7)};
    const auto text = tests::ask(*engine, request);
    ASSERT_TRUE(text) << text.error().message;
    ASSERT_EQ((*text)->normal.tokens.size(), 3u);
    const auto& first = (*text)->normal.tokens.front();
    EXPECT_EQ(first.text, "<" + std::to_string(first.id.value) + ">");
    const auto check = tests::ask(*engine, core::SelfCheckRequest{});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE((*check)->isGood);
}

TEST(InspectsModels, RefusesByNameWhatItCannotRun)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto folder = bench.file("odd");
    copyFolder(bench.model(), folder);
    auto config = nlohmann::json::parse(std::ifstream(folder / "config.json"));
    config["model_type"] = "mamba";
    write(folder / "config.json", config.dump());
    const auto family = inspected(*engine, folder);
    ASSERT_FALSE(family);
    EXPECT_THAT(family.error().message, HasSubstr("mamba"));
    EXPECT_EQ(family.error().code, core::Error::Code::Unsupported);

    const auto precision
        = tests::ask(*engine, core::InspectModelRequest{{bench.model().string(), "cpu", "float8"}});
    ASSERT_FALSE(precision);
    EXPECT_THAT(precision.error().message, HasSubstr("float8"));
}

/// A whole checkpoint of Llama 3.1 405B's sizes by its header; the file is a hole of 1.6 TB.
bool writeHugeModel(const std::filesystem::path& folder)
{
    constexpr std::int64_t kVocabulary = 128256, kWidth = 16384, kMlp = 53248, kKeys = 1024;
    constexpr int kLayers = 126;
    std::filesystem::create_directories(folder);
    write(folder / "config.json",
        nlohmann::json{{"model_type", "llama"}, {"architectures", {"LlamaForCausalLM"}},
            {"hidden_size", kWidth}, {"num_hidden_layers", kLayers}, {"num_attention_heads", 128},
            {"num_key_value_heads", 8}, {"intermediate_size", kMlp}, {"vocab_size", kVocabulary},
            {"max_position_embeddings", 131072}, {"rms_norm_eps", 1e-5}, {"hidden_act", "silu"},
            {"rope_theta", 500000.0}, {"tie_word_embeddings", false}}
            .dump());
    nlohmann::json header = nlohmann::json::object();
    std::int64_t end = 0;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
        std::int64_t bytes = 4;
        for (const std::int64_t length : shape)
            bytes *= length;
        header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {end, end + bytes}}};
        end += bytes;
    };
    add("model.embed_tokens.weight", {kVocabulary, kWidth});
    for (int layer = 0; layer < kLayers; ++layer) {
        const std::string block = "model.layers." + std::to_string(layer) + ".";
        for (const char* norm : {"input_layernorm", "post_attention_layernorm"})
            add(block + norm + ".weight", {kWidth});
        for (const auto& [name, rows] :
            {std::pair("q", kWidth), {"k", kKeys}, {"v", kKeys}, {"o", kWidth}})
            add(block + "self_attn." + name + "_proj.weight", {rows, kWidth});
        add(block + "mlp.gate_proj.weight", {kMlp, kWidth});
        add(block + "mlp.up_proj.weight", {kMlp, kWidth});
        add(block + "mlp.down_proj.weight", {kWidth, kMlp});
    }
    add("model.norm.weight", {kWidth});
    add("lm_head.weight", {kVocabulary, kWidth});
    const std::string text = header.dump();
    const std::uint64_t size = text.size();
    std::string start(reinterpret_cast<const char*>(&size), sizeof size);
    write(folder / "model.safetensors", start + text);
    std::error_code error;
    std::filesystem::resize_file(
        folder / "model.safetensors", sizeof size + size + static_cast<std::uint64_t>(end), error);
    return !error;
}

TEST(OpensModels, RefusesWhatDoesNotFitAndSaysWhatItTakes)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto folder = bench.file("huge");
    if (!writeHugeModel(folder))
        GTEST_SKIP() << "this file system holds no file of 1.6 TB with holes";
    const auto info = inspected(*engine, folder);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ((*info)->parameters, 405853388800); // as Meta's model card rounds it: 405B
    for (const core::MemoryCost& cost : (*info)->costs)
        EXPECT_EQ(cost.fits, cost.freeBytes == 0) << cost.device << " " << cost.dtype;
    for (const char* dtype : {"float32", "int8"}) {
        const auto refused = openAs(*engine, folder, dtype);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, core::Error::Code::OutOfMemory);
        EXPECT_THAT(refused.error().message, HasSubstr("free"));
        EXPECT_THAT(refused.error().message, HasSubstr(dtype));
    }
}

TEST(OpensModels, TheSameFolderInAnotherTypeKeepsItsDictionaries)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    ASSERT_TRUE(openAs(*engine, bench.model(), "float32"));
    const auto added
        = tests::ask(*engine, core::AddDictionariesRequest{bench.transcoders().string()});
    ASSERT_TRUE(added) << added.error().message;
    const auto again = openAs(*engine, bench.model(), "int8");
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ((*again)->dictionaries.size(), 2u);
    EXPECT_EQ((*again)->dictionaries[1].name, (*added)->dictionaries[1].name);
    EXPECT_EQ((*again)->model.computeDtype, "int8");
}

TEST(Chats, PutsTheModelsTemplateAroundTheMessage)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto folder = bench.file("chat");
    copyFolder(bench.model(), folder);
    auto config = nlohmann::json::parse(std::ifstream(folder / "tokenizer_config.json"));
    config["chat_template"]
        = "{% for m in messages %}{{ m.role + ' says ' + m.content + '. ' }}{% endfor %}"
          "{% if add_generation_prompt %}assistant says{% endif %}";
    write(folder / "tokenizer_config.json", config.dump());
    const auto plainInfo = inspected(*engine, bench.model()), info = inspected(*engine, folder);
    ASSERT_TRUE(plainInfo && info);
    EXPECT_FALSE((*plainInfo)->hasChatTemplate);
    EXPECT_TRUE((*info)->hasChatTemplate);

    ASSERT_TRUE(openAs(*engine, folder, "float32"));
    const auto answer = [&](const std::string& prompt, bool isChat) {
        core::GenerateRequest request;
        request.prompt = prompt;
        request.isChat = isChat;
        request.settings.maxTokens = 12;
        return tests::ask(*engine, request);
    };
    const auto chat = answer("hello", true);
    const auto byHand = answer("user says hello. assistant says", false);
    ASSERT_TRUE(chat) << chat.error().message;
    ASSERT_TRUE(byHand);
    EXPECT_EQ(idsOf((*chat)->normal), idsOf((*byHand)->normal));

    ASSERT_TRUE(openAs(*engine, bench.model(), "float32"));
    const auto refused = answer("hello", true);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("chat template"));
}

TEST(Generates, StopsAtEveryEndTokenThatTheFolderNames)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    core::GenerateRequest request;
    request.ids = {core::TokenId(5), core::TokenId(7)};
    request.settings.maxTokens = 8;
    const auto generate = [&] { return tests::ask(*engine, request); };
    ASSERT_TRUE(openAs(*engine, bench.model(), "float32"));
    const auto whole = generate();
    ASSERT_TRUE(whole) << whole.error().message;
    const std::vector<core::TokenId> ids = idsOf((*whole)->normal);
    ASSERT_EQ(ids.size(), 8u);
    std::size_t cut = 3; // the first place where a token comes that was not there before
    while (cut < ids.size()
        && std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(cut), ids[cut])
            != ids.begin() + static_cast<std::ptrdiff_t>(cut))
        ++cut;
    if (cut == ids.size())
        cut = 0;

    const auto folder = bench.file("ending");
    copyFolder(bench.model(), folder);
    write(folder / "generation_config.json",
        nlohmann::json{{"eos_token_id", {319, ids[cut].value}}}.dump());
    ASSERT_TRUE(openAs(*engine, folder, "float32"));
    const auto shorter = generate();
    ASSERT_TRUE(shorter) << shorter.error().message;
    EXPECT_EQ((*shorter)->normal.tokens.size(), cut);
}

// A device that was remembered and is gone must not leave a person without a model; one that is
// asked for is refused by name.
TEST(Devices, OneThatIsNotHereIsRefusedByNameOrReplacedAndSaid)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto here = tests::ask(*engine, core::DevicesRequest{});
    ASSERT_TRUE(here) << here.error().message;
    ASSERT_EQ((*here)->front(), "cpu");
    for (const std::string& device : **here)
        EXPECT_TRUE(
            tests::ask(*engine, core::OpenModelRequest{bench.model().string(), device, "float32"}))
            << device;
    const std::string gone = "cuda:99"; // more cards than a machine holds
    core::OpenModelRequest request{bench.model().string(), gone, "float32"};
    const auto refused = tests::ask(*engine, request);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("`" + gone + "`"));
    request.fallsBackToCpu = true;
    const auto opened = tests::ask(*engine, request);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->model.device, "cpu");
    EXPECT_THAT((*opened)->model.deviceNote, HasSubstr("cpu"));
    EXPECT_THAT((*opened)->model.deviceNote, HasSubstr("`" + gone + "`"));
    EXPECT_TRUE(tests::ask(*engine, core::InspectModelRequest{request}));
    // Another mistake than the device stays an error.
    request.dtype = "int3";
    EXPECT_FALSE(tests::ask(*engine, request));
}

} // namespace
