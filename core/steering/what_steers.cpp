#include "core/steering/what_steers.h"

#include <algorithm>

namespace core {

namespace {

/// Of a row: the whole cell worth most, else the cell worth most.
std::size_t bestOf(const std::vector<SweepCell>& row)
{
    const auto key = [](const SweepCell& cell) {
        return std::pair(cell.isWhole, worthOf(cell.onTopic, cell.surprisal));
    };
    return static_cast<std::size_t>(
        std::max_element(row.begin(), row.end(),
            [&](const SweepCell& a, const SweepCell& b) { return key(a) < key(b); })
        - row.begin());
}

} // namespace

Result<SteeringRank> rankBySteering(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const std::vector<FeatureRef>& candidates, const std::vector<FeatureRef>& topic,
    const std::vector<double>& multiples, const GenerateSettings& settings, int samples,
    const Dictionaries& dictionaries, const MaxActivationFn& maxActivation, bool skipsBos,
    const ProgressFn& progress, std::stop_token stop)
{
    SweepRequest sweep;
    sweep.strengths = multiples;
    sweep.settings = settings;
    sweep.topic = topic;
    sweep.samples = samples;
    for (const FeatureRef& feature : candidates) {
        Intervention clamp;
        clamp.feature = feature;
        clamp.isMultipleOfMax = true;
        sweep.rows.push_back({{}, {clamp}, settings.guard});
    }
    const auto written = runSweep(
        model, tokenizer, prompt, sweep, dictionaries, maxActivation, skipsBos, progress, stop);
    if (!written)
        return fail(written.error());
    SteeringRank out;
    out.normal = written->normal;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::size_t best = bestOf(written->cells[i]);
        const SweepCell& cell = written->cells[i][best];
        out.ranked.push_back({candidates[i], multiples[best], cell,
            cell.isWhole && cell.onTopic >= out.normal.onTopic + kMoreOnTopic});
    }
    std::stable_sort(
        out.ranked.begin(), out.ranked.end(), [](const SteeringResult& a, const SteeringResult& b) {
            return std::pair(a.steers, worthOf(a.best.onTopic, a.best.surprisal))
                > std::pair(b.steers, worthOf(b.best.onTopic, b.best.surprisal));
        });
    return out;
}

} // namespace core
