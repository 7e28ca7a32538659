#pragma once

#include "core/model/transformer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tests {

/// 2 layers, d_model 16, vocabulary 64, context 32. `modelType` is any family: each has the parts
/// that make it one, windows of 5, and grouped queries from Llama on.
core::ModelConfig tinyConfig(const std::string& modelType = "llama");

/// Built in memory in milliseconds. Every weight is random and large enough that all of them matter
/// to the logits.
std::shared_ptr<core::Transformer> tinyModel(
    const std::string& modelType = "llama", std::uint64_t seed = 1);

/// The families, for parametrised tests.
inline constexpr const char* kFamilies[]
    = {"gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "gemma3"};

/// Token ids [batch, positions] below 64, the same for the same seed.
at::Tensor tinyIds(std::int64_t batch, std::int64_t positions, std::uint64_t seed = 1);

} // namespace tests
