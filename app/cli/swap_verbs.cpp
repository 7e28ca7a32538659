#include "app/cli/swap_verbs.h"

#include "core/engine/swap_jobs.h"

#include <fstream>

#include <fmt/format.h>

namespace cli {

namespace {

const std::string* textIn(const nlohmann::json& entry, const char* name)
{
    const auto found = entry.find(name);
    return found == entry.end() ? nullptr : found->get_ptr<const std::string*>();
}

core::Result<core::SwapPair> readPair(const nlohmann::json& entry, const std::string& problem)
{
    const std::string *prompt = nullptr, *donor = nullptr, *answer = nullptr;
    bool hasAnswer = false;
    if (entry.is_object()) {
        prompt = textIn(entry, "prompt");
        donor = textIn(entry, "donor");
        answer = textIn(entry, "answer");
        hasAnswer = entry.contains("answer") && !entry["answer"].is_null();
    } else if (entry.is_array() && (entry.size() == 2 || entry.size() == 3)) {
        prompt = entry[0].get_ptr<const std::string*>();
        donor = entry[1].get_ptr<const std::string*>();
        hasAnswer = entry.size() == 3;
        if (hasAnswer)
            answer = entry[2].get_ptr<const std::string*>();
    }
    if (!prompt || !donor || (hasAnswer && !answer))
        return core::fail(core::Error::Code::InvalidFile, problem);
    return core::SwapPair{*prompt, *donor, answer ? *answer : std::string()};
}

/// A JSON array of {"prompt", "donor", "answer"}, or of [prompt, donor, answer]; the answer may be
/// left out.
core::Result<std::vector<core::SwapPair>> readPairs(const std::string& path)
{
    std::ifstream in(path);
    if (!in)
        return core::fail(
            core::Error::Code::Io, path + ": cannot be read. Check the path and its permissions.");
    const std::string form
        = "{\"prompt\": ..., \"donor\": ...} with an \"answer\" where one is expected";
    const auto json = nlohmann::json::parse(in, nullptr, false);
    if (!json.is_array())
        return core::fail(
            core::Error::Code::InvalidFile, path + ": must be a JSON array of " + form + ".");
    std::vector<core::SwapPair> pairs;
    for (const auto& entry : json) {
        auto pair = readPair(
            entry, fmt::format("{}: entry {} must be {}.", path, pairs.size() + 1, form));
        if (!pair)
            return core::fail(pair.error());
        pairs.push_back(std::move(*pair));
    }
    return pairs;
}

nlohmann::json rowJson(const core::FeatureRow& row)
{
    return {{"feature", fmt::format("{}:{}", row.feature.dictionary, row.feature.feature.value)},
        {"layer", row.layer.value}, {"label", row.label.text}};
}

nlohmann::json rowsJson(const std::vector<core::FeatureRow>& rows)
{
    nlohmann::json json = nlohmann::json::array();
    for (const core::FeatureRow& row : rows)
        json.push_back(rowJson(row));
    return json;
}

nlohmann::json resultJson(const core::SwapResult& one, const core::SwapPair& pair)
{
    nlohmann::json json{{"prompt", pair.prompt}, {"donor", pair.donor}, {"swapped", one.isSwapped},
        {"before", toJson(one.before)}, {"after", toJson(one.after)},
        {"donor_answer", toJson(one.donor)}, {"removed", rowsJson(one.removed)},
        {"inserted", rowsJson(one.inserted)}};
    if (!pair.answer.empty())
        json["answer"] = pair.answer;
    return json;
}

int swapTest(const Context& context, core::SwapTestJob job, const std::string& file)
{
    auto pairs = readPairs(file);
    if (!pairs)
        return report(pairs.error());
    job.request.pairs = std::move(*pairs);
    const auto result = core::swapTestJob(job, context.control());
    if (!result)
        return report(result.error());
    nlohmann::json results = nlohmann::json::array();
    for (std::size_t i = 0; i < result->results.size(); ++i)
        results.push_back(resultJson(result->results[i], result->request.pairs[i]));
    context.print(
        {{"success_rate", result->successRate}, {"seconds", result->seconds}, {"results", results}},
        fmt::format("{:.1f} % of {} pairs gave the donor's answer ({:.1f} s)",
            100 * result->successRate, result->results.size(), result->seconds));
    return kDone;
}

int findConcept(const Context& context, const core::ConceptJob& job)
{
    const auto result = core::conceptJob(job, context.control());
    if (!result)
        return report(result.error());
    nlohmann::json results = nlohmann::json::array();
    std::string text;
    for (const core::ConceptFeature& one : result->features) {
        nlohmann::json json = rowJson(one.row);
        json.update(
            {{"score", one.score}, {"mean_with", one.meanWith}, {"mean_without", one.meanWithout},
                {"share_with", one.shareWith}, {"share_without", one.shareWithout}});
        results.push_back(json);
        text += fmt::format("{}layer {} {}:{} {} told apart {:.1f} %, mean {:.3f} with, {:.3f} "
                            "without",
            text.empty() ? "" : "\n", one.layer.value, one.row.feature.dictionary,
            one.row.feature.feature.value, one.row.label.text, 100 * one.score, one.meanWith,
            one.meanWithout);
    }
    if (text.empty())
        text = "No feature fires more on the texts with the concept than on the others.";
    context.print({{"results", results}}, text);
    return kDone;
}

} // namespace

void addSwapVerbs(CLI::App& app, Context& context)
{
    auto swap = std::make_shared<core::SwapTestJob>();
    auto file = std::make_shared<std::string>();
    CLI::App* swapVerb = app.add_subcommand(
        "swap-test", "replaces features of one prompt by another's, over many pairs");
    swapVerb->add_option("MODEL", swap->model, "a Hugging Face folder, or builtin")->required();
    swapVerb
        ->add_option("--dictionary", swap->dictionaries, "a dictionary or a set; may be repeated")
        ->allow_extra_args(false);
    swapVerb
        ->add_option("--pairs", *file,
            "JSON: [{\"prompt\": ..., \"donor\": ..., \"answer\": ...}, ...]; without an answer, "
            "what the model says to the donor")
        ->required();
    swapVerb
        ->add_option("--method", swap->request.method,
            "difference: every feature that differs takes the donor's value; concept: the prompt's "
            "concept off, the donor's on, found from the other texts of the list")
        ->transform(CLI::CheckedTransformer(std::map<std::string, core::SwapMethod>{
            {"difference", core::SwapMethod::Difference}, {"concept", core::SwapMethod::Concept}}))
        ->default_str("difference");
    swapVerb
        ->add_option("--least-score", swap->request.leastScore,
            "method concept: how well a feature must tell a concept's texts from the others, above "
            "0.5 (chance) to 1")
        ->capture_default_str();
    onChosen(
        *swapVerb, context, [&context, swap, file] { return swapTest(context, *swap, *file); });

    auto concepts = std::make_shared<core::ConceptJob>();
    CLI::App* conceptVerb = app.add_subcommand(
        "concept", "finds the features that fire on texts with a concept and not on others");
    conceptVerb->add_option("MODEL", concepts->model, "a Hugging Face folder, or builtin")
        ->required();
    conceptVerb
        ->add_option(
            "--dictionary", concepts->dictionaries, "a dictionary or a set; may be repeated")
        ->allow_extra_args(false);
    conceptVerb
        ->add_option("--with", concepts->request.with, "a text with the concept; may be repeated")
        ->required();
    conceptVerb
        ->add_option("--without", concepts->request.without, "a text without it; may be repeated")
        ->required();
    conceptVerb->add_option("--limit", concepts->request.limit, "how many features to list")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    onChosen(
        *conceptVerb, context, [&context, concepts] { return findConcept(context, *concepts); });
}

} // namespace cli
