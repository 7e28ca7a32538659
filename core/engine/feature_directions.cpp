#include "core/engine/feature_directions.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

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

Result<std::vector<AlikeFeature>> mostAlike(const LoadedModel& model, const FeatureRef& feature,
    int most, const std::string& doing, const Context& context, const MayBeAlike& mayBe)
{
    const c10::InferenceMode inference;
    const auto own = dictionaryOf(model, feature);
    if (!own)
        return fail(own.error());
    const at::Tensor direction = (*own)->decoderRows(std::vector<FeatureId>{feature.feature})[0];
    const auto kept = static_cast<std::size_t>(std::max(0, most));
    std::vector<AlikeFeature> all;
    for (const auto& dictionary : model.dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        context.progress({doing, 0, 0, "dictionaries"});
        if (context.stop.stop_requested())
            return cancelled();
        if (config.d_out != direction.size(0))
            continue;
        const auto candidates = mayBe(*dictionary);
        if (!candidates)
            return fail(candidates.error());
        if (candidates->empty())
            continue;
        const at::Tensor cosines = decoderCosines(*dictionary, direction);
        std::vector<std::pair<float, std::int64_t>> best;
        for (std::int64_t i = 0; i < config.d_sae; ++i)
            if ((*candidates)[static_cast<std::size_t>(i)])
                best.emplace_back(-cosines.data_ptr<float>()[i], i);
        const auto end = best.begin() + static_cast<std::ptrdiff_t>(std::min(kept, best.size()));
        std::partial_sort(best.begin(), end, best.end());
        for (auto one = best.begin(); one != end; ++one)
            all.push_back({{config.name, FeatureId(one->second)}, -one->first});
    }
    std::stable_sort(all.begin(), all.end(),
        [](const AlikeFeature& a, const AlikeFeature& b) { return a.cosine > b.cosine; });
    all.resize(std::min(all.size(), kept));
    return all;
}

} // namespace core
