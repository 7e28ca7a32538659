// GGUF models against what Hugging Face transformers computes from the same weights.
#include "core/files/gguf_file.h"
#include "core/model/gguf_config.h"
#include "core/model/gguf_weights.h"
#include "core/model/resources.h"
#include "core/model/self_check.h"
#include "core/model/tensor_io.h"
#include "core/model/transformer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"
#include "tests/support/gguf_bytes.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

using namespace core;

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path modelFile(const std::string& name)
{
    return tests::testFixture("gguf/models") / (name + ".gguf");
}

struct Expected {
    at::Tensor ids, logits;
};

Expected expectedOf(const std::string& name)
{
    auto tensors = loadTensors(tests::testFixture("gguf/models") / (name + ".safetensors"));
    EXPECT_TRUE(tensors);
    return {tensors->at("ids"), tensors->at("logits")};
}

double worstDifference(const Transformer& model, const Expected& expected)
{
    const at::NoGradGuard noGrad;
    const auto logits = model.forward(expected.ids);
    EXPECT_TRUE(logits) << logits.error().message;
    return (logits->squeeze(0) - expected.logits).abs().max().item<double>();
}

class GgufModels : public testing::TestWithParam<const char*> { };

TEST_P(GgufModels, GiveTheLogitsOfTransformers)
{
    const auto model = Transformer::open(modelFile(GetParam()));
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ((*model)->config().name, GetParam());
    EXPECT_LT(worstDifference(**model, expectedOf(GetParam())), 2e-5);
}

TEST_P(GgufModels, AreSavedAsHuggingFaceFolders)
{
    const tests::TemporaryFolder folder;
    const auto model = Transformer::open(modelFile(GetParam()));
    ASSERT_TRUE(model) << model.error().message;
    const auto saved = (*model)->save(folder.path());
    ASSERT_TRUE(saved) << saved.error().message;
    const auto again = Transformer::open(folder.path());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_LT(worstDifference(**again, expectedOf(GetParam())), 2e-5);
}

TEST_P(GgufModels, OpenInEveryPrecision)
{
    const Expected expected = expectedOf(GetParam());
    for (const auto& [dtype, most] :
        {std::pair("bfloat16", 0.2), std::pair("float16", 0.02), std::pair("int8", 0.3)}) {
        SCOPED_TRACE(dtype);
        const auto precision = Precision::parse("cpu", dtype);
        ASSERT_TRUE(precision);
        const auto model = Transformer::open(modelFile(GetParam()), {}, {}, *precision);
        ASSERT_TRUE(model) << model.error().message;
        EXPECT_LT(worstDifference(**model, expected), most);
    }
}

TEST_P(GgufModels, AgreeWithTheirFilesInTheSelfCheck)
{
    const auto model = Transformer::open(modelFile(GetParam()));
    ASSERT_TRUE(model) << model.error().message;
    const auto check = checkAgainstFiles(**model, modelFile(GetParam()),
        {TokenId(5), TokenId(60), TokenId(7), TokenId(33), TokenId(12)});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(check->isGood) << check->verdict;
}

TEST_P(GgufModels, SayWhatTheyTakeBeforeTheyAreOpened)
{
    auto config = ModelConfig::read(modelFile(GetParam()));
    ASSERT_TRUE(config) << config.error().message;
    const auto need = memoryNeed(modelFile(GetParam()), *config, {});
    ASSERT_TRUE(need) << need.error().message;
    const auto model = Transformer::open(modelFile(GetParam()));
    ASSERT_TRUE(model);
    EXPECT_GT(need->mapped + need->converted, 0);
    std::int64_t numbers = 0;
    for (const auto& [name, tensor] : (*model)->namedWeights())
        numbers += tensor.numel();
    EXPECT_EQ(numbers, parameterCount((*model)->config()));
}

INSTANTIATE_TEST_SUITE_P(Families, GgufModels,
    testing::Values("gpt2", "gptneox", "llama", "llama-blocks", "k-blocks", "mistral", "qwen2",
        "qwen2-blocks", "qwen3", "gemma2", "gemma3"));

TEST(GgufConfig, LlamasFactorsBecomeItsScaling)
{
    const auto config = ModelConfig::read(modelFile("llama"));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->rotary.scaling, RotaryConfig::Scaling::Llama3);
    EXPECT_NEAR(config->rotary.factor, 8.0, 1e-5);
    EXPECT_TRUE(config->rotary.factors.empty());
    EXPECT_EQ(config->modelType, "llama");
    EXPECT_EQ(config->eosToken, 2);
}

TEST(GgufConfig, AWindowMakesMistralOfLlama)
{
    const auto config = ModelConfig::read(modelFile("mistral"));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->modelType, "mistral");
    EXPECT_EQ(config->windowOf(0), 5);
}

/// A whole model of one layer in GGUF, to be changed.
struct TinyGguf {
    tests::GgufBytes file;

    explicit TinyGguf(const std::string& architecture = "llama")
    {
        file.text("general.architecture", architecture);
    }
    TinyGguf& sizes()
    {
        file.u32("llama.context_length", 16).u32("llama.embedding_length", 8);
        file.u32("llama.block_count", 1).u32("llama.feed_forward_length", 8);
        file.u32("llama.attention.head_count", 2);
        file.f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        return *this;
    }
    enum class Part { All, InBlocks, Outside };

    TinyGguf& tensors(const std::string& without = {}, float first = 0.5f, Part part = Part::All)
    {
        const auto add = [&](const char* name, std::uint64_t in, std::uint64_t out) {
            const bool isInBlock = std::string_view(name).starts_with("blk.");
            if (name == without || (part == Part::InBlocks && !isInBlock)
                || (part == Part::Outside && isInBlock))
                return;
            std::string data;
            for (std::uint64_t i = 0; i < in * std::max<std::uint64_t>(out, 1); ++i)
                data += tests::GgufBytes::raw(i == 0 ? first : 0.25f);
            file.tensor(name, out ? std::vector{in, out} : std::vector{in}, 0, data);
        };
        add("token_embd.weight", 8, 10);
        add("output_norm.weight", 8, 0);
        for (const char* norm : {"blk.0.attn_norm.weight", "blk.0.ffn_norm.weight"})
            add(norm, 8, 0);
        for (const char* matrix : {"blk.0.attn_q.weight", "blk.0.attn_k.weight",
                 "blk.0.attn_v.weight", "blk.0.attn_output.weight", "blk.0.ffn_gate.weight",
                 "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"})
            add(matrix, 8, 8);
        return *this;
    }
};

class TinyGgufFile : public testing::Test {
protected:
    Error refusal(const TinyGguf& model) const
    {
        tests::writeAll(m_folder / "tiny.gguf", model.file.bytes());
        const auto opened = Transformer::open(m_folder / "tiny.gguf");
        if (opened)
            return {Error::Code::Internal, "opened"};
        EXPECT_THAT(opened.error().message, HasSubstr("tiny.gguf: "));
        return opened.error();
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(TinyGgufFile, OpensWhenWhole)
{
    EXPECT_EQ(refusal(TinyGguf().sizes().tensors()).message, "opened");
}

TEST_F(TinyGgufFile, OpensFromSeveralFiles)
{
    TinyGguf whole, first, second;
    whole.sizes().tensors();
    first.sizes().tensors({}, 0.5f, TinyGguf::Part::Outside);
    second.tensors({}, 0.5f, TinyGguf::Part::InBlocks);
    first.file.u16("split.no", 0).u16("split.count", 2).i32("split.tensors.count", 11);
    second.file.u16("split.no", 1).u16("split.count", 2);
    tests::writeAll(m_folder / "whole.gguf", whole.file.bytes());
    tests::writeAll(m_folder / "tiny-00001-of-00002.gguf", first.file.bytes());
    tests::writeAll(m_folder / "tiny-00002-of-00002.gguf", second.file.bytes());
    const auto one = Transformer::open(m_folder / "whole.gguf");
    const auto parts = Transformer::open(m_folder / "tiny-00002-of-00002.gguf");
    ASSERT_TRUE(one);
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_EQ((*parts)->config().name, "tiny");
    const at::NoGradGuard noGrad;
    const at::Tensor ids = at::tensor({1, 2, 3}, at::kLong).unsqueeze(0);
    EXPECT_TRUE(at::equal(*(*one)->forward(ids), *(*parts)->forward(ids)));
}

TEST_F(TinyGgufFile, ScalesThatAreNoNumbersAreRefused)
{
    const auto good = GgufFile::open(modelFile("llama-blocks"));
    ASSERT_TRUE(good) << good.error().message;
    const auto all = (*good)->file()->bytes();
    for (const char* tensor : {"blk.1.attn_v.weight", "token_embd.weight", "blk.0.attn_q.weight"}) {
        std::string bytes(reinterpret_cast<const char*>(all.data()), all.size());
        const auto at = (*good)->find(tensor)->bytes.data() - all.data();
        bytes[static_cast<std::size_t>(at) + 1] = '\x7e'; // of the first block's scale: NaN
        tests::writeAll(m_folder / "nan.gguf", bytes);
        const auto model = Transformer::open(m_folder / "nan.gguf");
        ASSERT_FALSE(model) << tensor;
        EXPECT_THAT(
            model.error().message, HasSubstr("tensor `" + std::string(tensor) + "` holds NaN"));
    }
}

TEST_F(TinyGgufFile, ForeignArchitecturesAreRefusedByName)
{
    const Error error = refusal(TinyGguf("mamba").sizes().tensors());
    EXPECT_EQ(error.code, Error::Code::Unsupported);
    EXPECT_THAT(error.message, HasSubstr("architecture `mamba` is not supported"));
    EXPECT_THAT(error.message, HasSubstr("gptneox, llama, qwen2"));
}

TEST_F(TinyGgufFile, WhatIsMissingIsNamedAsTheFileCallsIt)
{
    EXPECT_THAT(refusal(TinyGguf().tensors()).message,
        HasSubstr("metadata `llama.embedding_length` is missing"));
    EXPECT_THAT(refusal(TinyGguf().sizes().tensors("blk.0.ffn_up.weight")).message,
        HasSubstr("tensor `blk.0.ffn_up.weight` is missing"));
    EXPECT_THAT(refusal(TinyGguf().sizes().tensors("token_embd.weight")).message,
        HasSubstr("tensor `token_embd.weight` is missing"));
}

TEST_F(TinyGgufFile, SwitchesThatAreNotRunAreRefusedByName)
{
    const auto with = [](const auto& change) {
        TinyGguf model;
        change(model.file);
        return model.sizes().tensors();
    };
    const auto says = [&](const auto& change) { return refusal(with(change)).message; };
    using File = tests::GgufBytes;
    EXPECT_THAT(says([](File& f) { f.u32("llama.expert_count", 8); }),
        HasSubstr("`llama.expert_count` is not 0"));
    EXPECT_THAT(says([](File& f) { f.truth("llama.attention.causal", 0); }),
        HasSubstr("`llama.attention.causal` is false"));
    EXPECT_THAT(says([](File& f) { f.text("llama.rope.scaling.type", "yarn"); }),
        HasSubstr("`llama.rope.scaling.type` is `yarn`"));
    EXPECT_THAT(says([](File& f) { f.f32("llama.attention.clamp_kqv", 4.0f); }),
        HasSubstr("llama.attention.clamp_kqv is 4"));
    EXPECT_THAT(says([](File& f) { f.u32("llama.rope.dimension_count", 2); }),
        HasSubstr("`llama.rope.dimension_count` is 2"));
    EXPECT_THAT(says([](File& f) { f.u32("llama.attention.value_length", 2); }),
        HasSubstr("`llama.attention.value_length` differs"));
    EXPECT_THAT(says([](File& f) {
        f.i32s("llama.attention.head_count_kv", {2, 1});
    }),
        HasSubstr("`llama.attention.head_count_kv` differs between layers"));
    // One that sounds like nothing in the pass, and one that is off.
    EXPECT_EQ(says([](File& f) { f.u32("llama.pages", 3).f32("llama.attention.clamp_kqv", 0); }),
        "opened");
    EXPECT_EQ(says([](File& f) { f.i32s("llama.attention.head_count_kv", {2, 2}); }), "opened");
}

TEST_F(TinyGgufFile, TensorsThatWouldNotBeUsedAreRefused)
{
    TinyGguf model;
    model.sizes().tensors();
    model.file.tensor("blk.0.attn_q_norm.weight", {4}, 0, std::string(16, '\0'));
    EXPECT_THAT(refusal(model).message, HasSubstr("`blk.0.attn_q_norm.weight` is no part of"));
}

TEST_F(TinyGgufFile, NumbersThatAreNoneAreRefused)
{
    EXPECT_THAT(refusal(TinyGguf().sizes().tensors("", std::nanf(""))).message,
        HasSubstr("holds NaN or infinite numbers"));
}

TEST_F(TinyGgufFile, TypesThatAreNotReadAreRefusedWithThoseThatAre)
{
    TinyGguf model;
    model.sizes().tensors("blk.0.attn_norm.weight");
    model.file.tensor("blk.0.attn_norm.weight", {256}, 16, std::string(66, '\0'));
    const Error error = refusal(model);
    EXPECT_EQ(error.code, Error::Code::Unsupported);
    EXPECT_THAT(error.message, HasSubstr("has type IQ2_XXS"));
    EXPECT_THAT(error.message, HasSubstr("Q4_1"));
}

TEST_F(TinyGgufFile, FactorsOfItsOwnTurnItsHeadsMoreSlowly)
{
    TinyGguf model;
    model.sizes().tensors();
    model.file.tensor(
        "rope_freqs.weight", {2}, 0, tests::GgufBytes::raw(1.5f) + tests::GgufBytes::raw(3.0f));
    tests::writeAll(m_folder / "own.gguf", model.file.bytes());
    const auto opened = Transformer::open(m_folder / "own.gguf");
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_THAT((*opened)->config().rotary.factors, testing::ElementsAre(1.5, 3.0));
    const auto saved = (*opened)->save(m_folder / "saved");
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message, HasSubstr("factors of its own"));

    TinyGguf zero;
    zero.sizes().tensors();
    zero.file.tensor(
        "rope_freqs.weight", {2}, 0, tests::GgufBytes::raw(1.0f) + tests::GgufBytes::raw(0.0f));
    EXPECT_THAT(refusal(zero).message, HasSubstr("not above zero"));
}

TEST_F(TinyGgufFile, AModelWithAnOutputOfItsOwnIsNotTied)
{
    TinyGguf tied, untied;
    tied.sizes().tensors();
    untied.sizes().tensors();
    std::string data;
    for (int i = 0; i < 80; ++i)
        data += tests::GgufBytes::raw(0.125f * static_cast<float>(i));
    untied.file.tensor("output.weight", {8, 10}, 0, data);
    tests::writeAll(m_folder / "tied.gguf", tied.file.bytes());
    tests::writeAll(m_folder / "untied.gguf", untied.file.bytes());
    const auto one = Transformer::open(m_folder / "tied.gguf");
    const auto other = Transformer::open(m_folder / "untied.gguf");
    ASSERT_TRUE(one && other);
    EXPECT_TRUE((*one)->config().isTied);
    EXPECT_FALSE((*other)->config().isTied);
    EXPECT_EQ((*other)->weights().W_U.values()[9][7].item<float>(), 0.125f * 79);
}

} // namespace
