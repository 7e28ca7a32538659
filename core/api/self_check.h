#pragma once

#include <string>
#include <string_view>

namespace core {

/// A short pass of the open model, on its device and in its precision, against the file's weights
/// in plain float32 on the CPU.
struct SelfCheck {
    std::string model, device, dtype;
    int tokens = 0;
    double maxLogitDifference = 0; ///< Largest |difference| of a logit, of the whole pass.
    double maxDecodeDifference = 0; ///< The same, token by token with the key-value cache.
    double logitSpread = 0; ///< Standard deviation of the reference's logits, to read it against.
    double meanKl = 0, maxKl = 0; ///< KL(reference || in use) over positions, nats.
    double topAgreement = 0; ///< Share of positions with the same most probable token.
    double seconds = 0;
    bool isGood = false; ///< Within what this precision should give.
    std::string verdict; ///< One sentence for people.
};

/// Compares the open model with its files in float32 on the CPU.
struct SelfCheckRequest {
    using Answer = SelfCheck;
    static constexpr std::string_view kName = "self-check";
};

} // namespace core
