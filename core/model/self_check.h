#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/model/transformer.h"

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// How far a model in use is from the weights of its files in plain float32 on the CPU.
struct FileCheck {
    int tokens = 0;
    double maxLogitDifference = 0; ///< Largest |difference| of a logit, of the whole pass.
    double maxDecodeDifference = 0; ///< The same, token by token with the key-value cache.
    double logitSpread = 0; ///< Standard deviation of a position's reference logits, mean over
                            ///< positions.
    double meanKl = 0, maxKl = 0; ///< KL(reference || in use) over positions, nats; of the whole
                                  ///< pass or token by token, whichever is larger.
    double topAgreement = 0; ///< Share of positions with the same most probable token, likewise the
                             ///< worse of the two.
    double seconds = 0;
    bool isGood = false; ///< Within what the precision in use should give.
    std::string verdict; ///< One sentence for people.
};

/// Runs `ids` through the model in use and through a second one over the same files, which keeps
/// weights as they are stored (in the map: no memory but one matrix panel at a time) and takes none
/// of this program's own kernels.
Result<FileCheck> checkAgainstFiles(const Transformer& inUse, const std::filesystem::path& folder,
    const std::vector<TokenId>& ids, const std::stop_token& stop = {});

} // namespace core
