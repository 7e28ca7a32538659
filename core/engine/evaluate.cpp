#include "core/api/evaluate.h"

#include "core/engine/request_table.h"
#include "core/engine/text_corpus.h"
#include "core/training/evaluate.h"

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

} // namespace

Result<DictionaryQuality> run(
    const EvaluateRequest& request, const LoadedModel& model, Context& context)
{
    auto found = model.dictionary(request.dictionary);
    if (!found)
        return fail(found.error());
    const Dictionary& dictionary = **found;
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    auto corpus = request.corpusPath.empty()
        ? tokenCorpusFromText(model, request.text, *start, request.tokens)
        : tokenCorpusFromFile(model, request.corpusPath, *start, request.tokens);
    if (!corpus)
        return fail(corpus.error());
    EvaluationOptions options;
    options.maxTokens = request.tokens;
    options.context_size = passageLength(model);
    if (dictionary.config().isCrossLayer) {
        auto layers = model.crossLayersOf(dictionary.config());
        if (!layers)
            return fail(layers.error());
        options.crossLayers = std::move(*layers);
    }
    auto measured = evaluateDictionary(
        *model.transformer, dictionary, *corpus, options, context.progress, context.stop);
    if (!measured)
        return fail(measured.error());
    DictionaryQuality out;
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
    out.deadFraction = measured->deadFraction;
    out.densityHistogram = densityHistogram(measured->firings, measured->tokens);
    out.note = start->note;
    if (dictionary.config().batchK > 0.0)
        out.note += fmt::format(
            "{}It is a training checkpoint, measured as SAELens saves it for use: with one "
            "threshold. Its training class, which keeps the {:g} a token largest of a batch, "
            "gives other numbers.",
            out.note.empty() ? "" : " ", dictionary.config().batchK);
    out.warning = doubts(out, dictionary.config(), model.transformer->config());
    return out;
}

const Handles<EvaluateRequest> kEvaluate(Runs::InBackground, run);

} // namespace core
