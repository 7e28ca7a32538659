#include "core/api/known_features.h"

#include "core/engine/request_table.h"
#include "core/engine/training_settings.h"
#include "core/training/dictionary_trainer.h"
#include "core/training/recovery.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace core {

namespace {

using namespace std::literals;

constexpr std::array kTrainedOnKnown{std::pair("l1"sv, TrainedArchitecture::L1),
    std::pair("topk"sv, TrainedArchitecture::TopK),
    std::pair("batchtopk"sv, TrainedArchitecture::BatchTopK),
    std::pair("jumprelu"sv, TrainedArchitecture::JumpRelu),
    std::pair("gated"sv, TrainedArchitecture::Gated),
    std::pair("matryoshka_batchtopk"sv, TrainedArchitecture::Matryoshka),
    std::pair("abstopk"sv, TrainedArchitecture::AbsTopK)};

constexpr std::int64_t kRecordedTokens = 400'000; // seen again and again, as recorded text is
constexpr std::int64_t kSampleTokens = 16'384; // on which recovery is measured; never trained on
const HookPoint kKnownPlace{HookKind::ResidPost, Layer(0)}; // any: there is no model

Result<std::vector<std::pair<std::string_view, TrainedArchitecture>>> chosenArchitectures(
    const std::vector<std::string>& names)
{
    if (names.empty())
        return std::vector(kTrainedOnKnown.begin(), kTrainedOnKnown.end());
    std::vector<std::pair<std::string_view, TrainedArchitecture>> chosen;
    for (const std::string& name : names) {
        const auto found = std::find_if(kTrainedOnKnown.begin(), kTrainedOnKnown.end(),
            [&](const auto& known) { return known.first == name; });
        if (found == kTrainedOnKnown.end()) {
            std::vector<std::string_view> known;
            for (const auto& [each, architecture] : kTrainedOnKnown)
                known.push_back(each);
            return fail(Error::Code::Unsupported,
                fmt::format("The architecture `{}` is not known. Choose from: {}.", name,
                    fmt::join(known, ", ")));
        }
        chosen.push_back(*found);
    }
    return chosen;
}

/// What the Train page would train with, but for what only the world knows.
DictionaryTrainerOptions optionsOf(const KnownFeaturesRequest& request,
    TrainedArchitecture architecture, const KnownFeatures& world)
{
    TrainingSettings settings;
    settings.architecture = architecture;
    settings.tokens = request.tokens;
    settings.seed = request.seed;
    settings.k
        = request.k > 0 ? request.k : std::max<std::int64_t>(1, std::llround(world.options().l0));
    if (request.lambda > 0.0)
        settings.lambda = request.lambda;
    if (request.learningRate > 0.0)
        settings.learningRate = request.learningRate;
    DictionaryTrainerOptions options = trainingConfig(settings).options;
    options.name = "known_features";
    options.hookIn = options.hookOut = kKnownPlace;
    options.d_sae = request.latents > 0 ? request.latents : world.size();
    return options;
}

} // namespace

Result<KnownFeaturesTable> run(const KnownFeaturesRequest& request, Context& context)
{
    const auto chosen = chosenArchitectures(request.architectures);
    if (!chosen)
        return fail(chosen.error());
    if (request.tokens < 1 || request.latents < 0 || !(request.bar > 0.0 && request.bar < 1.0))
        return fail(Error::Code::Unsupported,
            "Tokens must be at least 1, latents not below 0 and the bar between 0 and 1.");
    KnownFeaturesOptions what;
    what.d = request.width;
    what.families = request.families;
    what.groups = request.groups;
    what.alone = request.alone;
    what.l0 = request.l0;
    what.seed = static_cast<std::uint64_t>(request.seed);
    const auto world = KnownFeatures::create(what);
    if (!world)
        return fail(world.error());
    context.progress({"Drawing activations", 0, 0, "tokens"});
    const auto store
        = (*world)->store(kKnownPlace, std::min(request.tokens, kRecordedTokens), what.seed + 1);
    const at::Tensor sample = (*world)->draw(kSampleTokens, what.seed + 2);

    KnownFeaturesTable table{what.d, (*world)->size(),
        request.latents > 0 ? request.latents : (*world)->size(), request.tokens, what.l0,
        request.bar, {}};
    for (const auto& [name, architecture] : *chosen) {
        const auto begun = std::chrono::steady_clock::now();
        const auto trainer
            = DictionaryTrainer::create(store, optionsOf(request, architecture, **world));
        if (!trainer)
            return fail(trainer.error());
        const auto learned = (*trainer)->run(context.stop, [&](const DictionaryMetrics& metrics) {
            context.progress(
                {"Training " + std::string(name), metrics.step, metrics.totalSteps, "steps"});
        });
        if (!learned)
            return fail(learned.error());
        const auto dictionary = (*trainer)->dictionary();
        if (!dictionary)
            return fail(dictionary.error());
        const Recovery found = recovery(**world, **dictionary, sample, request.bar);
        table.rows.push_back({std::string(name), found.mmcs, found.mmcsBack, found.recall,
            found.precision, found.f1, found.absorption, found.parentMissed, found.parents,
            found.parentsFound, found.l0, found.trueL0, found.fvu, found.deadFraction,
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count()});
        context.tell(table.rows.back());
    }
    return table;
}

const Handles<KnownFeaturesRequest> kKnownFeatures(Runs::InBackground, run);

} // namespace core
