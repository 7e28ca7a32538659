#pragma once

#include "core/training/active_entries.h"
#include "core/training/adam.h"
#include "core/training/dictionary_training.h"

#include <cstdint>
#include <vector>

namespace core {

/// How many training tokens ago each feature last fired.
class DeadFeatures {
public:
    DeadFeatures(std::int64_t d_sae, std::int64_t window);

    void count(const ActiveEntries& batch); ///< After every step.
    /// The same for the batch of several workers: [d_sae] float32, above 0 where one fired.
    void count(const at::Tensor& fired, std::int64_t tokens);
    const std::vector<std::uint8_t>& isDead() const { return m_isDead; } ///< One flag a feature.
    std::int64_t dead() const;
    void revive(std::int64_t feature);

    at::Tensor tokensSinceFired() const; ///< [d_sae] int64, for a checkpoint
    void restore(const at::Tensor& tokensSinceFired);

private:
    void updateFlags();

    std::int64_t m_window;
    std::vector<std::int64_t> m_tokensSinceFired;
    std::vector<std::uint8_t> m_isDead;
};

/// Restarts dead features as Bricken et al. 2023 ("Neuron resampling"): each takes the direction of
/// an input that is rebuilt badly, drawn with probability proportional to its squared loss, a small
/// encoder row and no bias (JumpReLU: a threshold at half of what it is on that input); `adam`
/// forgets them. Returns how many.
std::int64_t resampleDead(DeadFeatures& dead, DictionaryWeights& weights, Adam& adam,
    const DictionaryBatch& batch, const DictionaryTrainerOptions& options, std::uint64_t seed);

} // namespace core
