#pragma once

#include "core/training/adam.h"
#include "core/training/dead_features.h"
#include "core/training/objective.h"
#include "core/workers/workers.h"

#include <memory>
#include <vector>

/// What several workers tell one another in a step. Each takes its share of a batch that all draw
/// alike; what comes out is what one process makes of the whole batch, but for rounding.
namespace core {

/// Of a batch of row numbers that all have drawn, those of this worker; all of them alone.
at::Tensor ownShare(const at::Tensor& indices, const Workers* workers);

/// Of a number of the batch's tokens, how many of them are this worker's.
std::int64_t ownWindow(std::int64_t tokens, const Workers* workers);

/// Tokens of a batch: what each worker takes, times how many there are.
std::int64_t wholeBatch(
    std::int64_t ofEach, std::int64_t recordedTokens, const std::shared_ptr<Workers>& workers);

/// Losses of the shares become those of the batch. `y` are the targets' shares: the variance around
/// the mean of all takes them.
void joinLosses(
    Workers& workers, std::vector<DictionaryLosses>& losses, const std::vector<at::Tensor>& y);

/// Gradients become the mean over workers; the answer says for each of `acts` how often its
/// features fired on the whole batch, [d_sae] float32.
std::vector<at::Tensor> joinGradients(Workers& workers, std::vector<at::Tensor> gradients,
    const std::vector<const ActiveEntries*>& acts, const std::vector<std::int64_t>& d_sae);

/// Rank 0's weights, moments and counters to all.
void shareState(Workers& workers, Adam& adam, const std::vector<DeadFeatures*>& dead);

} // namespace core
