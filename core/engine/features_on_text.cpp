#include "core/api/features_on_text.h"

#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"
#include "core/features/feature_order.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

/// A feature with what is known of it, while it is decided whether and where it stands.
struct Candidate {
    FeatureRow row;
    float activation = 0.0f;
    std::size_t dictionary = 0; ///< Its place among those that were asked.
};

/// A text read once.
struct ReadText {
    Prompt prompt;
    CachedRun run;

    std::vector<std::string> tokens() const
    {
        std::vector<std::string> texts;
        for (const TokenInfo& token : prompt.tokens)
            texts.push_back(token.text);
        return texts;
    }
};

/// [T, features], 0 on special tokens; of every feature where `features` is null.
at::Tensor actsOn(const LoadedModel& model, const ReadText& text, const Dictionary& dictionary,
    const std::vector<FeatureId>* features)
{
    const at::Tensor x = valueAt(text.run, dictionary.config().hookIn);
    const at::Tensor acts
        = features ? dictionary.activationsOf(x, *features) : dictionary.activations(x);
    return (acts * countedTokens(model, text.prompt).unsqueeze(-1)).to(at::kCPU);
}

/// [d_sae]: how strongly each feature fires where it fires most, either way.
at::Tensor strongestOn(const LoadedModel& model, const ReadText& text, const Dictionary& dictionary)
{
    return std::get<0>(actsOn(model, text, dictionary, nullptr).abs().max(0));
}

bool needsRow(const FeatureQuery& filter)
{
    return filter.isLabelledOnly || filter.minDensity > 0.0 || filter.maxDensity < 1.0
        || filter.minOutputScore > 0.0;
}

bool isKept(const FeatureRow& row, const FeatureQuery& filter)
{
    return (!filter.isLabelledOnly || row.label.source == LabelSource::Person)
        && row.density >= filter.minDensity && row.density <= filter.maxDensity
        && (filter.minOutputScore <= 0.0
            || row.outputScore.value_or(-1.0) >= filter.minOutputScore);
}

/// Whether `a` stands before `b` in ascending order. What is unknown comes last either way, so it
/// is told apart before.
bool isLess(const Candidate& a, const Candidate& b, FeatureSort sort)
{
    const auto promoted = [](const Candidate& one) {
        return one.row.promoted.empty() ? std::string() : sortedAs(one.row.promoted.front());
    };
    switch (sort) {
    case FeatureSort::Index:
        return std::tie(a.dictionary, a.row.feature.feature.value)
            < std::tie(b.dictionary, b.row.feature.feature.value);
    case FeatureSort::Density:
        return a.row.density < b.row.density;
    case FeatureSort::MaxActivation:
        return a.row.maxActivation < b.row.maxActivation;
    case FeatureSort::Label:
        return sortedAs(a.row.label.text) < sortedAs(b.row.label.text);
    case FeatureSort::Promotes:
        return promoted(a) < promoted(b);
    case FeatureSort::OutputScore:
        return a.row.outputScore < b.row.outputScore;
    case FeatureSort::LabelScore:
        return a.row.label.score < b.row.label.score;
    case FeatureSort::Match:
    case FeatureSort::Why:
        break;
    }
    return a.activation < b.activation;
}

bool lacks(const Candidate& one, FeatureSort sort)
{
    return (sort == FeatureSort::Label && one.row.label.text.empty())
        || (sort == FeatureSort::Promotes && one.row.promoted.empty())
        || (sort == FeatureSort::OutputScore && !one.row.outputScore)
        || (sort == FeatureSort::LabelScore && !one.row.label.score);
}

/// Which features of a dictionary fire everywhere; null where nobody harvested it.
Result<std::function<bool(std::size_t)>> everywhereOf(
    Context& context, const std::string& dictionary)
{
    using Is = std::function<bool(std::size_t)>;
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    const auto stored = (*reader)->dictionary(dictionary);
    if (!stored)
        return fail(stored.error());
    if (!*stored || (*stored)->harvestedTokens == 0)
        return Is();
    auto density = (*reader)->column(**stored, "density");
    if (!density)
        return fail(density.error());
    return Is([density = *density, from = everywhereFrom(**density)](std::size_t feature) {
        return feature < density->size() && static_cast<double>((*density)[feature]) > from;
    });
}

} // namespace

Result<FeaturesOnText> run(
    const FeaturesOnTextRequest& request, const LoadedModel& model, Context& context)
{
    const c10::InferenceMode inference;
    const auto dictionaries = model.dictionariesNamed(request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    const auto read = [&](const std::string& one) -> Result<ReadText> {
        auto prompt = promptFromText(model, one);
        if (!prompt)
            return fail(prompt.error());
        auto pass = runForDictionaries(model, *prompt, *dictionaries, context.stop);
        if (!pass)
            return fail(pass.error());
        return ReadText{std::move(*prompt), std::move(*pass)};
    };
    const auto main = read(request.text);
    if (!main)
        return fail(main.error());
    std::optional<ReadText> other;
    if (!request.against.empty()) {
        auto against = read(request.against);
        if (!against)
            return fail(against.error());
        other = std::move(*against);
    }
    const FeatureQuery& filter = request.filter;
    std::optional<std::set<std::pair<std::string, std::int32_t>>> among;
    if (!filter.list.empty()) {
        auto reader = context.reader();
        if (!reader)
            return fail(reader.error());
        const auto lists = (*reader)->savedLists();
        if (!lists)
            return fail(lists.error());
        among.emplace();
        for (const SavedList& list : *lists)
            if (list.name == filter.list)
                for (const FeatureRef& one : list.features)
                    among->emplace(one.dictionary, one.feature.value);
    }

    struct Strength {
        float activation;
        std::size_t dictionary;
        std::int32_t feature;
    };
    std::vector<Strength> strengths;
    std::int64_t hidden = 0;
    for (std::size_t d = 0; d < dictionaries->size(); ++d) {
        context.progress({"Reading the text", static_cast<std::int64_t>(d),
            static_cast<std::int64_t>(dictionaries->size()), "dictionaries"});
        if (context.stop.stop_requested())
            return cancelled();
        const Dictionary& dictionary = *(*dictionaries)[d];
        at::Tensor score = strongestOn(model, *main, dictionary);
        if (other)
            score = score - strongestOn(model, *other, dictionary);
        score = score.contiguous();
        std::function<bool(std::size_t)> isEverywhere;
        if (filter.hideEverywhere) {
            auto known = everywhereOf(context, dictionary.config().name);
            if (!known)
                return fail(known.error());
            isEverywhere = std::move(*known);
        }
        for (std::int64_t i = 0; i < score.numel(); ++i)
            if (score.data_ptr<float>()[i] > 0) {
                if (isEverywhere && isEverywhere(static_cast<std::size_t>(i)))
                    ++hidden;
                else
                    strengths.push_back(
                        {score.data_ptr<float>()[i], d, static_cast<std::int32_t>(i)});
            }
    }
    std::stable_sort(strengths.begin(), strengths.end(),
        [](const Strength& a, const Strength& b) { return a.activation > b.activation; });

    const bool isByStrength = filter.sort == FeatureSort::Match;
    const bool isRowNeeded = needsRow(filter) || !isByStrength;
    const RowLookup lookup = isRowNeeded ? context.rows().lookup() : RowLookup();
    std::vector<Candidate> kept;
    for (const Strength& one : strengths) {
        if (static_cast<int>(kept.size()) >= request.limit)
            break;
        const FeatureRef feature{
            (*dictionaries)[one.dictionary]->config().name, FeatureId(one.feature)};
        if (among && !among->contains({feature.dictionary, one.feature}))
            continue;
        Candidate candidate{{}, one.activation, one.dictionary};
        if (lookup)
            candidate.row = lookup(feature);
        candidate.row.feature = feature;
        if (!needsRow(filter) || isKept(candidate.row, filter))
            kept.push_back(std::move(candidate));
    }
    if (!isByStrength)
        std::stable_sort(kept.begin(), kept.end(), [&](const Candidate& a, const Candidate& b) {
            if (lacks(a, filter.sort) != lacks(b, filter.sort))
                return lacks(b, filter.sort);
            return filter.isDescending ? isLess(b, a, filter.sort) : isLess(a, b, filter.sort);
        });

    FeaturesOnText out{request, {}, main->prompt.note, main->tokens(), {}, hidden};
    if (other)
        out.againstTokens = other->tokens();
    for (const Candidate& candidate : kept)
        out.features.push_back({candidate.row.feature.dictionary, candidate.row.feature.feature,
            candidate.activation, {}, {}, {}});
    // Where they fire, for those that are kept alone: all of a wide dictionary would take
    // gigabytes.
    for (std::size_t d = 0; d < dictionaries->size(); ++d) {
        std::vector<FeatureId> features;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < kept.size(); ++i)
            if (kept[i].dictionary == d) {
                features.push_back(kept[i].row.feature.feature);
                places.push_back(i);
            }
        if (features.empty())
            continue;
        const auto fill = [&](const ReadText& text, std::vector<float> FeatureOnText::*into) {
            const at::Tensor acts = actsOn(model, text, *(*dictionaries)[d], &features);
            for (std::size_t i = 0; i < places.size(); ++i)
                out.features[places[i]].*into
                    = floats(acts.select(1, static_cast<std::int64_t>(i)));
        };
        fill(*main, &FeatureOnText::activations);
        if (other)
            fill(*other, &FeatureOnText::againstActivations);
    }
    for (FeatureOnText& one : out.features)
        for (std::size_t t = 0; t < out.tokens.size(); ++t)
            if (one.activations[t] != 0)
                one.tokens.push_back(out.tokens[t]);
    return out;
}

const Handles<FeaturesOnTextRequest> kFeaturesOnText(Runs::AsAnAnswer, run);

} // namespace core
