#include "app/cli/context.h"
#include "app/cli/swap_pairs.h"
#include "app/cli/tokens.h"
#include "app/cli/verbs.h"

#include "core/api/engine_state.h"
#include "core/api/find_concept.h"
#include "core/api/swap_test.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct SwapOptions {
    std::string model, file, method = "difference";
    std::vector<std::string> dictionaries;
    core::SwapTestRequest request;
};

struct ConceptOptions {
    std::string model;
    std::vector<std::string> dictionaries;
    core::ConceptRequest request;
};

/// Opens the model; dictionaries that are given are those that `names` then says.
core::Result<void> openFor(Context& context, const std::string& model,
    const std::vector<std::string>& paths, std::vector<std::string>& names)
{
    const auto opened = context.open(model, paths);
    if (!opened)
        return core::fail(opened.error());
    if (!paths.empty())
        for (const core::DictionaryInfo& info : (*opened)->dictionaries)
            names.push_back(info.name);
    return {};
}

Json rowJson(const core::FeatureRow& row)
{
    return {{"feature", fmt::format("{}:{}", row.feature.dictionary, row.feature.feature.value)},
        {"layer", row.layer.value}, {"label", row.label.text}};
}

Json rowsJson(const std::vector<core::FeatureRow>& rows)
{
    Json json = Json::array();
    for (const core::FeatureRow& row : rows)
        json.push(rowJson(row));
    return json;
}

Json resultJson(const core::SwapResult& one, const core::SwapPair& pair)
{
    Json json{{"prompt", pair.prompt}, {"donor", pair.donor}, {"swapped", one.isSwapped},
        {"before", nextTokensJson(one.before)}, {"after", nextTokensJson(one.after)},
        {"donor_answer", nextTokensJson(one.donor)}, {"removed", rowsJson(one.removed)},
        {"inserted", rowsJson(one.inserted)}};
    if (!pair.answer.empty())
        json.set("answer", pair.answer);
    return json;
}

int swapTest(Context& context, SwapOptions options)
{
    core::SwapTestRequest& request = options.request;
    auto pairs = readSwapPairs(options.file);
    if (!pairs)
        return report(pairs.error());
    request.pairs = std::move(*pairs);
    if (options.method == "concept")
        request.method = core::SwapMethod::Concept;
    if (auto opened = openFor(context, options.model, options.dictionaries, request.dictionaries);
        !opened)
        return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    const core::SwapTestResult* const result = answer->get();
    Json results = Json::array();
    for (std::size_t i = 0; i < result->results.size(); ++i)
        results.push(resultJson(result->results[i], result->request.pairs[i]));
    context.print(
        {{"success_rate", result->successRate}, {"seconds", result->seconds}, {"results", results}},
        fmt::format("{:.1f} % of {} pairs gave the donor's answer ({:.1f} s)",
            100 * result->successRate, result->results.size(), result->seconds));
    return kDone;
}

int findConcept(Context& context, ConceptOptions options)
{
    core::ConceptRequest& request = options.request;
    if (auto opened = openFor(context, options.model, options.dictionaries, request.dictionaries);
        !opened)
        return report(opened.error());
    const auto result = context.ask(request);
    if (!result)
        return report(result.error());
    Json results = Json::array();
    std::string text;
    for (const core::ConceptFeature& one : (*result)->features) {
        Json json = rowJson(one.row);
        json.add(
            {{"score", one.score}, {"mean_with", one.meanWith}, {"mean_without", one.meanWithout},
                {"share_with", one.shareWith}, {"share_without", one.shareWithout}});
        results.push(json);
        text += fmt::format("{}layer {} {}:{} {} told apart {:.1f} %, mean {:.3f} with, {:.3f} "
                            "without",
            text.empty() ? "" : "\n", one.layer.value, one.row.feature.dictionary,
            one.row.feature.feature.value, one.row.label.text, 100 * one.score, one.meanWith,
            one.meanWithout);
    }
    if (text.empty())
        text = "No feature fires more on the texts with the concept than on the others.";
    Json json{{"results", results}};
    addNote(json, text, (*result)->note);
    context.print(json, text);
    return kDone;
}

} // namespace

void addSwapVerbs(Verb& program)
{
    constexpr const char *kModel = "a Hugging Face folder, a GGUF file, or builtin",
                         *kDictionary = "a dictionary or a set; may be repeated";
    const auto swap = std::make_shared<SwapOptions>();
    Verb swapVerb = program.verb(
        "swap-test", "replaces features of one prompt by another's, over many pairs");
    swapVerb.option("MODEL", swap->model, kModel).required();
    swapVerb.option("--dictionary", swap->dictionaries, kDictionary).oneEach();
    swapVerb
        .option("--pairs", swap->file,
            "JSON: [{\"prompt\": ..., \"donor\": ..., \"answer\": ...}, ...]; without an answer, "
            "what the model says to the donor")
        .required();
    swapVerb
        .option("--method", swap->method,
            "difference: every feature that differs takes the donor's value; concept: the prompt's "
            "concept off, the donor's on, found from the other texts of the list")
        .oneOf({"difference", "concept"})
        .showingDefault();
    swapVerb
        .option("--least-score", swap->request.leastScore,
            "method concept: how well a feature must tell a concept's texts from the others, above "
            "0.5 (chance) to 1")
        .showingDefault();
    swapVerb.runs([swap](Context& context) { return swapTest(context, *swap); });

    const auto found = std::make_shared<ConceptOptions>();
    core::ConceptRequest& request = found->request;
    Verb conceptVerb = program.verb(
        "concept", "finds the features that fire on texts with a concept and not on others");
    conceptVerb.option("MODEL", found->model, kModel).required();
    conceptVerb.option("--dictionary", found->dictionaries, kDictionary).oneEach();
    conceptVerb.option("--with", request.with, "a text with the concept; may be repeated")
        .required();
    conceptVerb.option("--without", request.without, "a text without it; may be repeated")
        .required();
    conceptVerb.option("--limit", request.limit, "how many features to list")
        .positive()
        .showingDefault();
    conceptVerb.runs([found](Context& context) { return findConcept(context, *found); });
}

} // namespace cli
