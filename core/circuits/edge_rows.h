#pragma once

#include "core/circuits/replacement_model.h"

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Computes rows of the adjacency matrix: the direct effect of every source on a target.
///
/// Targets of one position are carried down the layers together as one gradient [rows, position +
/// 1, d_model]; each step is a matrix product and nothing after the position is touched. Results
/// are those of autograd.
class EdgeRows {
public:
    explicit EdgeRows(const ReplacementModel& replacement);

    /// Sources in circuit-tracer's order: all active features, errors, tokens, and `logits` columns
    /// of zeros.
    std::int64_t columns(std::int64_t logits) const { return m_firstToken + m_positions + logits; }
    std::int64_t features() const { return m_firstError; }

    using Sink = std::function<void(const at::Tensor& targets, const at::Tensor& rows)>;
    /// Calls `sink` with groups of target feature numbers [n] int64 and their rows [n, columns(0)].
    /// `onRows` is told how many are done. False when stopped.
    bool ofFeatures(std::span<const std::int64_t> targets, const Sink& sink,
        const std::function<void(std::int64_t)>& onRows, const std::stop_token& stop) const;
    /// Rows of gradients [n, d_model] that arrive at the last position of the final norm's output;
    /// empty when stopped.
    at::Tensor ofLogits(const at::Tensor& directions, const std::stop_token& stop) const;

private:
    struct Group; // Targets of one position, from the last layer to the first.

    at::Tensor carryDown(const Group& group, const std::stop_token& stop) const;
    void writeEdges(const at::Tensor& gradient, int layer, at::Tensor& rows) const;
    at::Tensor encoderRows(int layer, const at::Tensor& targets) const;

    const ReplacementModel& m_replacement;
    std::int64_t m_positions = 0;
    std::int64_t m_firstError = 0;
    std::int64_t m_firstToken = 0;
    std::vector<std::int64_t> m_firstFeature; // [L + 1]: number of the first feature of each layer.
    std::vector<std::vector<std::int64_t>>
        m_firstAt; // [L][T + 1]: the same for each position of a layer.
    /// [L][layers written] of [n, d_model]: decoder row times activation.
    std::vector<std::vector<at::Tensor>> m_sources;
};

} // namespace core
