#include "core/steering/sweet_spot.h"

#include "core/interventions/decode.h"
#include "core/steering/text_stream.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

/// One sample of one strength.
struct Text {
    Text(const SamplerSettings& settings, const std::vector<TokenId>& prompt,
        const std::shared_ptr<const Tokenizer>& tokenizer)
        : sampler(settings, prompt)
        , text(tokenizer, prompt)
        , last(prompt.back())
    {
    }

    Sampler sampler;
    TextStream text;
    std::vector<TokenId> ids;
    TokenId last;
    double kl = 0.0, ratio = 0.0, surprisal = 0.0;
    bool isDone = false;
    bool hasOverflowed = false;
};

void readStep(const StreamBatch& batch, std::size_t row, bool isSteered, int step,
    const ModelConfig& model, Text& text)
{
    if (text.isDone)
        return;
    const TokenId id = text.sampler.choose(batch.logits(row), static_cast<std::uint64_t>(step));
    text.hasOverflowed = !id.isValid();
    if (!id.isValid() || model.isEnd(static_cast<int>(id.value))) {
        text.isDone = true;
        return;
    }
    const auto judge
        = isSteered ? batch.referenceLogProbabilities(row) : batch.logProbabilities(row);
    text.surprisal -= judge[static_cast<std::size_t>(id.value)];
    if (isSteered) {
        text.kl += batch.kl(row);
        text.ratio += batch.deltaNormRatio(row);
    }
    text.sampler.accept(id);
    text.text.push(id);
    text.ids.push_back(id);
    text.last = id;
}

SweetSpotTrial summarize(double multiple, std::span<Text> samples)
{
    SweetSpotTrial trial;
    trial.multiple = multiple;
    double tokens = 0.0;
    for (Text& sample : samples) {
        sample.text.finish();
        tokens += static_cast<double>(sample.ids.size());
        trial.kl += sample.kl;
        trial.deltaNormRatio += sample.ratio;
        trial.surprisal += sample.surprisal;
        trial.repetition += repetition(sample.ids) / static_cast<double>(samples.size());
        trial.isWhole = trial.isWhole && !sample.hasOverflowed;
    }
    if (tokens > 0) {
        trial.kl /= tokens;
        trial.deltaNormRatio /= tokens;
        trial.surprisal /= tokens;
    }
    trial.text = samples.front().text.text();
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
    std::vector<BatchStream> streams(samples);
    std::vector<Text> texts;
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
            if (group > 0)
                streams.push_back({live, /*hasReference=*/true});
            SamplerSettings sampler;
            sampler.temperature = settings.temperature;
            sampler.seed = settings.seed + sample;
            if (!prompt.empty())
                texts.emplace_back(sampler, prompt, tokenizer);
        }
    }

    BatchOptions options;
    options.maxTokens = settings.maxTokens;
    options.skipsBos = settings.skipsBos;
    auto batch = StreamBatch::start(*model, prompt, streams, options, stop);
    if (!batch)
        return fail(batch.error());
    SweetSpotResult result;
    const auto readAll = [&](int step, std::span<TokenId> next) {
        for (std::size_t row = 0; row < texts.size(); ++row) {
            readStep(*batch, row, row >= samples, step, model->config(), texts[row]);
            next[row] = texts[row].last;
        }
        if (progress)
            progress({"Trying strengths", step + 1, settings.maxTokens, "tokens"});
        return true;
    };
    if (auto end = decode(*batch, settings.maxTokens, readAll, stop); !end)
        return fail(end.error());

    const std::span<Text> all(texts);
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
