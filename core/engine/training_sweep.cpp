#include "core/engine/training_sweep.h"

#include "core/engine/training_config.h"
#include "core/engine/training_settings.h"

#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace core {

namespace {

template <typename Number> bool readSwept(const std::string& text, Number& out)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

Result<DictionaryTrainerOptions> withSwept(
    const DictionaryTrainerOptions& options, const std::string& field, const std::string& value)
{
    DictionaryTrainerOptions o = options;
    const auto wrong = [&](const char* what) {
        return fail(Error::Code::Unsupported,
            fmt::format("sweep: `{}` is no {} for `{}`.", value, what, field));
    };
    if (field == "k") {
        if (!readSwept(value, o.k) || o.k < 1)
            return wrong("whole number from 1 on");
    } else if (field == "expansion") {
        if (!readSwept(value, o.expansion_factor) || o.expansion_factor < 1)
            return wrong("whole number from 1 on");
        o.d_sae = 0;
    } else if (field == "lambda") {
        double lambda = 0.0;
        if (!readSwept(value, lambda) || !std::isfinite(lambda) || lambda <= 0.0)
            return wrong("number above 0");
        o.setRates(o.schedule.lr, lambda);
        if (o.lambda() != lambda)
            return fail(Error::Code::Unsupported,
                "sweep: this architecture has no λ; sweep k, or choose standard (L1), gated or "
                "jumprelu.");
    } else if (field == "architecture") {
        const auto objective = trainedObjective(value);
        if (!objective)
            return fail(Error::Code::Unsupported,
                fmt::format("sweep: `{}` is no architecture. There are {}.", value,
                    trainedObjectiveNames()));
        o.objective = *objective;
    } else {
        return fail(Error::Code::Unsupported,
            fmt::format("sweep: `{}` cannot be swept. Choose k, lambda, expansion or architecture.",
                field));
    }
    return o;
}

std::string sweptName(const std::string& name, const std::string& field, const std::string& value)
{
    return fmt::format("{}_{}_{}", name, field, value);
}

Result<std::vector<DictionaryTrainerOptions>> sweptOptions(
    const DictionaryTrainingConfig& config, const std::vector<int>& layers)
{
    std::vector<DictionaryTrainerOptions> all;
    for (const int layer : layers) {
        DictionaryTrainerOptions options = config.options;
        options.hookIn.layer = options.hookOut.layer = Layer(layer);
        options.name = "layer_" + std::to_string(layer);
        if (config.sweep.isEmpty())
            all.push_back(options);
        for (const std::string& value : config.sweep.values) {
            auto swept = withSwept(options, config.sweep.field, value);
            if (!swept)
                return fail(swept.error());
            swept->name = sweptName(options.name, config.sweep.field, value);
            if (config.hasUsualWarmUp)
                setUsualWarmUp(*swept); // another architecture may have another
            all.push_back(std::move(*swept));
        }
    }
    return all;
}

Result<void> checkSweep(const DictionaryTrainingConfig& config)
{
    if (const std::string why
        = sweepRefusal(config.sweep, config.isCrossLayer, !config.startFrom.empty());
        !why.empty())
        return fail(Error::Code::Unsupported, "sweep: " + why);
    return {};
}

std::string sweepRefusal(const TrainingSweep& sweep, bool isCrossLayer, bool hasStart)
{
    constexpr std::size_t kMostSwept = 16;
    if (sweep.isEmpty())
        return {};
    if (sweep.values.empty())
        return "Name the values to try, parted by commas: 8, 16, 32.";
    if (sweep.values.size() > kMostSwept)
        return fmt::format("At most {} values at once.", kMostSwept);
    if (std::set<std::string>(sweep.values.begin(), sweep.values.end()).size()
        != sweep.values.size())
        return "A value stands there twice. Name each once.";
    if (isCrossLayer)
        return "A cross-layer transcoder is trained with one value of each setting. Train one "
               "after the other.";
    if (sweep.field == "expansion" && hasStart)
        return "What begins with a dictionary's weights has its width. Sweep k or λ, or begin with "
               "new weights.";
    return {};
}

std::vector<TrainingProblem> sweepProblems(
    const TrainingSettings& settings, const TrainingText& text, const ModelInfo& model)
{
    const TrainingSweep& sweep = settings.sweep;
    if (sweep.isEmpty())
        return {};
    if (std::string why = sweepRefusal(sweep, settings.isCrossLayer, !settings.startFrom.empty());
        !why.empty())
        return {{"sweep", std::move(why)}};
    DictionaryTrainingConfig config = trainingConfig(settings);
    config.sweep = {};
    for (const std::string& value : sweep.values) {
        const auto options = withSwept(config.options, sweep.field, value);
        if (!options)
            return {{"sweep", options.error().message}};
        DictionaryTrainingConfig swept = config;
        swept.options = *options;
        if (options->hasK() && !options->normalizesDecoder)
            return {{"sweep",
                value
                    + ": an architecture with k needs decoder rows of length one. Keep them so "
                      "for all, or leave it out."}};
        auto problems
            = trainingProblems(trainingSettings(swept, settings.isTranscoder), text, model);
        if (!problems.empty())
            return {{"sweep", value + ": " + problems.front().message}};
    }
    return {};
}

} // namespace core
