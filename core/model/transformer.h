#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/hooks.h"
#include "core/model/kv_cache.h"
#include "core/model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

namespace core {

/// y = x W + b. Files store W either way round; `weight` is kept as stored, so that it can stay in
/// the map.
struct Linear {
    at::Tensor weight;
    at::Tensor bias; ///< Undefined when there is none.
    bool isInOut = false; ///< weight is [in, out] (GPT-2's Conv1D); otherwise [out, in].

    at::Tensor matrix() const; ///< [in, out] view.
    at::Tensor apply(const at::Tensor& x)
        const; ///< x [.., in] to [.., out]; one to eight rows take the decode kernel.
};

struct Norm {
    at::Tensor gain; ///< [d_model]
    at::Tensor bias; ///< [d_model], LayerNorm only.
};

struct AttentionWeights {
    Linear q, k, v, o; ///< q, k, v may be slices of `qkv`.
    Linear
        qkv; ///< The one stored matrix of GPT-2, which the pass uses; undefined when stored apart.
};

struct MlpWeights {
    Linear up, gate, down; ///< gate.weight undefined when not gated.
};

struct BlockWeights {
    Norm ln1, ln2;
    AttentionWeights attention;
    MlpWeights mlp;
};

struct TransformerWeights {
    at::Tensor W_E; ///< [d_vocab, d_model]
    at::Tensor W_pos; ///< [n_ctx, d_model], GPT-2 only.
    std::vector<BlockWeights> blocks;
    Norm final;
    at::Tensor W_U; ///< [d_vocab, d_model], rows are tokens; the same tensor as W_E when tied.
};

struct ForwardOptions {
    KvCache* cache = nullptr; ///< Continues after what it holds, and adds to it.
    bool isLastLogitsOnly = false; ///< Logits of the last position alone: [B, 1, d_vocab].
    int stopAtLayer = -1; ///< >= 0: ends before that block and returns the residual stream there
                          ///< (n_layers: after the last).
    std::stop_token stop; ///< Polled each layer.
};

struct AttentionContext;
struct RunTables; // Rotary tables and masks, kept between runs.

/// A language model of the GPT-2 or Llama family: one forward pass that runs, is traced and is
/// trained.
///
/// Weights stay in the memory map where they are float32; 16-bit weights are widened one tensor at
/// a time. Gradients flow when grad mode is on and weights ask for them. Not thread-safe; used from
/// the engine thread.
class Transformer {
public:
    /// Opens a Hugging Face folder (config.json, model.safetensors or its shards).
    static Result<std::shared_ptr<Transformer>> open(const std::filesystem::path& folder,
        const ProgressFn& progress = {}, std::stop_token stop = {});
    /// Fresh random weights, for training and tests.
    static std::shared_ptr<Transformer> create(const ModelConfig& config, std::uint64_t seed);

    const ModelConfig& config() const { return m_config; }
    const TransformerWeights& weights() const { return m_weights; }
    /// Every distinct weight with its Hugging Face name, for training and saving.
    std::vector<std::pair<std::string, at::Tensor>> namedWeights() const;
    /// Writes config.json and model.safetensors ("float32", "float16" or "bfloat16").
    Result<void> save(
        const std::filesystem::path& folder, const std::string& dtype = "float32") const;

    /// ids [B, T] int64 to logits [B, T, d_vocab]. A prompt longer than n_ctx is refused with both
    /// figures.
    Result<at::Tensor> forward(
        const at::Tensor& ids, const Hooks& hooks = {}, const ForwardOptions& options = {}) const;

    /// A copy whose weights are its own memory (an opened model's may lie in a read-only map), for
    /// training, or for another device or precision. `isTrainable`: every weight asks for
    /// gradients.
    std::shared_ptr<Transformer> copyTo(
        const at::TensorOptions& options = {}, bool isTrainable = false) const;

    /// The final norm and unembedding alone: resid [.., d_model] to logits [.., d_vocab].
    at::Tensor unembed(const at::Tensor& resid) const;

private:
    explicit Transformer(const ModelConfig& config);

    at::Tensor embed(const at::Tensor& ids, std::int64_t start, const Hooks& hooks) const;
    at::Tensor runBlock(int layer, at::Tensor resid, const AttentionContext& context) const;

    ModelConfig m_config;
    TransformerWeights m_weights;
    std::shared_ptr<const RunTables> m_tables;
};

} // namespace core
