#include "core/training/abs_top_k_objective.h"
#include "core/training/batch_top_k_objective.h"
#include "core/training/gated_objective.h"
#include "core/training/jump_relu_objective.h"
#include "core/training/l1_objective.h"
#include "core/training/matryoshka_objective.h"
#include "core/training/top_k_objective.h"

namespace core {

std::unique_ptr<Objective> Objective::create(const DictionaryTrainerOptions& options)
{
    switch (options.objective) {
    case DictionaryObjective::L1:
        return std::make_unique<L1Objective>(options);
    case DictionaryObjective::TopK:
        return std::make_unique<TopKObjective>(options);
    case DictionaryObjective::BatchTopK:
        return std::make_unique<BatchTopKObjective>(options);
    case DictionaryObjective::JumpRelu:
        return std::make_unique<JumpReluObjective>(options);
    case DictionaryObjective::Gated:
        return std::make_unique<GatedObjective>(options);
    case DictionaryObjective::Matryoshka:
        return std::make_unique<MatryoshkaObjective>(options);
    case DictionaryObjective::AbsTopK:
        return std::make_unique<AbsTopKObjective>(options);
    }
    return nullptr;
}

} // namespace core
