#pragma once

#include "core/engine/loaded_model.h"

#include <ATen/core/Tensor.h>

namespace core {

/// The dictionary of a feature; an error where it is not open or has no such feature.
Result<std::shared_ptr<const Dictionary>> dictionaryOf(
    const LoadedModel& model, const FeatureRef& feature);

/// Cosines of all decoder rows of a dictionary with a direction [d_out]: [d_sae] float32 on the
/// CPU.
at::Tensor decoderCosines(const Dictionary& dictionary, const at::Tensor& direction);

} // namespace core
