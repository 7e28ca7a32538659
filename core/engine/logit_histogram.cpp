#include "core/api/logit_histogram.h"

#include "core/engine/feature_directions.h"
#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"
#include "core/features/logit_effects.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace core {

Result<LogitHistogram> run(const LogitHistogramRequest& request, const LoadedModel& model, Context&)
{
    const c10::InferenceMode inference;
    const auto dictionary = dictionaryOf(model, request.feature);
    if (!dictionary)
        return fail(dictionary.error());
    if (request.bins < 2 || request.bins > 1000)
        return fail(Error::Code::Unsupported, "A histogram has 2 to 1000 bins.");
    LogitHistogram out;
    out.feature = request.feature;
    const at::Tensor direction = addedDirections(*model.transformer, **dictionary,
        at::full({1}, std::int64_t(request.feature.feature.value), at::kLong));
    const at::Tensor moved
        = effectsOnVocabulary(*model.transformer, direction, model.tokenizer->size());
    if (!moved.defined())
        return out; // it writes no vector of d_model
    const std::vector<float> effects = floats(moved[0]);
    out.tokens = static_cast<std::int64_t>(effects.size());

    std::vector<std::int32_t> order(effects.size());
    std::iota(order.begin(), order.end(), 0);
    const auto effectOf
        = [&](std::int32_t token) { return effects[static_cast<std::size_t>(token)]; };
    const auto marked = std::min<std::ptrdiff_t>(std::max(0, request.marked), std::ssize(order));
    const auto named = [&](std::vector<LogitEffect>& into, auto isBefore) {
        std::partial_sort(order.begin(), order.begin() + marked, order.end(), isBefore);
        for (auto token = order.begin(); token != order.begin() + marked; ++token)
            into.push_back(
                {TokenId(*token), model.tokenizer->display(TokenId(*token)), effectOf(*token)});
    };
    named(out.lowest, [&](auto a, auto b) { return effectOf(a) < effectOf(b); });
    named(out.highest, [&](auto a, auto b) { return effectOf(a) > effectOf(b); });

    const auto [least, most] = std::minmax_element(effects.begin(), effects.end());
    const double low = std::min(0.0, static_cast<double>(*least));
    const double high = std::max(0.0, static_cast<double>(*most));
    double squares = 0;
    for (const float effect : effects)
        squares += static_cast<double>(effect) * static_cast<double>(effect);
    out.deviation
        = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, effects.size())));
    if (!(high > low) || !std::isfinite(high - low))
        return out;
    out.width = (high - low) / request.bins;
    // Bins begin at multiples of their width, so that 0 parts those that rise from those that fall.
    const double first = std::floor(low / out.width);
    out.low = first * out.width;
    out.counts.resize(static_cast<std::size_t>(std::floor(high / out.width) - first) + 1);
    for (const float effect : effects)
        ++out.counts[std::min(out.counts.size() - 1,
            static_cast<std::size_t>(
                std::max(0.0, std::floor(static_cast<double>(effect) / out.width) - first)))];
    return out;
}

const Handles<LogitHistogramRequest> kLogitHistogram(Runs::AtAClick, run);

} // namespace core
