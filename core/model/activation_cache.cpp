#include "core/model/activation_cache.h"

namespace core {

const at::Tensor& ActivationCache::at(HookPoint point) const
{
    return m_values.at(point);
}

Result<CachedRun> runWithCache(const Transformer& model, const at::Tensor& ids,
    const std::vector<HookPoint>& points, const Hooks& hooks, const ForwardOptions& options)
{
    CachedRun run;
    Hooks keeping = hooks;
    for (const HookPoint point : points)
        keeping.on(point, [&run, point](at::Tensor& value) { run.cache.keep(point, value); });
    auto logits = model.forward(ids, keeping, options);
    if (!logits)
        return fail(logits.error());
    for (const HookPoint point : points) {
        if (!run.cache.has(point))
            return fail(Error::Code::NotFound,
                "The pass through " + model.config().name + " ("
                    + std::to_string(model.config().n_layers)
                    + " layers) does not reach hook point `" + point.name() + "`.");
    }
    run.logits = std::move(*logits);
    return run;
}

} // namespace core
