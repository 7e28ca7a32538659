#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace core {

/// Of every feature of two dictionaries the feature of the other one whose decoder row is most like
/// its own. Equal ones: the first.
struct DecoderMatching {
    std::vector<std::int32_t> ofLeft, ofRight; ///< [d_sae] each: a row of the other dictionary.
    std::vector<float> leftCosine, rightCosine; ///< [d_sae] each: how alike they are.

    /// Whether each is the other's best.
    bool isMutual(std::size_t left) const
    {
        return ofRight[static_cast<std::size_t>(ofLeft[left])] == static_cast<std::int32_t>(left);
    }
};

/// Rows that are zero are like nothing: cosine 0. Cross-layer transcoders by what they write summed
/// over layers. Refused where the two write vectors of different length. One product of the two
/// matrices, a block at a time: 64 MB beside the decoders in float32.
Result<DecoderMatching> matchDecoders(const Dictionary& left, const Dictionary& right,
    const ProgressFn& progress = {}, const std::stop_token& stop = {});

} // namespace core
