#pragma once

#include "core/dictionary/dictionary.h"
#include "tests/support/tensor_difference.h"

#include <ATen/ATen.h>

namespace tests {

/// Random weights for a configuration; the same seed gives the same weights.
inline core::Dictionary::Weights randomWeights(
    const core::DictionaryConfig& config, std::uint64_t seed, bool hasSkip = false)
{
    at::manual_seed(seed);
    core::Dictionary::Weights weights;
    weights.W_enc = at::randn({config.d_sae, config.d_in}) * 0.3;
    weights.b_enc = at::randn({config.d_sae}) * 0.1;
    weights.W_dec = at::randn({config.d_sae, config.d_out}) * 0.3;
    weights.b_dec = at::randn({config.d_out}) * 0.1;
    if (config.activation == core::FeatureActivation::JumpRelu)
        weights.threshold = at::rand({config.d_sae}) * 0.2;
    if (hasSkip)
        weights.W_skip = at::randn({config.d_out, config.d_in}) * 0.1;
    return weights;
}

inline core::DictionaryConfig saeConfig(int d_in = 12, int d_sae = 40)
{
    core::DictionaryConfig config;
    config.name = "saes/test";
    config.architecture = "standard";
    config.d_in = config.d_out = d_in;
    config.d_sae = d_sae;
    config.hookIn = config.hookOut = {core::HookKind::ResidPost, core::Layer(0)};
    config.baseModel = "tiny";
    return config;
}

inline std::shared_ptr<const core::Dictionary> randomDictionary(
    const core::DictionaryConfig& config, std::uint64_t seed = 1, bool hasSkip = false)
{
    auto dictionary = core::Dictionary::create(config, randomWeights(config, seed, hasSkip));
    if (!dictionary)
        throw std::runtime_error(dictionary.error().message);
    return *dictionary;
}

} // namespace tests
