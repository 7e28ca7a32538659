#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

namespace tests {

core::ModelConfig tinyConfig(const std::string& modelType)
{
    core::ModelConfig config;
    config.modelType = modelType;
    config.name = "tiny-" + modelType;
    config.n_layers = 2;
    config.d_model = 16;
    config.n_heads = config.n_key_value_heads = 4;
    config.d_head = 4;
    config.d_vocab = 64;
    config.n_ctx = 32;
    const bool isGemma = modelType.starts_with("gemma");
    if (modelType == "gpt2" || modelType == "gpt_neox") {
        config.d_mlp = 64;
        config.norm = core::NormKind::LayerNorm;
        config.isGated = false;
        config.hasAttentionBias = config.hasOutputBias = config.hasMlpBias = true;
        const bool isGpt2 = modelType == "gpt2";
        config.activation = isGpt2 ? core::MlpActivation::GeluNew : core::MlpActivation::Gelu;
        config.hasRotary = !isGpt2;
        config.isTied = isGpt2;
        config.isParallel = !isGpt2;
        config.rotaryDims = isGpt2 ? 0 : 2;
    } else {
        config.n_key_value_heads = 2;
        config.d_mlp = 40;
    }
    if (modelType == "mistral")
        config.windows = {5, 5};
    config.hasAttentionBias |= modelType == "qwen2";
    config.hasQkNorm = modelType == "qwen3" || modelType.starts_with("gemma3");
    if (isGemma) {
        config.storesGainMinusOne = config.hasPostNorms = config.scalesEmbedding = true;
        config.isTied = true;
        config.activation = core::MlpActivation::GeluNew;
        config.windows = {5, 0};
        config.queryScalar = 3.0;
    }
    if (modelType == "gemma2") {
        config.attentionSoftcap = 5.0;
        config.finalSoftcap = 6.0;
    }
    if (modelType.starts_with("gemma3")) {
        config.rotary = {1000.0, core::RotaryConfig::Scaling::Linear, 8.0};
        config.localRotary = core::RotaryConfig{100.0};
    }
    return config;
}

std::shared_ptr<core::Transformer> tinyModel(const std::string& modelType, std::uint64_t seed)
{
    const at::NoGradGuard noGrad;
    auto model = core::Transformer::create(tinyConfig(modelType), seed);
    const at::Generator generator = at::detail::createCPUGenerator(seed + 1);
    for (auto [name, weight] : model->namedWeights()) {
        const bool isVector = weight.dim() == 1;
        weight.normal_(
            isVector && !name.ends_with("bias") ? 1.0 : 0.0, isVector ? 0.2 : 0.3, generator);
    }
    return model;
}

at::Tensor tinyIds(std::int64_t batch, std::int64_t positions, std::uint64_t seed)
{
    return at::randint(64, {batch, positions}, at::detail::createCPUGenerator(seed), at::kLong);
}

} // namespace tests
