#pragma once

#include "core/api/intervention.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"

#include <cstdint>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// A position of the prompt and the donor's position it corresponds to.
struct AlignedPosition {
    Position prompt;
    Position donor; ///< None where the donor's wording is shorter.
    bool isSameToken = false;
};

/// How many tokens two prompts share at their beginning and, after that, at their end.
struct CommonEnds {
    std::int64_t head = 0, tail = 0;
};
CommonEnds commonEnds(const std::vector<TokenId>& a, const std::vector<TokenId>& b);

/// Aligns two prompts of equal structure: their common beginning and common end face each other;
/// the words between are aligned from their end, where a name of several tokens is complete.
std::vector<AlignedPosition> alignPrompts(
    const std::vector<TokenId>& prompt, const std::vector<TokenId>& donor);

struct SwapOptions {
    int firstLayer = 0, lastLayer = -1; ///< Inclusive; -1 = the last.
    bool atDifference = true; ///< Where the prompts' tokens differ.
    bool atLast = true; ///< At the last token, where the answer is read out.
    /// A feature active in both is changed when its activations differ by more than this share of
    /// the larger one.
    double smallestChange = 0.25;
    bool freezeAttention = false; ///< Patterns of the unchanged run.
    std::stop_token stop;
};

/// One feature at one position, before and after.
struct SwappedFeature {
    std::size_t dictionary = 0; ///< Index into the dictionaries given.
    FeatureAt at;
    float before = 0.0f; ///< On the prompt.
    float after = 0.0f; ///< On the donor, which is what it was set to.
};
void sortByStrength(std::vector<SwappedFeature>& features); ///< Largest change first.

struct FeatureSwap {
    at::Tensor before, after,
        donor; ///< [d_vocab] logits after the last token of the prompt, the changed run, the donor.
    std::vector<SwappedFeature>
        removed; ///< Active on the prompt only; turned off. Strongest first.
    std::vector<SwappedFeature>
        inserted; ///< Active on the donor only; set to its value there. Strongest first.
    std::vector<SwappedFeature>
        adjusted; ///< Active on both, with other values; set to the donor's.
    bool isSwapped = false; ///< The top token was another than the donor's and became the donor's.
};

/// What sets the swap's features at their positions.
std::vector<Intervention> interventionsOf(
    const FeatureSwap& swap, const Dictionaries& dictionaries);

/// Strongest change first.
void sortByStrength(std::vector<SwappedFeature>& features);

/// Replaces the features of one concept by those of another and reads the answer: the litmus test
/// of causality. The prompt names concept F, the donor the same sentence about G. Features that
/// differ between the runs are set to the donor's values in the prompt's run, each dictionary
/// reading what earlier changes have made of its input; what no feature explains stays the prompt's
/// own. Works with transcoders (changes enter at MLP outputs) and with residual SAEs (changes enter
/// at the hook they read).
Result<FeatureSwap> swapFeatures(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& prompt, const std::vector<TokenId>& donor,
    const SwapOptions& options = {});

} // namespace core
