#pragma once

#include "core/api/intervention.h"

namespace core {

/// One line of coefficients: bounded(slope * what is read + offset). Every mode is one of these
/// (docs/definitions.md section 4).
struct ChangeLine {
    float slope = 0.0f, offset = 0.0f, bound = 0.0f;
};

/// Whether a mode reads the feature's activation f; the others read the projection x.v.
bool readsActivation(InterventionMode mode);

/// Of the activation, bounded from below. What is added is the coefficient times d_i.
ChangeLine activationLine(InterventionMode mode, float value);

/// Of the projection on the unit direction v, bounded from above. What is added is the coefficient
/// times v.
ChangeLine projectionLine(InterventionMode mode, float value);

} // namespace core
