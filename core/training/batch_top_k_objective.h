#pragma once

#include "core/training/objective.h"

namespace core {

/// The k * batch largest positive values of the whole batch, so that a token may take more or fewer
/// than k (Bussmann et al. 2024). Dead features learn from the error.
class BatchTopKObjective : public Objective {
public:
    explicit BatchTopKObjective(const DictionaryTrainerOptions& options)
        : Objective(options)
    {
    }

protected:
    void selectRow(const float* hidden_pre, std::int64_t d_sae, Scratch& scratch,
        ActiveEntries& rows) override;
    bool finishSelection(std::int64_t tokens) override;
    bool usesAuxiliaryLoss() const override { return m_options.aux_k > 0; }

private:
    /// As finishSelection, over the shares of all workers; the same as over their batches in one.
    bool finishAmongWorkers(std::int64_t wanted);

    // Only values above this are collected first. It saves time and never changes what is chosen.
    float m_guess = 0.0f;
    std::vector<float> m_sorted;
};

} // namespace core
