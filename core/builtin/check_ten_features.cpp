#include "core/builtin/check_context.h"

#include "core/builtin/grammar.h"
#include "core/builtin/other_questions.h"
#include "core/builtin/random_source.h"
#include "core/steering/write_texts.h"
#include "core/store/workspace_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include <ATen/ATen.h>

namespace core {

namespace {

// Live features whose directions have little in common, drawn at random.
std::vector<FeatureId> unrelatedFeatures(
    const Dictionary& dictionary, const FeatureColumns& columns, std::size_t count)
{
    RandomSource random(10);
    std::vector<FeatureId> chosen;
    for (int tries = 0; tries < 10'000 && chosen.size() < count; ++tries) {
        const FeatureId candidate(static_cast<std::int64_t>(random.below(columns.size())));
        const auto i = candidate.index();
        if (columns.density[i] <= 0
            || std::find(chosen.begin(), chosen.end(), candidate) != chosen.end())
            continue;
        auto rows = chosen;
        rows.push_back(candidate);
        const at::Tensor directions = dictionary.decoderRows(rows);
        const at::Tensor unit = directions / directions.norm(2, -1, true);
        const at::Tensor cosines = at::matmul(unit, unit[-1]).slice(0, 0, -1);
        if (chosen.empty() || cosines.abs().max().item<double>() < 0.2)
            chosen.push_back(candidate);
    }
    return chosen;
}

} // namespace

Result<Claims> checkTenFeatures(const CheckContext& context)
{
    const Dictionary& dictionary = *context.saes[context.saes.size() / 2];
    const std::string& name = dictionary.config().name;
    auto reader = WorkspaceReader::open(context.workspace);
    if (!reader)
        return fail(reader.error());
    const auto stored = (*reader)->dictionary(name);
    if (!stored)
        return fail(stored.error());
    if (!*stored)
        return fail(Error::Code::NotFound,
            context.workspace.string() + ": " + name + " was not harvested.");
    const auto columns = (*reader)->columns(**stored);
    if (!columns)
        return fail(columns.error());
    std::vector<Intervention> clamps;
    for (const FeatureId feature : unrelatedFeatures(dictionary, **columns, 10)) {
        Intervention clamp;
        clamp.feature = {name, feature};
        clamp.value = 10 * static_cast<double>((*columns)->max[feature.index()]);
        clamps.push_back(clamp);
    }
    const auto active = ActiveInterventions::create(clamps, context.saes);
    if (!active)
        return fail(active.error());

    TextPlan plan;
    plan.interventions = std::make_shared<const LiveInterventions>(*active);
    WriteOptions options;
    options.maxTokens = 30;
    double kl = 0;
    double repetition = 0;
    std::size_t texts = 0;
    std::size_t sentences = 0;
    std::size_t grammatical = 0;
    std::string example;
    for (const auto& question : otherQuestions()) {
        if (++texts > 10)
            break;
        const auto prompt = context.encode(question);
        if (!prompt)
            return fail(prompt.error());
        const auto said = writeTexts(
            *context.model, context.tokenizer, *prompt, {plan}, options, {}, context.stop);
        if (!said)
            return fail(said.error());
        const WrittenText& text = said->texts.front();
        kl += text.mean(&TokenFigures::kl);
        repetition += text.repetition;
        for (const auto& sentence : splitSentences(text.text)) {
            ++sentences;
            grammatical += isGrammatical(sentence);
        }
        example = text.text;
    }
    kl /= 10;
    char note[160];
    std::snprintf(note, sizeof note,
        "%zu features of %s; %zu of %zu sentences grammatical, repetition %.2f; an answer: ",
        clamps.size(), name.c_str(), grammatical, sentences, repetition / 10);
    const double share
        = sentences == 0 ? 0 : static_cast<double>(grammatical) / static_cast<double>(sentences);
    return Claims{{"ten features at 10x: grammatical sentences left", share, 0.1, true, false,
                      note + example},
        {"ten features at 10x: KL from the normal model, nats a token", kl, 2.0, false, false,
            "as the Steer page measures it"}};
}

} // namespace core
