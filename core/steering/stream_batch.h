#pragma once

#include "core/model/kv_cache.h"
#include "core/model/transformer.h"
#include "core/steering/active_interventions.h"

#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace core {

/// One text of a batch.
struct BatchStream {
    std::shared_ptr<const LiveInterventions> interventions; ///< Null: the model as it is.
    bool hasReference
        = false; ///< Adds a row that reads this stream's tokens without the interventions.
};

struct BatchOptions {
    int maxTokens = 60; ///< Room in the cache, up to the context length.
    bool freezeAttention
        = false; ///< On the prompt, every row uses the attention patterns of stream 0.
    bool skipsBos = true; ///< Position 0 is left alone when it holds the model's BOS token.
};

/// Several streams that continue one prompt, decoded together: every step reads the weights once
/// for all of them. The part of the prompt that nobody changes is read once. Streams under the same
/// changes (or none) get the same bits. Used from the engine thread; holds no gradients.
class StreamBatch {
public:
    /// Reads the prompt. Cancelled when stopped.
    static Result<StreamBatch> start(std::shared_ptr<const Transformer> model,
        std::vector<TokenId> prompt, std::vector<BatchStream> streams, const BatchOptions& options,
        std::stop_token stop = {});

    /// Of the next token: [d_vocab] floats, valid until `advance`.
    std::span<const float> logits(std::size_t stream) const;
    std::span<const float> logProbabilities(std::size_t stream) const;
    std::span<const float> referenceLogProbabilities(
        std::size_t stream) const; ///< Streams that have a reference.
    /// KL(stream || its reference), nats.
    double kl(std::size_t stream) const;
    /// Largest ||delta|| / ||x|| of the last pass.
    double deltaNormRatio(std::size_t stream) const { return m_ratios[stream]; }

    bool isAtContextEnd() const { return m_cache.length() >= m_cache.capacity(); }
    /// Feeds one token per stream (an ended stream may be fed anything).
    Result<void> advance(std::span<const TokenId> next, std::stop_token stop = {});

private:
    StreamBatch(std::shared_ptr<const Transformer> model, std::vector<TokenId> prompt,
        std::vector<BatchStream> streams, const BatchOptions& options);
    Result<void> readPrompt(std::stop_token stop);
    Result<void> readTogether(const at::Tensor& ids, std::stop_token stop);
    Result<void> readApart(const at::Tensor& ids, std::stop_token stop);
    /// Logits of the last position [B, d_vocab].
    Result<at::Tensor> pass(
        KvCache& cache, const at::Tensor& ids, const Hooks& hooks, std::stop_token stop) const;
    /// Puts what a stream changes on one row of a pass; null when it changes nothing.
    std::shared_ptr<SteeringTrace> steer(std::size_t stream, std::int64_t row, std::int64_t first,
        std::int64_t length, Hooks& hooks) const;
    void keep(at::Tensor logits);
    std::int64_t firstSteered() const;
    std::int64_t firstSteerable() const;
    std::span<const float> rowOf(const at::Tensor& values, std::int64_t row) const;

    std::shared_ptr<const Transformer> m_model;
    std::vector<TokenId> m_prompt;
    std::vector<BatchStream> m_streams;
    std::vector<std::int64_t> m_referenceRows; // -1 where a stream has none
    std::int64_t m_rows = 0;
    BatchOptions m_options;
    KvCache m_cache;
    at::Tensor m_logits, m_logProbabilities; // [rows, d_vocab]
    std::vector<double> m_ratios;
};

} // namespace core
