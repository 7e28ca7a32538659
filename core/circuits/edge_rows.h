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
    /// `workBytes`: what one group's gradient may take; about four times that is needed in passing.
    explicit EdgeRows(
        const ReplacementModel& replacement, std::int64_t workBytes = kUsualWorkBytes);
    static constexpr std::int64_t kUsualWorkBytes = 96 << 20;

    /// Sources in circuit-tracer's order: all active features, errors, tokens, and `logits` columns
    /// of zeros.
    std::int64_t columns(std::int64_t logits) const { return m_firstToken + m_positions + logits; }
    std::int64_t features() const { return m_firstError; }

    using Sink = std::function<void(const at::Tensor& targets, const at::Tensor& rows)>;
    /// Calls `sink` with groups of target feature numbers [n] int64 and their rows [n, columns(0)],
    /// which are valid during the call.
    /// `onRows` is told how many are done. False when stopped.
    bool ofFeatures(std::span<const std::int64_t> targets, const Sink& sink,
        const std::function<void(std::int64_t)>& onRows, const std::stop_token& stop) const;
    /// Rows of gradients [n, d_model] that arrive at the final norm's output, each at its own
    /// position; undefined when stopped.
    at::Tensor ofLogits(const at::Tensor& directions, std::span<const std::int64_t> positions,
        const std::stop_token& stop) const;

private:
    struct Group; // Targets of one position, from the last layer to the first.
    struct Carried; // Their gradients on the way down.
    struct WorkSpace; // Memory used again by the next group.

    at::Tensor carryDown(const Group& group, WorkSpace& work, const std::stop_token& stop) const;
    /// Transcoders: a block whose MLP is replaced.
    void throughBlock(const Group& group, int layer, Carried& carried) const;
    /// Residual SAEs: the SAE of a layer, if it stands at that hook, and a block with its MLP.
    void throughCut(const Group& group, int layer, HookKind at, Carried& carried) const;
    void throughOpenBlock(int layer, Carried& carried) const;
    void writeEdges(const at::Tensor& gradient, int layer, at::Tensor out) const;
    /// Gradients of a layer's targets with respect to the residual stream their hook reads,
    /// [n, d_model] at the group's position; undefined when the group has none there.
    at::Tensor freshTargets(const Group& group, int layer) const;

    const ReplacementModel& m_replacement;
    std::int64_t m_workBytes;
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
