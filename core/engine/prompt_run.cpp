#include "core/engine/prompt_run.h"

#include <set>

#include <ATen/ATen.h>

namespace core {

std::vector<float> floats(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

at::Tensor countedTokens(const LoadedModel& model, const Prompt& prompt)
{
    const at::Tensor counted = at::ones({static_cast<std::int64_t>(prompt.ids.size())});
    for (std::size_t i = 0; i < prompt.ids.size(); ++i)
        if (model.tokenizer->isSpecial(prompt.ids[i]))
            counted[static_cast<std::int64_t>(i)] = 0.0f;
    return counted.to(model.transformer->device());
}

Result<CachedRun> runForDictionaries(const LoadedModel& model, const Prompt& prompt,
    const Dictionaries& dictionaries, std::stop_token stop)
{
    std::set<HookPoint> points;
    for (const auto& dictionary : dictionaries) {
        points.insert(dictionary->config().hookIn);
        points.insert(dictionary->config().hookOut);
    }
    ForwardOptions options;
    options.stop = stop;
    return runWithCache(
        *model.transformer, prompt.tensor(), {points.begin(), points.end()}, {}, options);
}

at::Tensor valueAt(const CachedRun& run, HookPoint point)
{
    return run.cache.at(point)[0];
}

at::Tensor tokenFvu(const at::Tensor& target, const at::Tensor& rebuilt, const at::Tensor& counted)
{
    const at::Tensor weights = counted.unsqueeze(-1);
    const at::Tensor mean = (target * weights).sum(0) / weights.sum().clamp_min(1.0);
    return (target - rebuilt).square().sum(-1) / (target - mean).square().sum(-1).clamp_min(1e-12);
}

} // namespace core
