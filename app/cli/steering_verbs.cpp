#include "app/cli/context.h"
#include "app/cli/guard_options.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/verbs.h"

#include "core/api/sweep.h"
#include "core/api/what_steers.h"

#include <algorithm>

#include <fmt/format.h>

namespace cli {

namespace {

struct SteeringOptions {
    std::string model;
    std::vector<std::string> what, dictionaries, strengths, modes{"clamp"}, topic;
    std::string guarded = "both";
    GuardOptions guard;
    core::SweepRequest sweep;
    core::WhatSteersRequest search;
};

std::string spelled(const core::FeatureRef& ref)
{
    return fmt::format("{}:{}", ref.dictionary, ref.feature.value);
}

Json toJson(const core::SweepCell& cell)
{
    return {{"text", cell.text}, {"kl_mean", cell.klMean}, {"kl_p95", cell.klP95},
        {"spent", cell.spent}, {"repetition", cell.repetition}, {"surprisal", cell.surprisal},
        {"on_topic", cell.onTopic}, {"delta_norm_ratio", cell.deltaNormRatio},
        {"whole", cell.isWhole}};
}

std::string oneLine(std::string text)
{
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string line(const std::string& name, const core::SweepCell& cell)
{
    return fmt::format("{}\t{}\t{:.0f} %\t{:.2f}\t{:.2f}\t{:.0f} %\t{}", name,
        cell.isWhole ? "whole" : "broken", 100 * cell.onTopic, cell.klMean, cell.surprisal,
        100 * cell.repetition, oneLine(cell.text));
}

constexpr const char* kHeading
    = "\ttext\ton topic\tKL, nats\tsurprisal, nats\trepetition\twhat is written";

void addWriting(Verb& verb, SteeringOptions& options, std::string& prompt,
    core::GenerateSettings& settings, int& samples)
{
    verb.option("MODEL", options.model, "a Hugging Face folder, or builtin").required();
    verb.option("--prompt", prompt, "the text to go on from").required();
    verb.option("--dictionary", options.dictionaries,
            "a dictionary to take features from; may be repeated")
        .oneEach();
    verb.option("--strengths", options.strengths, "1,2,5,10: multiples of the maximum")
        .separatedBy(',');
    verb.option("--max-tokens", settings.maxTokens, "tokens to write")
        .between(1, 100000)
        .showingDefault();
    verb.option("--temperature", settings.temperature, "0 = greedy").notNegative().showingDefault();
    verb.option("--seed", settings.seed, "same seed, same text").showingDefault();
    verb.option("--samples", samples, "texts per cell").between(1, 64).showingDefault();
    options.guard.addTo(verb);
}

core::Result<void> open(Context& context, const SteeringOptions& options)
{
    context.usesWorkspaces = true; // "10x" counts the maximum found in a harvest
    const auto opened = context.open(options.model, options.dictionaries);
    if (!opened)
        return core::fail(opened.error());
    return {};
}

int sweep(Context& context, SteeringOptions options)
{
    core::SweepRequest& request = options.sweep;
    const auto strengths = parseNumbers("--strengths", options.strengths);
    const auto guard = options.guard.guard();
    if (!strengths || !guard)
        return report(!strengths ? strengths.error() : guard.error());
    request.strengths = *strengths;
    for (const std::string& feature : options.topic)
        request.topic.push_back(parseFeature("--topic", feature));
    for (const std::string& mode : options.modes)
        for (const std::string& feature : options.what)
            for (const bool isGuarded : {false, true}) {
                if (isGuarded ? !*guard || options.guarded == "off"
                              : *guard && options.guarded == "on")
                    continue;
                // The strength is the column's; any value gets the mode read.
                auto change = parseIntervention(
                    spelled(parseFeature("--feature", feature)) + ":" + mode + "=1x");
                if (!change)
                    return report(change.error());
                request.rows.push_back(
                    {fmt::format("{} {}{}", mode, feature, isGuarded ? ", guarded" : ""), {*change},
                        isGuarded ? *guard : std::nullopt});
            }
    if (auto opened = open(context, options); !opened)
        return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    const core::Sweep& result = **answer;
    Json rows = Json::array();
    std::string text
        = std::string("way, strength") + kHeading + "\n" + line("normal", result.normal);
    for (std::size_t row = 0; row < result.cells.size(); ++row) {
        Json cells = Json::array();
        for (std::size_t i = 0; i < result.cells[row].size(); ++i) {
            const core::SweepCell& cell = result.cells[row][i];
            Json json = toJson(cell);
            json.set("strength", request.strengths[i]);
            cells.push(std::move(json));
            text += "\n"
                + line(fmt::format("{}, {:g}", request.rows[row].name, request.strengths[i]), cell);
        }
        const int iso = result.isoKl[row];
        rows.push(Json{{"way", request.rows[row].name}, {"cells", std::move(cells)},
            {"iso_kl_strength",
                iso < 0 ? Json() : Json(request.strengths[static_cast<std::size_t>(iso)])}});
        text += iso < 0
            ? fmt::format("\n{}: no strength keeps the p95 of KL at 1 nat", request.rows[row].name)
            : fmt::format("\n{}: up to {:g} the p95 of KL stays at 1 nat", request.rows[row].name,
                request.strengths[static_cast<std::size_t>(iso)]);
    }
    Json json{{"normal", toJson(result.normal)}, {"rows", std::move(rows)},
        {"tokens_per_second", result.tokensPerSecond}, {"sweet_spot", Json()}};
    if (result.sweetSpot) {
        const auto [row, column] = *result.sweetSpot;
        const std::string& way = request.rows[static_cast<std::size_t>(row)].name;
        const double strength = request.strengths[static_cast<std::size_t>(column)];
        json.set("sweet_spot", Json{{"way", way}, {"strength", strength}});
        text += fmt::format("\nsweet spot: {}, {:g}", way, strength);
    } else {
        text += "\nsweet spot: none; no whole text is more on topic than normal text";
    }
    addNote(json, text, result.note);
    context.print(json, text);
    return kDone;
}

int whatSteers(Context& context, SteeringOptions options)
{
    core::WhatSteersRequest& request = options.search;
    const auto guard = options.guard.guard();
    if (!guard)
        return report(guard.error());
    request.settings.guard = *guard;
    if (!options.strengths.empty()) {
        const auto strengths = parseNumbers("--strengths", options.strengths);
        if (!strengths)
            return report(strengths.error());
        request.multiples = *strengths;
    }
    // A word is a search, DICT:INDEX a feature.
    for (const std::string& what : options.what)
        if (what.find(':') != std::string::npos)
            request.candidates.push_back(parseFeature("WHAT", what));
        else
            request.query += (request.query.empty() ? "" : " ") + what;
    if (auto opened = open(context, options); !opened)
        return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    const core::WhatSteers& result = **answer;
    Json ranked = Json::array(), topic = Json::array();
    for (const core::FeatureRef& feature : result.topic)
        topic.push(spelled(feature));
    std::string text
        = std::string("feature, strength") + kHeading + "\n" + line("normal", result.normal);
    for (std::size_t i = 0; i < result.ranked.size(); ++i) {
        const core::SteeringCandidate& one = result.ranked[i];
        const bool steers = static_cast<int>(i) < result.steering;
        Json json = toJson(one.best);
        json.set("feature", spelled(one.row.feature));
        json.set("label", one.row.label.text);
        json.set("multiple", one.multiple);
        json.set("steers", steers);
        ranked.push(std::move(json));
        text += "\n"
            + line(fmt::format("{}{}, {:g}x", steers ? "" : "(does not steer) ",
                       spelled(one.row.feature), one.multiple),
                one.best);
    }
    if (result.steering == 0)
        text += "\nnothing that was tried steers";
    Json json{{"ranked", std::move(ranked)}, {"steering", result.steering},
        {"topic", std::move(topic)}, {"normal", toJson(result.normal)}};
    addNote(json, text, result.note);
    context.print(json, text);
    return kDone;
}

} // namespace

void addSweepVerb(Verb& program)
{
    const auto options = std::make_shared<SteeringOptions>();
    core::SweepRequest& request = options->sweep;
    request.settings.maxTokens = 40;
    Verb verb = program.verb(
        "sweep", "ways of steering by strengths: texts, how whole and how much on topic they are");
    addWriting(verb, *options, request.prompt, request.settings, request.samples);
    verb.option("--feature", options->what, "DICT:INDEX; may be repeated").oneEach().required();
    verb.option("--modes", options->modes, "clamp,min-clamp,add,add-unit,orthogonal,cap")
        .separatedBy(',');
    verb.option(
            "--guarded", options->guarded, "with --kl-budget: on, off, or both beside each other")
        .oneOf({"on", "off", "both"})
        .showingDefault();
    verb.option("--topic", options->topic,
            "DICT:INDEX, a feature whose firing counts as on topic; may be repeated; else the "
            "features that are changed")
        .oneEach();
    verb.runs([options](Context& context) { return sweep(context, *options); });
}

void addSteeringVerb(Verb& features)
{
    const auto options = std::make_shared<SteeringOptions>();
    core::WhatSteersRequest& request = options->search;
    request.settings.maxTokens = 40;
    Verb verb = features.verb("steering", "which features make the model write about a concept");
    addWriting(verb, *options, request.prompt, request.settings, request.samples);
    verb.option("WHAT", options->what, "words to search for, or DICT:INDEX, one or more")
        .required();
    verb.option("--most", request.most, "hits that are tried").between(1, 1000).showingDefault();
    verb.runs([options](Context& context) { return whatSteers(context, *options); });
}

} // namespace cli
