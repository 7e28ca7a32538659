#include "app/cli/context.h"
#include "app/cli/quality_text.h"
#include "app/cli/verbs.h"

#include "core/api/compare_dictionaries.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace cli {

namespace {

struct CompareOptions {
    std::string model;
    int limit = 20;
    core::CompareDictionariesRequest request;
};

Json orNull(float density)
{
    return std::isnan(density) ? Json() : Json(static_cast<double>(density));
}

Json toJson(const core::MatchedFeature& match)
{
    return {{"feature", match.feature}, {"other", match.other},
        {"cosine", static_cast<double>(match.cosine)}, {"mutual", match.isMutual},
        {"density", orNull(match.density)}, {"other_density", orNull(match.otherDensity)}};
}

/// The features that are least like any of the other dictionary, at most `limit` of them.
std::vector<core::MatchedFeature> leastAlike(const core::ComparedDictionary& side, int limit)
{
    std::vector<core::MatchedFeature> alone;
    for (const core::MatchedFeature& match : side.matches)
        if (!match.matches())
            alone.push_back(match);
    std::stable_sort(alone.begin(), alone.end(),
        [](const auto& a, const auto& b) { return a.cosine < b.cosine; });
    alone.resize(std::min(alone.size(), static_cast<std::size_t>(limit)));
    return alone;
}

Json toJson(const core::ComparedDictionary& side, int limit)
{
    Json matches = Json::array(), only = Json::array();
    for (const core::MatchedFeature& match : side.matches)
        matches.push(toJson(match));
    for (const core::MatchedFeature& match : leastAlike(side, limit))
        only.push(match.feature);
    return {{"name", side.name}, {"path", side.path}, {"features", side.features},
        {"median_cosine", side.medianCosine}, {"matched_share", side.matchedShare},
        {"same_share", side.sameShare}, {"alone", side.alone}, {"least_alike", only},
        {"quality", side.quality ? qualityJson(*side.quality) : Json()}, {"matches", matches}};
}

std::string toText(const core::ComparedDictionary& side, const char* which, int limit)
{
    std::string text = fmt::format("{} {}: {} features; best cosine in the other: median {:.3f}; "
                                   "{:.1f} % from {:g} on, {:.1f} "
                                   "% from {:g} on; {} match none",
        which, side.name, side.features, side.medianCosine, 100 * side.matchedShare,
        core::kFeaturesMatchFrom, 100 * side.sameShare, core::kFeaturesSameFrom, side.alone);
    if (const auto least = leastAlike(side, limit); !least.empty()) {
        text += "\n  least alike:";
        for (const core::MatchedFeature& match : least)
            text += fmt::format(" {} ({:.2f})", match.feature, match.cosine);
    }
    if (side.quality)
        text += "\n  " + qualityText(*side.quality);
    return text;
}

int compare(Context& context, const CompareOptions& options)
{
    const core::CompareDictionariesRequest& request = options.request;
    if (request.hasText() && options.model.empty())
        throw UsageError{"--corpus", "needs --model, the model that reads it"};
    if (!options.model.empty())
        // The two are opened by the request; others would only take memory.
        if (const auto opened = context.open(options.model); !opened)
            return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    const core::DictionaryComparison& found = **answer;
    Json json{{"left", toJson(found.left, options.limit)},
        {"right", toJson(found.right, options.limit)}, {"mutual", found.mutual},
        {"density_difference", found.densityDifference ? Json(*found.densityDifference) : Json()}};
    std::string text = toText(found.left, "A", options.limit) + "\n"
        + toText(found.right, "B", options.limit)
        + fmt::format("\n{} pairs are each other's most alike, and match", found.mutual);
    if (found.densityDifference)
        text += fmt::format("; their densities differ by a factor of {:.2f} (median)",
            std::pow(10.0, *found.densityDifference));
    addNote(json, text, found.note);
    context.print(json, text);
    return kDone;
}

} // namespace

void addCompareVerb(Verb& dictionary)
{
    const auto options = std::make_shared<CompareOptions>();
    core::CompareDictionariesRequest& request = options->request;
    Verb verb = dictionary.verb(
        "compare", "two dictionaries feature by feature, by their decoder directions");
    verb.option("A", request.left, "a dictionary, or builtin:NAME").required();
    verb.option("B", request.right, "a dictionary that writes to a place of the same width")
        .required();
    verb.option("--model", options->model, "the model that reads --corpus");
    verb.option("--corpus", request.corpusPath,
        "a text file: adds both dictionaries' quality and how often their features fire");
    request.tokens = 20'000;
    verb.option("--tokens", request.tokens, "at most so many").showingDefault();
    verb.option("--limit", options->limit, "of the features least alike, so many are named")
        .notNegative()
        .showingDefault();
    verb.runs([options](Context& context) { return compare(context, *options); });
}

} // namespace cli
