#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace core {

enum class NormKind : std::uint8_t { LayerNorm, RmsNorm };
enum class MlpActivation : std::uint8_t { GeluNew, Gelu, Silu, Relu };

/// Rotary embedding: inverse frequencies theta^(-2j/rotaryDims), bent by `scaling`.
struct RotaryConfig {
    enum class Scaling : std::uint8_t { None, Linear, Llama3 };
    double theta = 10000.0;
    Scaling scaling = Scaling::None;
    double factor = 1.0, lowFreqFactor = 1.0, highFreqFactor = 4.0;
    std::int64_t originalContext = 8192;
    /// What each frequency is divided by beyond that, where a GGUF file has numbers of its own;
    /// empty: 1. No config.json can say them.
    std::vector<double> factors{};
};

/// Sizes and switches of a language model, read from Hugging Face's config.json (docs/formats.md
/// section 2). Switches that change a number and are not known here are refused by name.
struct ModelConfig {
    std::string modelType; ///< "gpt2", "llama", "gemma2".
    std::string name; ///< As the config's `_name_or_path` says, else the folder's name.
    int n_layers = 0, d_model = 0, n_heads = 0, n_key_value_heads = 0, d_head = 0, d_mlp = 0,
        d_vocab = 0, n_ctx = 0;
    NormKind norm = NormKind::RmsNorm;
    double normEps = 1e-5;
    bool storesGainMinusOne = false; ///< Gemma; one is added when weights are read.
    MlpActivation activation = MlpActivation::Silu;
    bool isGated = true; ///< Llama's MLP: down(act(gate) * up).
    bool hasRotary = true;
    RotaryConfig rotary;
    int rotaryDims = 0; ///< The first entries of each head that turn; 0 = all of d_head.
    std::optional<RotaryConfig> localRotary; ///< Of sliding layers, where it differs (Gemma 3).
    /// Keys a position sees in each layer, itself included; 0 = all. Empty = all layers see all.
    std::vector<int> windows;
    bool isTied = false; ///< Unembedding is the embedding.
    bool hasAttentionBias = false; ///< Of q, k and v.
    bool hasOutputBias = false; ///< Of o.
    bool hasMlpBias = false;
    bool scaleAttention = true; ///< GPT-2's scale_attn_weights.
    bool scaleByInverseLayer = false; ///< GPT-2's scale_attn_by_inverse_layer_idx.
    double queryScalar = 0.0; ///< Scores are divided by its root; 0 = d_head.
    double attentionSoftcap = 0.0, finalSoftcap = 0.0; ///< c tanh(x / c); 0 = none.
    bool isParallel = false; ///< Attention and MLP read the same residual stream (GPT-NeoX).
    bool hasQkNorm = false;
    bool hasPostNorms = false;
    bool scalesEmbedding = false; ///< Embeddings are multiplied by sqrt(d_model).
    int bosToken = -1, eosToken = -1;
    std::vector<int> endTokens; ///< Every id that ends a text; eosToken is the first.
    std::string dtype = "float32"; ///< As the config says it is stored.

    /// Of a Hugging Face folder or a GGUF file.
    static Result<ModelConfig> read(const std::filesystem::path& folder);
    int windowOf(int layer) const; ///< As in `windows`.
    bool isEnd(int token) const; ///< One of `endTokens`, or `eosToken`.

    /// Writes a config.json that `read` and Hugging Face transformers understand.
    Result<void> write(const std::filesystem::path& folder) const;
};

} // namespace core
