// One model in the forms that published checkpoints of its family have: other tensor names, buffers
// of no use, shards, a multimodal wrapper, 16 bits. Each is made from an oracle's folder and must
// give the oracle's numbers.
#include "core/files/atomic_write.h"
#include "core/files/json_file.h"
#include "core/model/tensor_io.h"
#include "core/model/transformer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <functional>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

using namespace core;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Tensors = std::map<std::string, at::Tensor>;

class CheckpointForms : public testing::Test {
protected:
    void read(const std::string& name)
    {
        const fs::path source = tests::sharedFixture("oracles/models/" + name);
        m_config = *readJson(source / "config.json");
        m_tensors = *loadTensors(source / "model.safetensors");
        m_expected = *loadTensors(source / "expected.safetensors");
    }
    void rename(const std::function<std::string(const std::string&)>& name)
    {
        Tensors renamed;
        for (const auto& [old, tensor] : m_tensors)
            renamed[name(old)] = tensor;
        m_tensors = std::move(renamed);
    }
    void write(const std::string& file, const Tensors& tensors)
    {
        std::vector<std::pair<std::string, at::Tensor>> list;
        for (const auto& [name, tensor] : tensors) // Masks of bools are not written here.
            list.emplace_back(
                name, tensor.scalar_type() == at::kBool ? tensor.to(at::kByte) : tensor);
        const auto saved = saveTensors(m_folder / file, list);
        ASSERT_TRUE(saved) << saved.error().message;
    }
    /// The largest difference from the oracle's logits on its longer prompt.
    double error(const std::string& what)
    {
        EXPECT_TRUE(writeAtomically(m_folder / "config.json", m_config.dump()));
        const auto model = Transformer::open(m_folder);
        EXPECT_TRUE(model) << what << ": " << model.error().message;
        if (!model)
            return 1.0;
        const at::NoGradGuard noGrad;
        const at::Tensor ids = m_expected.at("p1.input_ids").unsqueeze(0);
        const at::Tensor logits = *(*model)->forward(ids);
        return (logits[0] - m_expected.at("p1.logits")).abs().max().item<double>();
    }

    const tests::TemporaryFolder m_temporary;
    const fs::path m_folder = m_temporary.path();
    json m_config;
    Tensors m_tensors, m_expected;
};

TEST_F(CheckpointForms, NamesWithoutThePrefixAndMaskBuffers)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gpt2-tiny");
    read("gpt2-tiny");
    rename([](const std::string& name) {
        return name.starts_with("transformer.") ? name.substr(12) : name;
    });
    m_tensors["h.0.attn.bias"] = at::ones({1, 1, 64, 64}).tril();
    m_tensors["h.0.attn.masked_bias"] = at::full({1}, -1e4);
    write("model.safetensors", m_tensors);
    EXPECT_LE(error("gpt2"), 5e-5);
}

TEST_F(CheckpointForms, TheLanguageModelOfAMultimodalCheckpoint)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma3-tiny");
    for (const bool isNew : {false, true}) {
        read("gemma3-tiny");
        const std::string prefix = isNew ? "model.language_model." : "language_model.model.";
        rename([&](const std::string& name) {
            return name.starts_with("model.") ? prefix + name.substr(6) : name;
        });
        m_tensors[isNew ? "lm_head.weight" : "language_model.lm_head.weight"]
            = m_tensors.at(prefix + "embed_tokens.weight").clone();
        m_tensors[std::string(isNew ? "model." : "") + "vision_tower.patch.weight"] = at::rand({4});
        m_tensors[std::string(isNew ? "model." : "") + "multi_modal_projector.weight"]
            = at::rand({4});
        json text = m_config;
        for (const char* byDefault : {"rope_theta", "rms_norm_eps", "sliding_window_pattern",
                 "rope_local_base_freq", "hidden_activation", "architectures"})
            text.erase(byDefault);
        m_config = {{"model_type", "gemma3"}, {"architectures", {"Gemma3ForConditionalGeneration"}},
            {"text_config", text}, {"vision_config", {{"hidden_size", 8}}}};
        write("model.safetensors", m_tensors);
        EXPECT_LE(error(prefix), 5e-5) << prefix;
    }
}

TEST_F(CheckpointForms, Shards)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/qwen2-tiny");
    read("qwen2-tiny");
    constexpr int kShards = 4;
    std::array<Tensors, kShards> shards;
    json names;
    std::size_t next = 0;
    for (const auto& [name, tensor] : m_tensors) {
        const std::size_t shard = next++ % kShards;
        shards[shard][name] = tensor;
        names[name] = "model-" + std::to_string(shard) + ".safetensors";
    }
    for (std::size_t shard = 0; shard < kShards; ++shard)
        write("model-" + std::to_string(shard) + ".safetensors", shards[shard]);
    const json index = {{"metadata", json::object()}, {"weight_map", names}};
    ASSERT_TRUE(writeAtomically(m_folder / "model.safetensors.index.json", index.dump()));
    EXPECT_LE(error("qwen2"), 5e-5);
}

TEST_F(CheckpointForms, SixteenBitsComputeAsTheirWidenedSelves)
{
    for (const std::string name : {"gemma2-tiny", "llama-tiny", "gpt_neox-tiny", "qwen3-tiny"}) {
        REQUIRE_SHARED_FIXTURE("oracles/models/" + name);
        for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
            read(name);
            Tensors narrow, wide;
            for (const auto& [key, tensor] : m_tensors) {
                const bool isBuffer = !tensor.is_floating_point();
                narrow[key] = isBuffer ? tensor : tensor.to(type);
                wide[key] = isBuffer ? tensor : narrow[key].to(at::kFloat);
            }
            write("model.safetensors", wide);
            EXPECT_TRUE(writeAtomically(m_folder / "config.json", m_config.dump()));
            const at::NoGradGuard noGrad;
            const at::Tensor ids = m_expected.at("p1.input_ids").unsqueeze(0);
            m_expected["p1.logits"] = (*(*Transformer::open(m_folder))->forward(ids))[0].clone();
            write("model.safetensors", narrow);
            EXPECT_LE(error(name), 5e-5) << name << " " << at::toString(type);
        }
    }
}

TEST_F(CheckpointForms, ConfigsInOtherSpellings)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/llama-tiny");
    REQUIRE_SHARED_FIXTURE("oracles/models/gpt_neox-tiny");
    read("llama-tiny");
    write("model.safetensors", m_tensors);
    json scaling = m_config.at("rope_scaling");
    scaling["rope_theta"] = m_config.at("rope_theta");
    json newer = m_config;
    newer.erase("rope_scaling");
    newer.erase("rope_theta");
    newer["rope_parameters"] = scaling;
    json older = m_config;
    older["rope_scaling"]["type"] = older["rope_scaling"]["rope_type"];
    older["rope_scaling"].erase("rope_type");
    for (const json& config : {newer, older}) {
        m_config = config;
        EXPECT_LE(error("llama"), 5e-5) << config.dump();
    }
    read("gpt_neox-tiny");
    write("model.safetensors", m_tensors);
    m_config.erase("rotary_pct");
    m_config.erase("rotary_emb_base");
    m_config["rope_parameters"]
        = {{"rope_type", "default"}, {"rope_theta", 10000}, {"partial_rotary_factor", 0.25}};
    EXPECT_LE(error("gpt_neox"), 5e-5);
}

} // namespace
