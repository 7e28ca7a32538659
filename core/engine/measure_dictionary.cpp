#include "core/engine/measure_dictionary.h"

#include "core/builtin/world.h"
#include "core/builtin/world_corpus.h"
#include "core/engine/text_corpus.h"
#include "core/files/atomic_write.h"
#include "core/model/massive_rows.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace core {

namespace {

/// What the figures say against believing a picture, and what is usually behind it.
std::string doubts(
    const DictionaryQuality& q, const DictionaryConfig& config, const ModelConfig& model)
{
    std::vector<std::string> signs;
    constexpr double kPoorFvu = 0.5, kPoorScore = 0.5, kCrowded = 0.1, kNoEffect = 0.01;
    if (q.fvu > kPoorFvu)
        signs.push_back(fmt::format(
            "it leaves {:.0f} % of the variance unexplained", std::min(100 * q.fvu, 9999.0)));
    if (q.ceZero - q.ceClean > kNoEffect && q.ceScore < kPoorScore)
        signs.push_back(
            fmt::format("the model predicts {:.2f} nats a token worse with it (CE score {:.2f})",
                q.ceDictionary - q.ceClean, q.ceScore));
    if (q.l0 == 0)
        signs.push_back("no feature fires");
    else if (q.l0 > kCrowded * config.d_sae)
        signs.push_back(
            fmt::format("{:.0f} of {} features fire on an average token", q.l0, config.d_sae));
    // On a short text most features are silent, rightly; but not the same ones on every token.
    constexpr std::int64_t kEnough = 100;
    const double alive = (1.0 - q.deadFraction) * config.d_sae;
    if (q.l0 > 0 && q.tokens >= kEnough && alive < 1.5 * q.l0)
        signs.push_back(fmt::format("the same {:.0f} features fire everywhere", alive));

    std::string text;
    for (const std::string& sign : signs)
        text += (text.empty() ? "" : ", ") + sign;
    if (!signs.empty()) {
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
        text += ". Its pictures cannot be trusted on this model. Usual causes: another base model "
                "than the one it was made for";
        if (const std::string other = baseModelMismatch(config, model); !other.empty())
            text += " (" + other + ")";
        text += ", another place than " + config.hookIn.name()
            + ", weights whose scaling was not folded in, or activations that were centred or "
              "scaled in training.";
    }
    // The score divides by what zeroing costs: by next to nothing, it can be anything.
    constexpr double kLittle = 0.1;
    if (std::abs(q.ceZero - q.ceClean) < kLittle || q.ceScore > 1.0)
        text += fmt::format("{}Zeroing this place changes the loss on this text by {:.2f} nats a "
                            "token only, so the CE score says little.",
            text.empty() ? "" : " ", q.ceZero - q.ceClean);
    constexpr std::int64_t kFew = 20;
    if (q.tokens < kFew)
        text += fmt::format(
            "{}Measured on {} tokens only: give a longer text.", text.empty() ? "" : " ", q.tokens);
    return text;
}

/// Share of the text's tokens, and tokens for each document: of one feature; NaN where it is
/// silent.
double densityOf(const DictionaryEvaluation& measured, std::size_t feature)
{
    return static_cast<double>(measured.firings[feature])
        / static_cast<double>(std::max<std::int64_t>(measured.tokens, 1));
}
double consistencyOf(const DictionaryEvaluation& measured, std::size_t feature)
{
    return static_cast<double>(measured.firings[feature])
        / static_cast<double>(measured.documents[feature]);
}

std::vector<double> wide(const std::vector<float>& numbers)
{
    return {numbers.begin(), numbers.end()};
}

void addFeatureSpreads(
    DictionaryQuality& q, const Dictionary& dictionary, const DictionaryEvaluation& measured)
{
    std::vector<double> densities, consistencies;
    for (std::size_t f = 0; f < measured.firings.size(); ++f) {
        if (measured.firings[f] == 0)
            continue;
        densities.push_back(densityOf(measured, f));
        consistencies.push_back(consistencyOf(measured, f));
    }
    q.density = spreadOf(std::move(densities));
    q.consistency = spreadOf(std::move(consistencies));
    const FeatureWeights weights = featureWeights(dictionary);
    q.encoderNorm = spreadOf(wide(weights.encoderNorm));
    q.encoderBias = spreadOf(wide(weights.encoderBias));
    if (!weights.encoderDecoderCosine.empty())
        q.encoderDecoderCosine = spreadOf(wide(weights.encoderDecoderCosine));
}

/// Documents of the built-in world that nothing was trained on, enough for so many tokens.
std::string worldText(std::int64_t tokens)
{
    constexpr std::int64_t kMostTokens = 20'000; // where all are asked for: the world has no end
    constexpr std::size_t kCharactersOfToken = 8; // more than any has on average
    const auto enough
        = static_cast<std::size_t>(tokens > 0 ? tokens : kMostTokens) * kCharactersOfToken;
    World world(splitSeed(1, WorldSplit::Check));
    std::string text;
    while (text.size() < enough)
        text += world.next().text + "\n\n";
    return text;
}

} // namespace

FeatureSpread spreadOf(std::vector<double> numbers)
{
    numbers.erase(std::remove_if(numbers.begin(), numbers.end(),
                      [](double number) { return !std::isfinite(number); }),
        numbers.end());
    if (numbers.empty())
        return {};
    std::sort(numbers.begin(), numbers.end());
    const auto at = [&](double share) { // linear between neighbours, as numpy
        const double place = share * static_cast<double>(numbers.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, numbers.size() - 1);
        return numbers[below]
            + (place - static_cast<double>(below)) * (numbers[above] - numbers[below]);
    };
    return {at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)};
}

Result<void> writeFeatureFigures(
    const std::string& path, const Dictionary& dictionary, const DictionaryEvaluation& evaluation)
{
    const FeatureWeights weights = featureWeights(dictionary);
    return writeAtomically(path, [&](std::ostream& out) -> Result<void> {
        out << "feature,density,consistency,encoder_norm,encoder_bias,encoder_decoder_cosine\n";
        for (std::size_t f = 0; f < evaluation.firings.size(); ++f)
            out << fmt::format("{},{},{},{},{},{}\n", f, densityOf(evaluation, f),
                evaluation.documents[f] > 0 ? fmt::format("{}", consistencyOf(evaluation, f))
                                            : std::string(),
                weights.encoderNorm[f], weights.encoderBias[f],
                weights.encoderDecoderCosine.empty()
                    ? std::string()
                    : fmt::format("{}", weights.encoderDecoderCosine[f]));
        return {};
    });
}

Result<MeasuredDictionary> measureDictionary(const LoadedModel& model, const Dictionary& dictionary,
    const Dictionaries& crossLayers, const MeasuredText& text, const TextStart& start,
    const Context& context)
{
    auto corpus = text.corpusPath == "builtin"
        ? tokenCorpusFromText(model, worldText(text.tokens), start, text.tokens)
        : text.corpusPath.empty()
        ? tokenCorpusFromText(model, text.text, start, text.tokens)
        : tokenCorpusFromFile(model, text.corpusPath, start, text.tokens, text.field);
    if (!corpus)
        return fail(corpus.error());
    EvaluationOptions options;
    options.maxTokens = text.tokens;
    options.context_size = passageLength(model);
    options.crossLayers = crossLayers;
    auto measured = evaluateDictionary(
        *model.transformer, dictionary, *corpus, options, context.progress, context.stop);
    if (!measured)
        return fail(measured.error());
    MeasuredDictionary answer;
    DictionaryQuality& out = answer.quality;
    out.dictionary = dictionary.config().name;
    out.tokens = measured->tokens;
    out.l0 = measured->l0;
    out.fvu = measured->fvu;
    out.explainedVariance = measured->explainedVariance;
    out.ceClean = measured->ceClean;
    out.ceDictionary = measured->ceDictionary;
    out.ceZero = measured->ceZero;
    out.ceScore = measured->ceScore;
    out.kl = measured->kl;
    out.klZero = measured->klZero;
    out.klScore = measured->klScore;
    out.deadFraction = measured->deadFraction;
    const ReconstructionQuality& rebuilt = measured->reconstruction;
    out.mse = rebuilt.mse;
    out.cosine = rebuilt.cosine;
    out.l1 = rebuilt.l1;
    out.l2In = rebuilt.l2In;
    out.l2Out = rebuilt.l2Out;
    out.l2Ratio = rebuilt.l2Ratio;
    out.relativeReconstructionBias = rebuilt.relativeReconstructionBias;
    out.explainedVarianceLegacy = rebuilt.explainedVarianceLegacy;
    out.densityHistogram = densityHistogram(measured->firings, measured->tokens);
    addFeatureSpreads(out, dictionary, *measured);
    out.note = start.note;
    if (const std::string massive = massiveNote(measured->massiveTokens, measured->tokens);
        !massive.empty())
        out.note += (out.note.empty() ? "" : " ") + massive;
    if (dictionary.config().batchK > 0.0)
        out.note += fmt::format(
            "{}It is a training checkpoint, measured as SAELens saves it for use: with one "
            "threshold. Its training class, which keeps the {:g} a token largest of a batch, "
            "gives other numbers.",
            out.note.empty() ? "" : " ", dictionary.config().batchK);
    out.warning = doubts(out, dictionary.config(), model.transformer->config());
    answer.evaluation = std::move(*measured);
    return answer;
}

} // namespace core
