#include "core/builtin/check_context.h"

#include "core/builtin/judged_answer.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/other_questions.h"
#include "core/builtin/topic_agreement.h"
#include "core/features/search.h"
#include "core/steering/sweet_spot.h"
#include "core/steering/what_steers.h"

#include <algorithm>

#include <fmt/format.h>

namespace core {

namespace {

// What the window offers with the guard on.
constexpr double kTemperature = 0.6;
constexpr int kTokens = 40;
constexpr int kTried = 24;

Dictionaries allOf(const CheckContext& context)
{
    Dictionaries all = context.saes;
    all.insert(all.end(), context.transcoders.begin(), context.transcoders.end());
    return all;
}

struct Hits {
    std::vector<SearchHit> hits;
    std::vector<FeatureRef> features, topic;

    MaxActivationFn maxActivation() const
    {
        return [this](const FeatureRef& feature) -> std::optional<double> {
            for (const SearchHit& hit : hits)
                if (hit.row.feature == feature)
                    return hit.row.maxActivation;
            return std::nullopt;
        };
    }
};

Result<Hits> search(const CheckContext& context)
{
    auto reader = WorkspaceReader::open(context.workspace);
    if (!reader)
        return fail(reader.error());
    auto found = searchFeatures(**reader, {"golden gate", {}, kTried}, context.stop);
    if (!found)
        return fail(found.error());
    Hits out;
    out.hits = std::move(found->hits);
    for (const SearchHit& hit : out.hits)
        out.features.push_back(hit.row.feature);
    out.topic = out.features;
    out.topic.resize(std::min(out.topic.size(), kTopicFeatures));
    return out;
}

/// Which of the hits steers best at these strengths, on a question that no claim is measured on.
Result<SteeringRank> rank(
    const CheckContext& context, const Hits& hits, const std::vector<double>& multiples)
{
    const auto prompt = context.encode(choosingQuestion());
    if (!prompt)
        return fail(prompt.error());
    GenerateSettings settings;
    settings.maxTokens = kTokens;
    settings.temperature = kTemperature;
    settings.guard = FluencyGuard();
    constexpr int kSamples = 4;
    return rankBySteering(*context.model, context.tokenizer, *prompt, hits.features, hits.topic,
        multiples, settings, kSamples, allOf(context), hits.maxActivation(), true, {},
        context.stop);
}

struct Answers {
    double good = 0; ///< Share of answers that are grammatical and about the bridge.
    double grammatical = 0, about = 0; ///< Shares of sentences.
    std::string example; ///< A good one, where there is one.

    std::string figures() const
    {
        return fmt::format("of the sentences {:.0f} % grammatical, {:.0f} % about the bridge; an "
                           "answer: {}",
            100 * grammatical, 100 * about, example);
    }
};

Result<Answers> answers(const CheckContext& context, const Hits& hits, const FeatureRef& feature,
    double multiple, const std::optional<FluencyGuard>& guard)
{
    Intervention clamp;
    clamp.feature = feature;
    clamp.value = multiple;
    clamp.isMultipleOfMax = true;
    clamp.isEnabled = multiple > 0;
    const auto active = ActiveInterventions::create({clamp}, allOf(context), hits.maxActivation());
    const auto topic = ActivationReader::create(hits.topic, allOf(context));
    if (!active || !topic)
        return fail(!active ? active.error() : topic.error());
    TextPlan plan;
    plan.interventions = std::make_shared<const LiveInterventions>(*active);
    plan.guard = guard;
    plan.sampler.temperature = kTemperature;
    WriteOptions options;
    options.maxTokens = kTokens;
    options.topic = *topic;
    Answers out;
    double good = 0, sentences = 0;
    const auto questions = otherQuestions();
    for (const auto& question : questions) {
        const auto prompt = context.encode(question);
        if (!prompt)
            return fail(prompt.error());
        const auto said = writeTexts(
            *context.model, context.tokenizer, *prompt, {plan}, options, {}, context.stop);
        if (!said)
            return fail(said.error());
        const WrittenText& text = said->texts.front();
        const JudgedAnswer judged = judgeAnswer(text.text, text.hasEnded, goldenGateIndex());
        if (out.example.empty() || (good == 0 && judged.isGood()))
            out.example = text.text;
        good += judged.isGood();
        sentences += judged.sentences;
        out.grammatical += judged.grammatical;
        out.about += judged.about;
    }
    out.good = good / static_cast<double>(questions.size());
    if (sentences > 0) {
        out.grammatical /= sentences;
        out.about /= sentences;
    }
    return out;
}

std::string name(const FeatureRef& feature, double multiple)
{
    return fmt::format(
        "{} feature {} at {:g}x: ", feature.dictionary, feature.feature.value, multiple);
}

/// Of the answers to what one can do in a city, how many are of that city's own things.
Result<double> ownThings(const CheckContext& context)
{
    WriteOptions options;
    options.maxTokens = kTokens;
    double good = 0, asked = 0;
    for (std::size_t i = 0; i < landmarks().size(); ++i)
        for (const char* question : {"What can I do in {}?", "What should I see in {}?"}) {
            const std::string& city = landmarks()[i].slots.at("city").front();
            const auto prompt
                = context.encode("Q: " + fmt::format(fmt::runtime(question), city) + "\nA:");
            if (!prompt)
                return fail(prompt.error());
            const auto said = writeTexts(*context.model, context.tokenizer, *prompt, {TextPlan()},
                options, {}, context.stop);
            if (!said)
                return fail(said.error());
            const WrittenText& text = said->texts.front();
            const JudgedAnswer judged = judgeAnswer(text.text, text.hasEnded, static_cast<int>(i));
            // Greedy text may say a sentence twice; what it is about is the question here.
            good += judged.sentences > 0 && judged.grammatical == judged.sentences
                && 2 * judged.about > judged.sentences;
            ++asked;
        }
    return good / asked;
}

} // namespace

Result<Claims> checkGoldenGate(const CheckContext& context)
{
    Claims claims{{"Golden Gate: F1 of the found feature over the passage's tokens", 0, 0.8, false,
                      true, "nothing found"},
        {"Golden Gate: the first hit offered for steering gives good answers, guarded", 0, 0.8,
            false, false, ""},
        {"Golden Gate: good answers at 10x with the guard", 0, 0.8, false, false, ""},
        {"Golden Gate: good answers at the proposed strength without the guard", 0, 0.8, false,
            false, ""},
        {"Golden Gate: good answers without a change", 1, 0.05, true, true, ""},
        {"cities: normal answers of that city's own things", 0, 0.95, false, false, ""}};
    const auto hits = search(context);
    if (!hits)
        return fail(hits.error());
    const auto sae = std::find_if(hits->hits.begin(), hits->hits.end(), [&](const SearchHit& hit) {
        return std::any_of(context.saes.begin(), context.saes.end(),
            [&](const auto& each) { return each->config().name == hit.row.feature.dictionary; });
    });
    if (sae == hits->hits.end())
        return claims;
    const auto agreement = topicAgreement(context, sae->row.feature, goldenGateIndex());
    if (!agreement)
        return fail(agreement.error());
    claims[0].value = agreement->f1();
    claims[0].note = fmt::format("{} feature {}, hit {} ({}); precision {:.0f} %, recall {:.0f} %, "
                                 "recall in passages that never say the name {:.0f} %",
        sae->row.feature.dictionary, sae->row.feature.feature.value, sae - hits->hits.begin() + 1,
        sae->why, 100 * agreement->precision(), 100 * agreement->recall(),
        100 * agreement->namelessRecall());

    const auto offered = rank(context, *hits, {2, 5, 10});
    const auto strong = rank(context, *hits, {10});
    if (!offered || !strong)
        return fail(!offered ? offered.error() : strong.error());
    const SteeringResult &first = offered->ranked.front(), &atTen = strong->ranked.front();
    const auto best = answers(context, *hits, first.feature, first.multiple, FluencyGuard());
    const auto ten = answers(context, *hits, atTen.feature, 10, FluencyGuard());
    const auto plain = answers(context, *hits, first.feature, 0, {});
    const auto prompt = context.encode(choosingQuestion());
    if (!best || !ten || !plain || !prompt)
        return fail(!best ? best.error()
                : !ten    ? ten.error()
                : !plain  ? plain.error()
                          : prompt.error());
    const std::string how
        = "50 questions about other things, drawn at temperature 0.6; good: every "
          "sentence grammatical, none said twice, half of them about the bridge "
          "and one that few other landmarks could have; ";
    claims[1].value = best->good;
    claims[1].note = how + name(first.feature, first.multiple) + best->figures();
    claims[2].value = ten->good;
    claims[2].note = name(atTen.feature, 10) + ten->figures();
    SweetSpotSettings settings;
    settings.temperature = kTemperature;
    const auto spot = findSweetSpot(context.model, context.tokenizer, *prompt, first.feature,
        allOf(context), hits->maxActivation(), settings, {}, context.stop);
    if (!spot)
        return fail(spot.error());
    if (spot->multiple > 0) {
        const auto mild = answers(context, *hits, first.feature, spot->multiple, {});
        if (!mild)
            return fail(mild.error());
        claims[3].value = mild->good;
        claims[3].note = name(first.feature, spot->multiple) + mild->figures();
    } else {
        claims[3].note = fmt::format(
            "none is proposed: whole up to {:g}x, but not on topic", spot->strongestWhole);
    }
    claims[4].value = plain->good;
    claims[4].note = "the same questions, " + plain->figures();
    const auto own = ownThings(context);
    if (!own)
        return fail(own.error());
    claims[5].value = *own;
    claims[5].note = "greedy answers to two questions about each landmark's city: every sentence "
                     "grammatical, most of them of that city";
    return claims;
}

} // namespace core
