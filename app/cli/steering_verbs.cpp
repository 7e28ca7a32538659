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
    std::vector<std::string> what, interventions, dictionaries, strengths, methods, topic;
    std::string guarded = "both";
    bool isEach = false;
    GuardOptions guard;
    core::SweepRequest sweep;
    core::WhatSteersRequest search;
};

Json toJson(const core::SweepCell& cell)
{
    return {{"text", cell.text}, {"kl", cell.klMean}, {"kl_p95", cell.klP95}, {"spent", cell.spent},
        {"repetition", cell.repetition}, {"surprisal", cell.surprisal}, {"on_topic", cell.onTopic},
        {"delta_norm_ratio", cell.deltaNormRatio}, {"is_whole", cell.isWhole}};
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

void addWriting(Verb& verb, SteeringOptions& options, std::string& prompt, bool& isChat,
    core::GenerateSettings& settings, int& samples)
{
    verb.option("MODEL", options.model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("--prompt", prompt, "the text to go on from").required();
    verb.flag("--chat", isChat,
        "the prompt is a user's message; the model's chat template goes around it");
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

struct Ways {
    std::string name;
    std::vector<core::Intervention> changes;
};

/// A row for every method, and for every change where each is tried by itself.
core::Result<std::vector<Ways>> changesOf(const SteeringOptions& options)
{
    std::vector<core::Intervention> changes;
    for (const std::string& spec : options.interventions) {
        auto change = parseIntervention(spec);
        if (!change)
            return core::fail(change.error());
        if (change->feature.dictionary.empty())
            return core::fail(core::Error::Code::Unsupported,
                "--intervene " + spec + ": name the dictionary too, DICT:INDEX:MODE=1x.");
        changes.push_back(*change);
    }
    std::vector<std::vector<core::Intervention>> rows;
    if (options.isEach)
        for (const core::Intervention& change : changes)
            rows.push_back({change});
    else
        rows.push_back(changes);
    std::vector<Ways> ways;
    std::vector<std::string> methods = options.methods;
    if (methods.empty())
        methods.emplace_back(); // as written
    for (const std::string& method : methods)
        for (std::vector<core::Intervention> row : rows) {
            Ways way;
            for (core::Intervention& change : row) {
                if (!method.empty()) {
                    const auto mode = parseMode(method);
                    if (!mode)
                        return core::fail(core::Error::Code::Unsupported,
                            "--methods " + method
                                + ": write clamp, min-clamp, add, add-unit, orthogonal or cap.");
                    change.mode = *mode;
                }
                way.name += (way.name.empty() ? "" : " + ") + spelled(change.feature);
            }
            if (!method.empty())
                way.name = method + " " + way.name;
            way.changes = std::move(row);
            ways.push_back(std::move(way));
        }
    return ways;
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
    auto changes = changesOf(options);
    if (!changes)
        return report(changes.error());
    for (const Ways& ways : *changes)
        for (const bool isGuarded : {false, true})
            if (isGuarded ? *guard && options.guarded != "off" : !*guard || options.guarded != "on")
                request.rows.push_back({ways.name + (isGuarded ? ", guarded" : ""), ways.changes,
                    isGuarded ? *guard : std::nullopt});
    if (auto opened = open(context, options); !opened)
        return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    const core::Sweep& result = **answer;
    Json cells = Json::array(), isoKl = Json::array();
    std::string text
        = std::string("method, strength") + kHeading + "\n" + line("normal", result.normal);
    for (std::size_t row = 0; row < result.cells.size(); ++row) {
        const std::string& method = request.rows[row].name;
        for (std::size_t i = 0; i < result.cells[row].size(); ++i) {
            const core::SweepCell& cell = result.cells[row][i];
            Json json = toJson(cell);
            json.set("method", method);
            json.set("strength", request.strengths[i]);
            cells.push(std::move(json));
            text += "\n" + line(fmt::format("{}, {:g}", method, request.strengths[i]), cell);
        }
        const int iso = result.isoKl[row];
        const double strength = iso < 0 ? 0.0 : request.strengths[static_cast<std::size_t>(iso)];
        isoKl.push(Json{{"method", method}, {"strength", iso < 0 ? Json() : Json(strength)}});
        text += iso < 0
            ? fmt::format("\n{}: no strength keeps the p95 of KL at 1 nat", method)
            : fmt::format("\n{}: up to {:g} the p95 of KL is at most 1 nat", method, strength);
    }
    Json json{{"normal", toJson(result.normal)}, {"cells", std::move(cells)},
        {"iso_kl", std::move(isoKl)}, {"tokens_per_second", result.tokensPerSecond},
        {"proposal", Json()}};
    if (result.sweetSpot) {
        const auto [row, column] = *result.sweetSpot;
        const std::string& method = request.rows[static_cast<std::size_t>(row)].name;
        const double strength = request.strengths[static_cast<std::size_t>(column)];
        json.set("proposal", Json{{"method", method}, {"strength", strength}});
        text += fmt::format("\nproposal: {}, {:g}", method, strength);
    } else {
        text += "\nproposal: none; no whole text has a quarter of its tokens more on topic than "
                "normal text";
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
        json.set("strength", one.multiple);
        json.set("steers", steers);
        ranked.push(std::move(json));
        text += "\n"
            + line(fmt::format("{}{}, {:g}x", steers ? "" : "(does not steer) ",
                       spelled(one.row.feature), one.multiple),
                one.best);
    }
    if (result.steering == 0)
        text += "\nnothing that was tried steers";
    Json json{{"results", std::move(ranked)}, {"steering", result.steering},
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
    addWriting(verb, *options, request.prompt, request.isChat, request.settings, request.samples);
    verb.option("--intervene", options->interventions,
            "DICT:INDEX:MODE=1x[@POSITIONS]; may be repeated; the strength stands in for its value")
        .oneEach()
        .required();
    verb.option("--methods", options->methods,
            "clamp,min-clamp,add,add-unit,orthogonal,cap: a row each; else the modes as written")
        .separatedBy(',');
    verb.flag("--each", options->isEach, "every change by itself, not all together");
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
    addWriting(verb, *options, request.prompt, request.isChat, request.settings, request.samples);
    verb.option("WHAT", options->what, "words to search for, or DICT:INDEX, one or more")
        .required();
    verb.option("--most", request.most, "hits that are tried").between(1, 1000).showingDefault();
    verb.runs([options](Context& context) { return whatSteers(context, *options); });
}

} // namespace cli
