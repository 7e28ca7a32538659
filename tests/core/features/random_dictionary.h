#pragma once

#include "core/dictionary/dictionary.h"

#include <memory>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace tests {

/// 37 features with random weights, the same each time, for a model of d_model 16: more than one
/// pass of 16, and one that is not full.
inline std::shared_ptr<const core::Dictionary> dictionaryAt(core::HookKind in, core::HookKind out,
    int layer, int layersWritten = 1,
    core::InputNormalization normalization = core::InputNormalization::None)
{
    const at::Generator generator = at::detail::createCPUGenerator(11);
    core::DictionaryConfig config;
    config.name = "d";
    config.path = "/nowhere";
    config.format = "SAELens";
    config.architecture = "standard";
    config.d_in = config.d_out = 16;
    config.d_sae = 37;
    config.hookIn = {in, core::Layer(layer)};
    config.hookOut = {out, core::Layer(layer)};
    config.isTranscoder = in != out;
    config.normalization = normalization;
    config.isCrossLayer = layersWritten > 1;
    config.layersWritten = layersWritten;
    core::Dictionary::Weights weights;
    weights.W_enc = at::randn({37, 16}, generator, at::kFloat);
    weights.W_dec = layersWritten > 1 ? at::randn({37, layersWritten, 16}, generator, at::kFloat)
                                      : at::randn({37, 16}, generator, at::kFloat);
    weights.b_enc = at::zeros({37});
    weights.b_dec = at::zeros({16});
    const auto created = core::Dictionary::create(config, weights);
    EXPECT_TRUE(created) << (created ? "" : created.error().message);
    return created.value();
}

} // namespace tests
