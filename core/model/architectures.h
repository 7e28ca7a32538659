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
    std::string_view prefix; ///< Before every name but the unembedding's.
    std::vector<std::string_view>
        otherPrefixes; ///< As other files of the family have it; "" = none.
    bool isInOut = false; ///< Matrices are stored [in, out].
    bool isQkvByHead = false; ///< `qkv` holds each head's q, k and v together.
    std::string_view embedding, positions, ln1, ln2, finalNorm, unembedding;
    std::vector<std::string_view> otherUnembeddings;
    std::string_view ln1Post, ln2Post, qNorm, kNorm;
    std::string_view qkv; ///< One matrix for all three, in blocks q, k, v; then q, k, v are empty.
    std::string_view q, k, v, o, up, gate, down;
    /// Buffers that old files carry along and that are no weights; other parts of a larger model.
    std::vector<std::string_view> ignoredSuffixes, ignoredPrefixes;
};

std::span<const Architecture> architectures();
const Architecture* findArchitecture(std::string_view modelType); ///< Null when not supported.
std::string supportedModelTypes(); ///< "gpt2, llama"

enum class WeightRole : std::uint8_t { Embedding, Matrix, ResidualMatrix, Gain, Bias };

/// One stored tensor of a model: its name without the prefix, its shape and where it belongs.
/// Gains and biases have one dimension.
struct WeightSlot {
    std::string name;
    bool hasPrefix = true;
    std::vector<std::int64_t> shape;
    WeightRole role = WeightRole::Matrix;
    at::Tensor* tensor = nullptr;
    Linear* linear = nullptr; ///< What `tensor` is the weight of; null for gains and biases.
    bool isInOut = false; ///< A matrix that a Hugging Face folder stores [in, out].
};

/// Every stored tensor of a model with this config, in the order of the pass. `weights` gets one
/// entry per block.
std::vector<WeightSlot> weightSlots(const ModelConfig& config, TransformerWeights& weights);

/// After the slots are filled: q, k, v as slices of one stored matrix, the tied unembedding.
void bindSharedWeights(const ModelConfig& config, TransformerWeights& weights);

} // namespace core
