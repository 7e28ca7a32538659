#pragma once

#include <optional>

namespace core {

/// How far steered text may go from what the unsteered model would write, so that it stays fluent
/// (docs/definitions.md section 4.2). A token bucket of nats: `meanKl` flows in with every token,
/// at most `peakKl` are kept, and a text starts with as many. The expected KL of a text of n tokens
/// from the unsteered model is then at most meanKl * n + peakKl.
struct FluencyGuard {
    double meanKl = 0.2; ///< Nats per token.
    double peakKl = 12.0; ///< Nats. Much at first buys the word that decides the topic; then little
                          ///< is needed, for the unsteered model follows.
    /// The surprisal that a token may have beyond the entropy of the unsteered distribution, nats,
    /// in expectation; none: no limit.
    std::optional<double> moreSurprisal;
    /// Beginnings that are drawn side by side (temperature > 0), of which the most on-topic smooth
    /// one is gone on with; 1: none is chosen. Choosing one of n costs at most ln n nats more.
    int candidates = 16;
    /// The beginnings are drawn at several shares of what the change adds, from the largest that
    /// does not move the first token too far to the smallest that moves it, 2^-halvings at least;
    /// the text goes on at the share of the chosen one. So a strength that would break the text is
    /// weakened to one that does not. 0: always whole. Without a temperature one beginning a share
    /// is drawn.
    int halvings = 6;

    bool operator==(const FluencyGuard&) const = default;
};

/// What a guarded text spent, nats: the sum of the KLs that its tokens were drawn with, held
/// against what was allowed.
struct KlAccount {
    double spent = 0.0;
    double allowed = 0.0; ///< meanKl * tokens + peakKl + ln(candidates).
    double beyond = 0.0; ///< Of `spent`, what top-k, top-p or greedy choice cost where steering had
                         ///< nothing left: also unsteered text pays it.
};

} // namespace core
