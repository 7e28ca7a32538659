#include "core/steering/sweet_spot.h"

namespace core {

Result<SweetSpotResult> findSweetSpot(const std::shared_ptr<const Transformer>& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const FeatureRef& feature, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation, const SweetSpotSettings& settings,
    const ProgressFn& progress, std::stop_token stop)
{
    Intervention clamp;
    clamp.feature = feature;
    clamp.isMultipleOfMax = true;
    SweepRequest request;
    request.rows.push_back({"clamp", {clamp}, {}});
    request.strengths = settings.multiples;
    request.settings.maxTokens = settings.maxTokens;
    request.settings.temperature = settings.temperature;
    request.settings.seed = settings.seed;
    request.samples = settings.samples;
    auto sweep = runSweep(*model, tokenizer, prompt, request, dictionaries, maxActivation,
        settings.skipsBos, progress, stop);
    if (!sweep)
        return fail(sweep.error());
    SweetSpotResult result;
    result.sweep = std::move(*sweep);
    const SweepCell& normal = result.sweep.normal;
    double most = 0.0;
    for (std::size_t i = 0; i < settings.multiples.size(); ++i) {
        const SweepCell& cell = result.sweep.cells.front()[i];
        if (!cell.isWhole)
            break;
        result.strongestWhole = settings.multiples[i];
        const double worth = worthOf(cell.onTopic, cell.surprisal);
        if (cell.onTopic >= normal.onTopic + kMoreOnTopic
            && (result.multiple == 0.0 || worth > most)) {
            result.multiple = settings.multiples[i];
            most = worth;
        }
    }
    return result;
}

} // namespace core
