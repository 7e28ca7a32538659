#include "core/engine/feature_directions.h"

#include <ATen/ATen.h>

namespace core {

Result<std::shared_ptr<const Dictionary>> dictionaryOf(
    const LoadedModel& model, const FeatureRef& feature)
{
    auto found = model.dictionary(feature.dictionary);
    if (!found)
        return found;
    const int d_sae = (*found)->config().d_sae;
    if (feature.feature.value < 0 || feature.feature.value >= d_sae)
        return fail(Error::Code::NotFound,
            feature.dictionary + " has features 0 to " + std::to_string(d_sae - 1) + ", not "
                + std::to_string(feature.feature.value) + ".");
    return found;
}

at::Tensor decoderCosines(const Dictionary& dictionary, const at::Tensor& direction)
{
    const at::Tensor W_dec = dictionary.W_dec();
    return (at::mv(W_dec, direction) / (W_dec.norm(2, 1) * direction.norm()).clamp_min(1e-12))
        .to(at::kCPU)
        .contiguous();
}

} // namespace core
