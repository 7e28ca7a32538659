#pragma once

namespace core {

/// How much more often something is seen in one group than in another, in standard errors: the
/// log-odds ratio with an informative Dirichlet prior, z = δ/σ (Monroe, Colaresi and Quinn 2008,
/// Eqs. 16, 19, 22). `seenA` of `sizeA` and `seenB` of `sizeB`; `prior` of `priorSize` are
/// pseudo-counts: what a background corpus makes one expect.
double logOddsZ(
    double seenA, double sizeA, double seenB, double sizeB, double prior, double priorSize);

} // namespace core
