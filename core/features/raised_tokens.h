#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/labels/corpus_text.h"
#include "core/model/transformer.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace core {

struct RaisedTokenSettings {
    std::size_t places = 12; ///< Where a feature is taken out, at most.
    std::size_t fewest = 3; ///< Below so many a feature is left out.
    /// Read, and taken out, at most: minutes, with a model of some size.
    std::int64_t tokens = 100'000, mostPlaces = 25'000;
    int effects = 10; ///< Tokens that are told.
};

/// Of a feature's firing places those where it is taken out: in even steps through their strengths,
/// so that a place counts by how strongly the feature fires there. Each at most once, in order.
std::vector<Place> placesByStrength(
    std::span<const Place> places, std::span<const int> strengths, std::size_t count);

/// What each feature makes the model say where it fires, also by way of later layers: the tokens
/// whose logits fall when it is taken out there, by the mean over its `places`, relative to the
/// mean over the vocabulary, before any soft cap (docs/definitions.md section 4.9). Empty for a
/// feature with too few places, and for all where the dictionary writes no vector of d_model.
///
/// `passages` are what the places count; each that is named is read once, each place is one row of
/// a pass over one position (`UnchangedText`). Where that is too much, those passages are
/// read that have the most places for their length. `pause` is told how many places are done, of
/// how many.
Result<std::vector<StoredEffects>> raisedTokens(const Transformer& model,
    const Dictionary& dictionary, const std::vector<Passage>& passages,
    const std::vector<std::vector<Place>>& places, std::int64_t vocabulary,
    const RaisedTokenSettings& settings = {}, std::stop_token stop = {},
    const std::function<void(std::int64_t done, std::int64_t total)>& pause = {});

} // namespace core
