#pragma once

#include "core/interventions/activation_reader.h"
#include "core/interventions/live_interventions.h"
#include "core/model/kv_cache.h"
#include "core/model/transformer.h"

#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <tuple>
#include <utility>
#include <vector>

namespace core {

/// One text of a batch.
struct BatchStream {
    std::shared_ptr<const LiveInterventions> interventions; ///< Null: the model as it is.
    bool hasReference
        = false; ///< Adds a row that reads this stream's tokens without the interventions.
    bool isFree = false; ///< What the batch holds does not hold this stream.
    double changeShare = 1.0; ///< Of what the interventions add, what is added.
};

struct BatchOptions {
    int maxTokens = 60; ///< Room in the cache, up to the context length.
    HeldParts held; ///< What stays of the unchanged run while changes pass over the prompt.
    bool skipsBos = true; ///< Position 0 is left alone when it holds the model's BOS token.
    std::shared_ptr<const ActivationReader> topic; ///< Read by every unsteered row; may be null.
};

/// Several streams that continue one prompt, decoded together: every step reads the weights once
/// for all of them. The part of the prompt that nobody changes is read once. Streams under the same
/// changes (or none) get the same bits. Used from the engine thread; holds no gradients; the model
/// must outlive it.
class StreamBatch {
public:
    /// Reads the prompt. Cancelled when stopped.
    static Result<StreamBatch> start(const Transformer& model, std::vector<TokenId> prompt,
        std::vector<BatchStream> streams, const BatchOptions& options, std::stop_token stop = {});
    /// Streams without changes that continue prompts of their own, all of one length.
    static Result<StreamBatch> startApart(const Transformer& model,
        const std::vector<std::vector<TokenId>>& prompts, const BatchOptions& options,
        std::stop_token stop = {});

    std::size_t size() const { return m_streams.size(); }

    /// Of the next token: [d_vocab] floats, valid until `advance`.
    std::span<const float> logits(std::size_t stream) const;
    std::span<const float> referenceLogits(std::size_t stream) const; ///< Streams that have one.
    std::span<const float> logProbabilities(std::size_t stream) const;
    std::span<const float> referenceLogProbabilities(
        std::size_t stream) const; ///< Streams that have a reference.
    /// KL(stream || its reference), nats.
    double kl(std::size_t stream) const;
    /// Largest ||delta|| / ||x|| of the last pass.
    double deltaNormRatio(std::size_t stream) const { return m_ratios[stream]; }
    /// Whether any feature of the topic fires on the token fed last when the unsteered model reads
    /// this stream's text. Streams without changes or with a reference.
    bool isOnTopic(std::size_t stream) const;

    bool isAtContextEnd() const { return m_cache.length() >= m_cache.capacity(); }
    /// Feeds one token per stream (an ended stream may be fed anything).
    Result<void> advance(std::span<const TokenId> next, std::stop_token stop = {});

private:
    /// A pass over a part of the prompt, one row.
    struct Reading {
        KvCache cache;
        at::Tensor logits; // [1, d_vocab]
        double ratio = 0.0;
        std::shared_ptr<const ActivationCache> kept; // what changed streams hold, if any
        /// Of the model as it is: what the conditions of each stream read, [1, T, n].
        std::map<std::size_t, std::shared_ptr<at::Tensor>> conditions = {};
    };
    /// By changes (null is the model as it is), whether something is held, and the share.
    using Readings = std::map<std::tuple<const LiveInterventions*, bool, double>, Reading>;

    StreamBatch(const Transformer& model, std::vector<TokenId> prompt,
        std::vector<BatchStream> streams, const BatchOptions& options);
    Result<void> readPrompt(std::stop_token stop);
    Result<void> readApart(const at::Tensor& ids, std::stop_token stop);
    Result<const Reading*> read(Readings& readings, std::size_t stream, bool isChanged,
        const at::Tensor& ids, std::stop_token stop) const;
    /// Rows of the whole batch from readings of one row each.
    void join(const std::vector<const Reading*>& ofRow);
    /// Logits of the last position [B, d_vocab] and with them, by the same copy from the device,
    /// what hooks leave in `beside`.
    Result<at::Tensor> pass(KvCache& cache, const at::Tensor& ids, const Hooks& hooks,
        std::stop_token stop, const std::vector<at::Tensor*>& beside = {}) const;
    SteeredSpan spanOf(std::int64_t row, std::int64_t first, std::int64_t length) const;
    /// The newest changes of a stream; null when it has none or they change nothing.
    std::shared_ptr<const ActiveInterventions> changesOf(std::size_t stream) const;
    /// What the conditions of each stream's changes hold on the tokens fed next, [1, n]; undefined
    /// for streams whose changes wait for nothing. A pass of its own: a condition may be read in a
    /// later layer than its change is written.
    Result<std::vector<at::Tensor>> readConditions(const at::Tensor& ids, std::stop_token stop);
    /// Puts what a stream changes on the rows of a pass; null when it changes nothing.
    std::shared_ptr<SteeringTrace> steer(
        std::size_t stream, const SteeredSpan& span, Hooks& hooks) const;
    void keep(at::Tensor logits);
    std::int64_t firstSteered() const;
    std::int64_t firstSteerable() const;
    const at::Tensor& allLogProbabilities() const;
    std::span<const float> rowOf(const at::Tensor& values, std::int64_t row) const;

    const Transformer* m_model;
    std::vector<TokenId> m_prompt;
    std::vector<BatchStream> m_streams;
    std::vector<std::int64_t> m_referenceRows; // -1 where a stream has none
    std::int64_t m_rows = 0;
    BatchOptions m_options;
    KvCache m_cache;
    at::Tensor m_logits; // [rows, d_vocab]
    mutable at::Tensor m_logProbabilities; // The same, once somebody asked.
    std::vector<double> m_ratios;
    std::vector<bool> m_isOnTopic; // by row
};

} // namespace core
