#include "core/circuits/intervention.h"

#include "core/circuits/intervention_hooks.h"
#include "core/circuits/replacement_model.h"
#include "core/model/kv_cache.h"
#include "core/model/token_ids.h"

#include <ATen/ATen.h>

namespace core {

Result<InterventionRun> intervene(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, const std::vector<FeatureChange>& changes,
    const InterventionOptions& options)
{
    const at::NoGradGuard noGrad;
    const auto prepared = InterventionHooks::create(model, dictionaries, ids, changes, options);
    if (!prepared)
        return fail(prepared.error());
    InterventionRun run;
    Hooks hooks = prepared->forPrompt();
    if (options.keepActivations) {
        run.activations.resize(dictionaries.size());
        for (std::size_t i = 0; i < dictionaries.size(); ++i)
            hooks.on(dictionaries[i]->config().hookIn, [&run, &dictionaries, i](at::Tensor& x) {
                run.activations[i] = dictionaries[i]->encode(x.squeeze(0));
            });
    }
    ForwardOptions forward;
    forward.stop = options.stop;
    auto logits = model.forward(idsTensor(ids).to(model.device()), hooks, forward);
    if (!logits)
        return fail(logits.error());
    run.logits = logits->squeeze(0);
    return run;
}

Result<InterventionText> interveneAndGenerate(const Transformer& model,
    const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
    const std::vector<FeatureChange>& changes, int maxTokens, const InterventionOptions& options)
{
    const at::NoGradGuard noGrad;
    const auto prepared = InterventionHooks::create(model, dictionaries, ids, changes, options);
    if (!prepared)
        return fail(prepared.error());
    const auto prompt = std::ssize(ids);
    const std::int64_t most
        = std::min<std::int64_t>(std::max(maxTokens, 0), model.config().n_ctx - prompt);
    KvCache cache(model.config().n_layers, prompt + std::max<std::int64_t>(most, 0));
    ForwardOptions forward;
    forward.cache = &cache;
    forward.isLastLogitsOnly = true;
    forward.stop = options.stop;
    const auto device = model.device();
    auto logits = model.forward(idsTensor(ids).to(device), prepared->forPrompt(), forward);
    if (!logits)
        return fail(logits.error());
    InterventionText text;
    text.promptLogits = logits->flatten();
    std::vector<at::Tensor> steps;
    for (std::int64_t i = 0; i < most; ++i) {
        steps.push_back(logits->flatten());
        const TokenId next(steps.back().argmax().item<std::int64_t>());
        text.ids.push_back(next);
        if (i + 1 == most || model.config().isEnd(static_cast<int>(next.value)))
            break;
        logits
            = model.forward(idsTensor({next}).to(device), prepared->forToken(prompt + i), forward);
        if (!logits)
            return fail(logits.error());
    }
    text.logits = steps.empty() ? at::empty({0, text.promptLogits.size(0)}) : at::stack(steps);
    return text;
}

} // namespace core
