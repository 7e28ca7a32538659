#include "core/steering/sweet_spot.h"

#include "core/steering/write_texts.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

SweetSpotTrial summarize(double multiple, std::span<const WrittenText> samples)
{
    SweetSpotTrial trial;
    trial.multiple = multiple;
    double tokens = 0.0;
    for (const WrittenText& sample : samples) {
        const auto count = static_cast<double>(sample.ids.size());
        tokens += count;
        trial.kl += sample.mean(&TokenFigures::kl) * count;
        trial.deltaNormRatio += sample.mean(&TokenFigures::deltaNormRatio) * count;
        trial.surprisal += sample.mean(&TokenFigures::surprisal) * count;
        trial.repetition += sample.repetition / static_cast<double>(samples.size());
        trial.isWhole = trial.isWhole && !sample.hasOverflowed;
    }
    if (tokens > 0) {
        trial.kl /= tokens;
        trial.deltaNormRatio /= tokens;
        trial.surprisal /= tokens;
    }
    trial.text = samples.front().text;
    return trial;
}

} // namespace

Result<SweetSpotResult> findSweetSpot(const std::shared_ptr<const Transformer>& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const FeatureRef& feature, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation, const SweetSpotSettings& settings,
    const ProgressFn& progress, std::stop_token stop)
{
    const auto samples = static_cast<std::size_t>(std::max(1, settings.samples));
    // Rows: the normal samples, then those of each multiple.
    std::vector<TextPlan> plans;
    for (std::size_t group = 0; group <= settings.multiples.size(); ++group) {
        std::shared_ptr<const LiveInterventions> live;
        if (group > 0) {
            Intervention clamp;
            clamp.feature = feature;
            clamp.value = settings.multiples[group - 1];
            clamp.isMultipleOfMax = true;
            auto active = ActiveInterventions::create({clamp}, dictionaries, maxActivation);
            if (!active)
                return fail(active.error());
            live = std::make_shared<LiveInterventions>(*active);
        }
        for (std::size_t sample = 0; sample < samples; ++sample) {
            TextPlan plan;
            plan.interventions = live;
            plan.sampler.temperature = settings.temperature;
            plan.sampler.seed = settings.seed + sample;
            plans.push_back(std::move(plan));
        }
    }

    WriteOptions options;
    options.maxTokens = settings.maxTokens;
    options.skipsBos = settings.skipsBos;
    const auto tell = [&](const WriteStep& step) {
        if (progress)
            progress({"Trying strengths", step.index + 1, settings.maxTokens, "tokens"});
    };
    const auto written = writeTexts(*model, tokenizer, prompt, plans, options, tell, stop);
    if (!written)
        return fail(written.error());
    if (!written->isComplete)
        return fail(Error::Code::Cancelled, {});
    SweetSpotResult result;
    const std::span<const WrittenText> all(written->texts);
    result.normal = summarize(0.0, all.first(samples));
    const double blind = std::log(static_cast<double>(model->config().d_vocab));
    const double surprisalLimit = result.normal.surprisal
        + kSurprisalShare * std::max(0.0, blind - result.normal.surprisal);
    bool isStillWhole = true;
    for (std::size_t i = 0; i < settings.multiples.size(); ++i) {
        SweetSpotTrial trial
            = summarize(settings.multiples[i], all.subspan((i + 1) * samples, samples));
        trial.isWhole = trial.isWhole && trial.surprisal <= surprisalLimit
            && trial.repetition <= result.normal.repetition + kMoreRepetition;
        isStillWhole = isStillWhole && trial.isWhole;
        if (isStillWhole)
            result.multiple = trial.multiple;
        result.trials.push_back(std::move(trial));
    }
    return result;
}

} // namespace core
