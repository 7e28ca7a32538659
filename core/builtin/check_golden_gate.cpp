#include "core/builtin/check_context.h"

#include "core/builtin/grammar.h"
#include "core/builtin/landmark_mention.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/other_questions.h"
#include "core/builtin/topic_agreement.h"
#include "core/features/search.h"
#include "core/steering/sweet_spot.h"
#include "core/steering/write_texts.h"

#include <algorithm>
#include <cstdio>

namespace core {

namespace {

struct Found {
    FeatureRef feature;
    double max = 0;
    std::size_t rank = 0; ///< Among all hits, from 1.
    std::string why;
};

// The first hit that is an SAE's: clamping is said of those.
Result<Found> search(const CheckContext& context)
{
    auto reader = WorkspaceReader::open(context.workspace);
    if (!reader)
        return fail(reader.error());
    const auto hits = searchFeatures(**reader, {"golden gate", {}, 200}, context.stop);
    if (!hits)
        return fail(hits.error());
    for (std::size_t i = 0; i < hits->hits.size(); ++i) {
        const SearchHit& hit = hits->hits[i];
        for (const auto& sae : context.saes) {
            if (sae->config().name == hit.row.feature.dictionary)
                return Found{hit.row.feature, hit.row.maxActivation, i + 1, hit.why};
        }
    }
    return Found{};
}

struct Answers {
    double aboutBridge = 0; ///< Share of answers.
    double grammatical = 0; ///< Share of sentences.
    int sentences = 0;
    std::string example;
};

Result<Answers> answer(const CheckContext& context, const Found& found, double multiple)
{
    Intervention clamp;
    clamp.feature = found.feature;
    clamp.value = multiple * found.max;
    clamp.isEnabled = multiple > 0;
    const auto active = ActiveInterventions::create({clamp}, context.saes);
    if (!active)
        return fail(active.error());
    TextPlan plan;
    plan.interventions = std::make_shared<const LiveInterventions>(*active);
    plan.hasReference = false;
    WriteOptions options;
    options.maxTokens = 40;
    Answers answers;
    const auto questions = otherQuestions();
    int about = 0;
    int grammatical = 0;
    for (const auto& question : questions) {
        const auto prompt = context.encode(question);
        if (!prompt)
            return fail(prompt.error());
        const auto said = writeTexts(
            *context.model, context.tokenizer, *prompt, {plan}, options, {}, context.stop);
        if (!said)
            return fail(said.error());
        const WrittenText& stream = said->texts.front();
        about += landmarkSpokenOf(stream.text) == goldenGateIndex();
        auto sentences = splitSentences(stream.text);
        // The last one was cut by the limit, not by the model.
        if (!stream.hasEnded && !sentences.empty() && !stream.text.ends_with('.'))
            sentences.pop_back();
        for (const auto& sentence : sentences)
            grammatical += isGrammatical(sentence);
        answers.sentences += static_cast<int>(sentences.size());
        if (answers.example.empty())
            answers.example = stream.text;
    }
    answers.aboutBridge = static_cast<double>(about) / static_cast<double>(questions.size());
    answers.grammatical
        = answers.sentences == 0 ? 0 : static_cast<double>(grammatical) / answers.sentences;
    return answers;
}

Result<double> sweetSpot(const CheckContext& context, const Found& found)
{
    const auto prompt = context.encode(otherQuestions().front());
    if (!prompt)
        return fail(prompt.error());
    const auto max = [&](const FeatureRef&) { return std::optional(found.max); };
    const auto spot = findSweetSpot(context.model, context.tokenizer, *prompt, found.feature,
        context.saes, max, {}, {}, context.stop);
    if (!spot)
        return fail(spot.error());
    return spot->multiple;
}

std::string percent(double share)
{
    char text[16];
    std::snprintf(text, sizeof text, "%.0f %%", 100 * share);
    return text;
}

} // namespace

Result<Claims> checkGoldenGate(const CheckContext& context)
{
    Claims claims{{"Golden Gate: F1 of the found feature over the passage's tokens", 0, 0.8, false,
                      true, "nothing found"},
        {"Golden Gate: answers about the bridge at 10x", 0, 0.9, false, true, ""},
        {"Golden Gate: answers about the bridge without a clamp", 1, 0.05, true, true, ""},
        {"Golden Gate: grammatical sentences at the proposed strength", 0, 0.9, false, true, ""}};
    const auto found = search(context);
    if (!found)
        return fail(found.error());
    if (!found->feature.feature.isValid())
        return claims;
    const auto agreement = topicAgreement(context, found->feature, goldenGateIndex());
    if (!agreement)
        return fail(agreement.error());
    claims[0].value = agreement->f1();
    claims[0].note = found->feature.dictionary + " feature "
        + std::to_string(found->feature.feature.value) + ", hit " + std::to_string(found->rank)
        + " (" + found->why + "); precision " + percent(agreement->precision()) + ", recall "
        + percent(agreement->recall()) + ", recall in passages that never say the name "
        + percent(agreement->namelessRecall());

    const auto clamped = answer(context, *found, 10);
    const auto normal = answer(context, *found, 0);
    const auto multiple = sweetSpot(context, *found);
    if (!clamped || !normal || !multiple)
        return fail(!clamped ? clamped.error() : !normal ? normal.error() : multiple.error());
    claims[1].value = clamped->aboutBridge;
    claims[1].note = "50 greedy answers to other questions; an answer speaks of the landmark that "
                     "has most of its telling "
                     "words (said of at most three landmarks), a word alone is enough; the first: "
        + clamped->example;
    claims[2].value = normal->aboutBridge;
    claims[2].note = "the same questions";
    if (*multiple > 0) {
        const auto mild = answer(context, *found, *multiple);
        if (!mild)
            return fail(mild.error());
        char strength[32];
        std::snprintf(strength, sizeof strength, "%.2gx", *multiple);
        claims[3].value = mild->grammatical;
        claims[3].note = std::string(strength) + " of the maximum, "
            + std::to_string(mild->sentences) + " sentences; about the bridge: "
            + percent(mild->aboutBridge) + "; the first: " + mild->example;
    } else {
        claims[3].note = "the program finds no strength that keeps the text whole";
    }
    return claims;
}

} // namespace core
