#pragma once

#include "core/training/top_k_objective.h"

namespace core {

/// The k largest of every token by size, with their signs: a feature fires either way (Zhu et al.
/// 2025, "AbsTopK", arXiv 2510.00404). Dead features learn from the error, chosen by size too.
class AbsTopKObjective : public TopKObjective {
public:
    explicit AbsTopKObjective(const DictionaryTrainerOptions& options)
        : TopKObjective(options)
    {
    }

protected:
    bool picksBySize() const override { return true; }
};

} // namespace core
