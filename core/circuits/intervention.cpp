#include "core/circuits/intervention.h"

#include "core/circuits/replacement_model.h"
#include "core/interventions/decode.h"
#include "core/interventions/sampler.h"
#include "core/model/token_ids.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// At most one dictionary per layer, each fitting the model.
Result<void> checkDictionaries(const Dictionaries& dictionaries, const ModelConfig& model)
{
    std::map<Layer, std::string> names;
    for (const auto& dictionary : dictionaries) {
        const DictionaryConfig& config = dictionary->config();
        if (auto fits = fitsModel(config, model); !fits)
            return fail(fits.error());
        if (const auto [place, isNew] = names.emplace(config.hookIn.layer, config.name); !isNew)
            return fail(Error::Code::Unsupported,
                fmt::format(
                    "`{}` and `{}` both belong to layer {}. Choose one dictionary per layer.",
                    place->second, config.name, config.hookIn.layer.value));
    }
    return {};
}

Result<void> checkPosition(const PositionRange& range, std::int64_t tokens)
{
    const bool isBehind = range.first.value >= tokens && range.last.isValid();
    if (range.kind == PositionRange::Kind::Range && (!range.first.isValid() || isBehind))
        return fail(Error::Code::NotFound,
            fmt::format(
                "The prompt has {} tokens; there is no position {}.", tokens, range.first.value));
    return {};
}

/// The mean row of the embedding as the stream gets it, [d_model].
at::Tensor meanEmbedding(const Transformer& model)
{
    const std::int64_t words = model.config().d_vocab;
    constexpr std::int64_t kRows = 8192; // at a time: a large vocabulary is gigabytes in float32
    at::Tensor sum;
    for (std::int64_t from = 0; from < words; from += kRows) {
        const at::Tensor part = model.weights()
                                    .W_E
                                    .rows(at::arange(from, std::min(words, from + kRows),
                                        at::TensorOptions(at::kLong).device(model.device())))
                                    .to(at::kFloat)
                                    .sum(0);
        sum = sum.defined() ? sum + part : part;
    }
    const double scale = model.config().scalesEmbedding
        ? std::sqrt(static_cast<double>(model.config().d_model))
        : 1.0;
    return sum * (scale / static_cast<double>(words));
}

void averageTokens(const Transformer& model, const std::vector<Position>& positions, Hooks& hooks)
{
    hooks.on(
        {HookKind::Embed, Layer()}, [mean = meanEmbedding(model), positions](at::Tensor& resid) {
            resid = resid.clone();
            for (const Position position : positions)
                resid.select(1, position.value).copy_(mean);
        });
}

/// The changes and what is held while they pass.
struct Prepared {
    std::shared_ptr<const ActiveInterventions> active;
    HeldParts held;
};

Result<Prepared> prepare(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, const std::vector<Intervention>& changes,
    const InterventionOptions& options)
{
    if (auto checked = checkDictionaries(dictionaries, model.config()); !checked)
        return fail(checked.error());
    for (const Intervention& change : changes)
        if (auto checked = checkPosition(change.positions, std::ssize(ids)); !checked)
            return fail(checked.error());
    for (const Position position : options.averagedTokens)
        if (auto checked = checkPosition(PositionRange::only(position), std::ssize(ids)); !checked)
            return fail(checked.error());
    auto active = ActiveInterventions::create(changes, dictionaries, options.maxActivation);
    if (!active)
        return fail(active.error());
    Prepared prepared{*active, {options.freezeAttention, {}, dictionaries}};
    if (options.constrainFirst >= 0 && options.constrainLast >= options.constrainFirst)
        prepared.held.layers = {options.constrainFirst, options.constrainLast};
    return prepared;
}

} // namespace

Result<Intervention> clampAt(const Dictionaries& dictionaries, const FeatureAt& at, double value)
{
    const auto found = std::find_if(dictionaries.begin(), dictionaries.end(),
        [&](const auto& one) { return one->config().hookIn.layer == at.layer; });
    if (found == dictionaries.end())
        return fail(Error::Code::NotFound,
            fmt::format("No dictionary is open for layer {}.", at.layer.value));
    Intervention clamp;
    clamp.feature = {(*found)->config().name, at.feature};
    clamp.value = value;
    clamp.positions = PositionRange::only(at.position);
    return clamp;
}

Result<InterventionRun> intervene(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, const std::vector<Intervention>& changes,
    const InterventionOptions& options)
{
    const at::NoGradGuard noGrad;
    const auto prepared = prepare(model, dictionaries, ids, changes, options);
    if (!prepared)
        return fail(prepared.error());
    const at::Tensor input = idsTensor(ids);
    ForwardOptions forward;
    forward.stop = options.stop;
    Hooks hooks;
    if (!prepared->active->isEmpty() || !options.averagedTokens.empty()) {
        const HeldParts& held = prepared->held;
        SteeredSpan span;
        span.length = span.promptLength = std::ssize(ids);
        span.layers = held.changedLayers();
        if (!held.isNone()) {
            auto run = runWithCache(model, input, heldPoints(held, model.config()), {}, forward);
            if (!run)
                return fail(run.error());
            const auto unchanged = std::make_shared<const ActivationCache>(std::move(run->cache));
            hold(held, model.config(), *unchanged, hooks);
            if (held.layers)
                span.unchanged = unchanged;
        }
        if (!prepared->active->isEmpty())
            ActiveInterventions::install(prepared->active, span, nullptr, hooks);
        if (!options.averagedTokens.empty())
            averageTokens(model, options.averagedTokens, hooks);
    }
    InterventionRun run;
    if (options.keepActivations) {
        run.activations.resize(dictionaries.size());
        for (std::size_t i = 0; i < dictionaries.size(); ++i)
            hooks.on(dictionaries[i]->config().hookIn, [&run, &dictionaries, i](at::Tensor& x) {
                run.activations[i] = dictionaries[i]->encode(x.squeeze(0));
            });
    }
    auto logits = model.forward(input, hooks, forward);
    if (!logits)
        return fail(logits.error());
    run.logits = logits->squeeze(0);
    return run;
}

Result<InterventionText> interveneAndGenerate(const Transformer& model,
    const Dictionaries& dictionaries, const std::vector<TokenId>& ids,
    const std::vector<Intervention>& changes, int maxTokens, const InterventionOptions& options)
{
    const auto prepared = prepare(model, dictionaries, ids, changes, options);
    if (!prepared)
        return fail(prepared.error());
    BatchStream stream;
    BatchOptions batchOptions;
    if (!prepared->active->isEmpty()) {
        stream.interventions = std::make_shared<LiveInterventions>(prepared->active);
        batchOptions.held = prepared->held;
    }
    batchOptions.maxTokens = static_cast<int>(std::clamp<std::int64_t>(
        maxTokens, 0, std::max<std::int64_t>(model.config().n_ctx - std::ssize(ids), 0)));
    auto batch = StreamBatch::start(model, ids, {stream}, batchOptions, options.stop);
    if (!batch)
        return fail(batch.error());

    const auto logitsNow = [&] {
        const auto row = batch->logits(0);
        return at::tensor(at::ArrayRef<float>(row.data(), row.size()));
    };
    InterventionText text;
    text.promptLogits = logitsNow();
    std::vector<at::Tensor> steps;
    const Sampler greedy({}, ids);
    const auto choose = [&](int step, std::span<TokenId> next) {
        const TokenId id = greedy.choose(batch->logits(0), static_cast<std::uint64_t>(step));
        if (!id.isValid())
            return false;
        steps.push_back(logitsNow());
        text.ids.push_back(id);
        next[0] = id;
        return !model.config().isEnd(static_cast<int>(id.value));
    };
    if (auto end = decode(*batch, batchOptions.maxTokens, choose, options.stop); !end)
        return fail(end.error());
    text.logits = steps.empty() ? at::empty({0, text.promptLogits.size(0)}) : at::stack(steps);
    return text;
}

} // namespace core
