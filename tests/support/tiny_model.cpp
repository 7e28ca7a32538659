#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

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
    if (modelType == "gpt2") {
        config.d_mlp = 64;
        config.norm = core::NormKind::LayerNorm;
        config.activation = core::MlpActivation::GeluNew;
        config.isGated = false;
        config.hasRotary = false;
        config.isTied = true;
        config.hasAttentionBias = config.hasMlpBias = true;
    } else {
        config.n_key_value_heads = 2;
        config.d_mlp = 40;
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
