#pragma once

#include "core/training/objective.h"

namespace core {

/// The k largest of every token, then ReLU; dead features learn from the error (Gao et al. 2024).
class TopKObjective : public Objective {
public:
    explicit TopKObjective(const DictionaryTrainerOptions& options)
        : Objective(options)
    {
    }

protected:
    void selectRow(const float* hidden_pre, std::int64_t d_sae, Scratch& scratch,
        ActiveEntries& rows) override;
    bool finishSelection(std::int64_t tokens) override;
    bool usesAuxiliaryLoss() const override { return m_options.aux_k > 0; }

private:
    // Only values above this are looked at first. It saves time and never changes what is chosen.
    float m_guess = 0.0f;
};

} // namespace core
