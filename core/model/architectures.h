#pragma once

#include "core/model/transformer.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Where a family keeps its weights in a Hugging Face checkpoint. "{}" stands for the layer; an
/// empty name says that the family has no such part. Biases are the same names with ".bias" for
/// ".weight".
struct Architecture {
    std::string_view modelType; ///< config.json `model_type`.
    std::string_view className; ///< config.json `architectures[0]`.
    std::string_view prefix; ///< Before every name but the unembedding's; some files leave it out.
    bool isPrefixOptional = false;
    bool isInOut = false; ///< Matrices are stored [in, out].
    std::string_view embedding, positions, ln1, ln2, finalNorm, unembedding;
    std::string_view qkv; ///< One matrix for all three, in blocks q, k, v; then q, k, v are empty.
    std::string_view q, k, v, o, up, gate, down;
    /// Buffers that old files carry along and that are no weights.
    std::vector<std::string_view> ignoredSuffixes;
};

std::span<const Architecture> architectures();
const Architecture* findArchitecture(std::string_view modelType); ///< Null when not supported.
std::string supportedModelTypes(); ///< "gpt2, llama"

enum class WeightRole : std::uint8_t { Embedding, Matrix, ResidualMatrix, Gain, Bias };

/// One stored tensor of a model: its name without the prefix, its shape and where it belongs.
struct WeightSlot {
    std::string name;
    bool hasPrefix = true;
    std::vector<std::int64_t> shape;
    WeightRole role = WeightRole::Matrix;
    at::Tensor* tensor = nullptr;
};

/// Every stored tensor of a model with this config, in the order of the pass. `weights` gets one
/// entry per block.
std::vector<WeightSlot> weightSlots(const ModelConfig& config, TransformerWeights& weights);

/// After the slots are filled: q, k, v as slices of one stored matrix, the tied unembedding.
void bindSharedWeights(const ModelConfig& config, TransformerWeights& weights);

} // namespace core
