#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/hooks.h"
#include "core/model/kv_cache.h"
#include "core/model/linear.h"
#include "core/model/model_config.h"
#include "core/model/precision.h"

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

struct Norm {
    at::Tensor gain; ///< [d_model]: what multiplies, also for Gemma, whose files hold it minus one.
    at::Tensor bias; ///< [d_model], LayerNorm only.
};

struct AttentionWeights {
    Linear q, k, v, o; ///< q, k, v may be slices of `qkv`.
    Linear qkv; ///< The one stored matrix of GPT-2 and GPT-NeoX, which the pass uses; undefined
                ///< when stored apart.
    bool isQkvByHead = false; ///< GPT-NeoX: qkv holds each head's q, k and v together, and the
                              ///< three above stay undefined; see `valueProjection`.
    Norm qNorm, kNorm; ///< Over d_head, before rotation; Qwen 3 and Gemma 3 only.
};

struct MlpWeights {
    Linear up, gate, down; ///< gate.weight undefined when not gated.
};

struct BlockWeights {
    Norm ln1, ln2;
    Norm ln1Post, ln2Post; ///< On what attention and MLP give, before it is added; Gemma only.
    AttentionWeights attention;
    MlpWeights mlp;
};

struct TransformerWeights {
    Linear W_E; ///< [d_vocab, d_model], rows are tokens.
    at::Tensor W_pos; ///< [n_ctx, d_model], GPT-2 only.
    std::vector<BlockWeights> blocks;
    Norm final;
    Linear W_U; ///< [d_vocab, d_model], rows are tokens; the same tensor as W_E when tied.
};

struct ForwardOptions {
    KvCache* cache = nullptr; ///< Continues after what it holds, and adds to it.
    bool isLastLogitsOnly = false; ///< Logits of the last position alone: [B, 1, d_vocab].
    /// Begins before this block (n_layers: after the last) with `stream` [B, T, d_model] in place
    /// of the embedding; ids then say shape and positions alone. A cache must hold what is before.
    int startAtLayer = 0;
    at::Tensor stream;
    int stopAtLayer = -1; ///< >= 0: ends before that block and returns the residual stream there
                          ///< (n_layers: after the last).
    std::stop_token stop; ///< Polled each layer.
};

struct AttentionContext;
struct RunTables; // Rotary tables and masks, kept between runs.

/// A language model of any of the families in `architectures`: one forward pass that runs, is
/// traced and is trained.
///
/// Weights stay in the memory map in their stored type where the precision allows it; others are
/// converted one tensor at a time. Gradients flow when grad mode is on and weights ask for them.
/// Not thread-safe; used from the engine thread.
class Transformer {
public:
    /// Opens a Hugging Face folder (config.json, weights in one file or in shards) or a GGUF file.
    /// A model that does not fit is refused with the figures before memory is taken.
    static Result<std::shared_ptr<Transformer>> open(const std::filesystem::path& folder,
        const ProgressFn& progress = {}, std::stop_token stop = {},
        const Precision& precision = {});
    /// Fresh random weights, for training and tests.
    static std::shared_ptr<Transformer> create(const ModelConfig& config, std::uint64_t seed);

    const ModelConfig& config() const { return m_config; }
    const Precision& precision() const { return m_precision; }
    at::Device device() const { return m_precision.device; }
    const TransformerWeights& weights() const { return m_weights; }
    /// Every distinct weight with its Hugging Face name, for training and saving.
    std::vector<std::pair<std::string, at::Tensor>> namedWeights() const;
    /// Writes config.json and model.safetensors ("float32", "float16" or "bfloat16").
    Result<void> save(
        const std::filesystem::path& folder, const std::string& dtype = "float32") const;

    /// ids [B, T] int64 on the host, which go up once, to logits [B, T, d_vocab] on `device()`. A
    /// prompt longer than n_ctx is refused with both figures.
    Result<at::Tensor> forward(
        const at::Tensor& ids, const Hooks& hooks = {}, const ForwardOptions& options = {}) const;

    /// A copy whose weights are its own memory (an opened model's may lie in a read-only map), for
    /// training, or for another device or type; float32 unless `options` says otherwise.
    /// `isTrainable`: every weight asks for gradients.
    std::shared_ptr<Transformer> copyTo(
        const at::TensorOptions& options = {}, bool isTrainable = false) const;

    /// The final norm, unembedding and soft cap alone: resid [.., d_model] to logits [.., d_vocab].
    at::Tensor unembed(const at::Tensor& resid) const;

private:
    explicit Transformer(const ModelConfig& config);

    at::Tensor embed(const at::Tensor& ids, std::int64_t start, const Hooks& hooks) const;
    at::Tensor logits(const at::Tensor& normed) const;
    at::Tensor runBlock(int layer, at::Tensor resid, const AttentionContext& context) const;

    ModelConfig m_config;
    Precision m_precision;
    TransformerWeights m_weights;
    std::shared_ptr<const RunTables> m_tables;
};

} // namespace core
