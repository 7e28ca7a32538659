#pragma once

#include "core/engine/context.h"
#include "core/engine/loaded_model.h"

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// The dictionary of a feature; an error where it is not open or has no such feature.
Result<std::shared_ptr<const Dictionary>> dictionaryOf(
    const LoadedModel& model, const FeatureRef& feature);

/// Cosines of all decoder rows of a dictionary with a direction [d_out]: [d_sae] float32 on the
/// CPU.
at::Tensor decoderCosines(const Dictionary& dictionary, const at::Tensor& direction);

struct AlikeFeature {
    FeatureRef feature;
    float cosine = 0.0f; ///< Of its decoder direction with the one that was asked about.
};
/// By feature of a dictionary, whether it may be among them; empty: none of them.
using MayBeAlike = std::function<Result<std::vector<char>>(const Dictionary& dictionary)>;

/// Of all open dictionaries that write vectors of the same length, the features whose decoder
/// directions are most like that of `feature`: at most `most`, best first, equal ones in the order
/// of the dictionaries and their rows. `doing` is what the progress says. Cancelled when stopped.
Result<std::vector<AlikeFeature>> mostAlike(const LoadedModel& model, const FeatureRef& feature,
    int most, const std::string& doing, const Context& context, const MayBeAlike& mayBe);

} // namespace core
