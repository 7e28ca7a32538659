#include "core/circuits/text_features.h"

#include "core/circuits/replacement_model.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

TokenId TextFeatures::answer() const
{
    return TokenId(logits.argmax().item<std::int64_t>());
}

Result<TextFeatures> readFeatures(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, std::stop_token stop)
{
    const at::NoGradGuard noGrad;
    std::vector<HookPoint> points;
    for (const auto& dictionary : dictionaries) {
        if (auto fits = fitsModel(dictionary->config(), model.config()); !fits)
            return fail(fits.error());
        points.push_back(dictionary->config().hookIn);
    }
    ForwardOptions forward;
    forward.isLastLogitsOnly = true;
    forward.stop = stop;
    const auto run = runWithCache(model, idsTensor(ids), points, {}, forward);
    if (!run)
        return fail(run.error());
    TextFeatures text;
    text.ids = ids;
    text.logits = run->logits.flatten().to(at::kCPU, at::kFloat);
    const std::vector<char> every(ids.size(), 1);
    for (std::size_t i = 0; i < dictionaries.size(); ++i) {
        if (stop.stop_requested())
            return cancelled();
        const at::Tensor acts = dictionaries[i]->activations(run->cache.at(points[i]).squeeze(0));
        text.active.push_back(sparseActs(acts, every));
    }
    return text;
}

Peaks peaksOver(const SparseActs& acts, std::span<const std::int64_t> rows)
{
    Peaks all, peaks;
    for (const std::int64_t row : rows) {
        const auto r = static_cast<std::size_t>(row);
        for (std::size_t i = acts.rowBegin[r]; i < acts.rowBegin[r + 1]; ++i)
            all.emplace_back(acts.features[i], acts.values[i]);
    }
    std::sort(all.begin(), all.end());
    for (const auto& entry : all) // Of one feature the largest comes last.
        if (!peaks.empty() && peaks.back().first == entry.first)
            peaks.back() = entry;
        else
            peaks.push_back(entry);
    return peaks;
}

at::Tensor peakTable(std::span<const Peaks> texts, std::span<const std::uint32_t> features)
{
    const auto columns = static_cast<std::int64_t>(features.size());
    at::Tensor table = at::zeros({static_cast<std::int64_t>(texts.size()), columns});
    auto* row = table.data_ptr<float>();
    for (const Peaks& peaks : texts) {
        for (const auto& [feature, peak] : peaks) {
            const auto place = std::lower_bound(features.begin(), features.end(), feature);
            if (place != features.end() && *place == feature)
                row[place - features.begin()] = peak;
        }
        row += columns;
    }
    return table;
}

std::vector<std::uint32_t> featuresOf(std::span<const Peaks> texts)
{
    std::vector<std::uint32_t> features;
    for (const Peaks& peaks : texts)
        for (const auto& [feature, peak] : peaks)
            features.push_back(feature);
    std::sort(features.begin(), features.end());
    features.erase(std::unique(features.begin(), features.end()), features.end());
    return features;
}

} // namespace core
