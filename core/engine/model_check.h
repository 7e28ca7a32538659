#pragma once

#include "core/engine/loaded_model.h"

#include <stop_token>

namespace core {

/// Compares the open model, on its device and in its precision, with its files in float32 on the
/// CPU, on a short sentence of the program's own.
Result<SelfCheck> checkModel(const LoadedModel& model, std::stop_token stop);

} // namespace core
