#include "core/interventions/change_line.h"

#include <limits>

namespace core {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

} // namespace

bool readsActivation(InterventionMode mode)
{
    return mode != InterventionMode::AddUnit && mode != InterventionMode::Orthogonal
        && mode != InterventionMode::Cap;
}

ChangeLine activationLine(InterventionMode mode, float value)
{
    switch (mode) {
    case InterventionMode::Clamp:
        return {-1.0f, value, -kInfinity};
    case InterventionMode::MinClamp:
        return {-1.0f, value, 0.0f};
    case InterventionMode::Scale:
        return {value - 1.0f, 0.0f, -kInfinity};
    case InterventionMode::Ablate:
        return {-1.0f, 0.0f, -kInfinity};
    default:
        return {0.0f, value, -kInfinity}; // Add
    }
}

ChangeLine projectionLine(InterventionMode mode, float value)
{
    switch (mode) {
    case InterventionMode::Orthogonal:
        return {value - 1.0f, 0.0f, kInfinity};
    case InterventionMode::Cap:
        return {-1.0f, value, 0.0f};
    default:
        return {0.0f, value, kInfinity}; // AddUnit
    }
}

} // namespace core
