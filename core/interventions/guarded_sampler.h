#pragma once

#include "core/api/fluency_guard.h"
#include "core/interventions/sampler.h"

#include <span>

#include <ATen/core/Tensor.h>

namespace core {

/// pi ~ q^(1 - lambda) p^lambda between two next-token distributions at one temperature: the
/// unsteered q (lambda 0) and the steered p (lambda 1). docs/definitions.md section 4.2.
class Mixture {
public:
    /// Logits of equal length. Where the steered row is not finite there is nothing to mix in.
    Mixture(std::span<const float> steered, std::span<const float> reference, double temperature);

    bool isFinite() const { return m_isFinite; } ///< Of the steered row.
    bool hasReference() const { return m_hasReference; } ///< The unsteered row is finite.
    double klAt(double lambda) const; ///< KL(pi || q), nats; grows with lambda.
    double surprisalAt(double lambda) const; ///< E_pi[-ln q], nats; the entropy of q at lambda 0.
    /// ln pi but for a constant, [d_vocab].
    std::span<const float> logits(double lambda) const;
    /// ln q, [d_vocab].
    std::span<const float> reference() const;

private:
    /// Fills m_weights with pi but for a factor; answers their sum, and what was taken from their
    /// logarithms.
    double weigh(double lambda, double& most) const;

    at::Tensor m_reference, m_difference; // ln q, ln p - ln q
    mutable at::Tensor m_logits, m_weights; // of the lambda asked for last
    bool m_isFinite = true, m_hasReference = true;
};

/// Draws steered tokens under a budget of nats (docs/definitions.md section 4.2). Each token is
/// drawn from the mixture with the largest lambda for which the KL of what is really drawn from,
/// after top-k and top-p, is at most what the budget holds, and is charged that KL. Greedy text is
/// drawn from one token alone, which costs -ln q of it at temperature 1.
class GuardedSampler {
public:
    explicit GuardedSampler(const FluencyGuard& guard)
        : m_guard(guard)
        , m_level(guard.peakKl)
    {
    }

    struct Choice {
        TokenId id; ///< None where no logit is finite.
        double lambda = 0.0;
        double kl = 0.0; ///< Charged, nats.
        /// Of it what the budget did not hold: even at lambda 0 a cut distribution differs from the
        /// uncut one.
        double beyond = 0.0;
    };
    /// Penalties of `sampler` are laid on both rows. Charges the budget; does not count the token
    /// as said.
    Choice choose(const Sampler& sampler, std::span<const float> steered,
        std::span<const float> reference, std::uint64_t step);

    double level() const { return m_level; } ///< Nats that the next token may spend.

private:
    FluencyGuard m_guard;
    double m_level;
};

} // namespace core
