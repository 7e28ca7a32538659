#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/features/sparse_acts.h"
#include "core/model/transformer.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// What one text activates in several dictionaries, kept sparsely: a text takes a few kilobytes
/// however many features there are.
struct TextFeatures {
    std::vector<TokenId> ids;
    at::Tensor logits; ///< [d_vocab] after the last token, on the CPU.
    std::vector<SparseActs> active; ///< Per dictionary, a row for each position.

    TokenId answer() const; ///< The most probable next token.
};

/// One forward pass.
Result<TextFeatures> readFeatures(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, std::stop_token stop = {});

/// Features with their largest activation over some rows, by ascending feature; those that do not
/// fire there are not listed.
using Peaks = std::vector<std::pair<std::uint32_t, float>>;
Peaks peaksOver(const SparseActs& acts, std::span<const std::int64_t> rows);

/// Peaks of several texts as a table [texts, features.size()]; 0 where a feature does not fire.
at::Tensor peakTable(std::span<const Peaks> texts, std::span<const std::uint32_t> features);

/// Every feature that fires on at least one, ascending.
std::vector<std::uint32_t> featuresOf(std::span<const Peaks> texts);

} // namespace core
