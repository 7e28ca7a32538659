#include "app/cli/context.h"
#include "app/cli/guard_options.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/tokens.h"
#include "app/cli/verbs.h"

#include "core/api/add_dictionaries.h"
#include "core/api/engine_state.h"
#include "core/api/generate.h"
#include "core/api/open_model.h"

#include <map>

#include <fmt/format.h>

namespace cli {

namespace {

struct GenerateOptions {
    std::string model, ids;
    GuardOptions guard;
    std::vector<std::string> topic;
    std::vector<std::string> dictionaries, interventions;
    core::GenerateRequest request;
};

Json figures(const core::StreamText& stream, float core::TokenFigures::*figure)
{
    Json out = Json::array();
    for (const core::TokenFigures& token : stream.figures)
        out.push(token.*figure);
    return out;
}

Json toJson(const core::StreamText& stream)
{
    Json ids = Json::array(), tokens = Json::array();
    for (const core::TokenInfo& token : stream.tokens) {
        ids.push(token.id.value);
        tokens.push(token.text);
    }
    return {{"text", stream.text}, {"ids", ids}, {"tokens", tokens},
        {"logprobs", figures(stream, &core::TokenFigures::logprob)},
        {"repetition", stream.repetition}};
}

/// Opens the dictionaries, beside the built-in model's own, and gives every intervention the name
/// its dictionary got.
core::Result<std::vector<core::Intervention>> prepare(
    Context& context, const GenerateOptions& options)
{
    std::map<std::string, std::string>
        nameOf; // as written on the command line to the engine's name
    const auto opened = context.ask(core::OpenModelRequest{options.model, {}, {}});
    if (!opened)
        return core::fail(opened.error());
    std::size_t known = (*opened)->dictionaries.size();
    for (const core::DictionaryInfo& info : (*opened)->dictionaries) {
        nameOf[info.name] = info.name;
        nameOf["builtin:" + info.name] = info.name;
    }
    std::string only;
    std::vector<core::RefusedDictionary> refused = (*opened)->refused;
    for (const std::string& path : options.dictionaries) {
        if (nameOf.contains(path)) { // the built-in model brings its own
            only = nameOf[path];
            continue;
        }
        const auto state = context.ask(core::AddDictionariesRequest{path});
        if (!state)
            return core::fail(state.error());
        refused = (*state)->refused; // all until now
        for (; known < (*state)->dictionaries.size(); ++known)
            nameOf[path] = nameOf[(*state)->dictionaries[known].name] = only
                = (*state)->dictionaries[known].name;
    }
    context.noteRefused(refused);
    std::vector<core::Intervention> interventions;
    for (const std::string& spec : options.interventions) {
        auto intervention = parseIntervention(spec);
        if (!intervention)
            return core::fail(intervention.error());
        std::string& dictionary = intervention->feature.dictionary;
        if (dictionary.empty() && options.dictionaries.size() == 1)
            dictionary = only;
        else if (nameOf.contains(dictionary))
            dictionary = nameOf[dictionary];
        else
            return core::fail(core::Error::Code::NotFound,
                "--intervene " + spec + ": no dictionary `" + dictionary
                    + "` is open. Name one with --dictionary, or as DICT:INDEX.");
        interventions.push_back(*intervention);
    }
    return interventions;
}

void addSteered(Json& json, std::string& text, const core::Generation& generation)
{
    const core::StreamText &normal = generation.normal, &steered = generation.steered;
    const bool isGuarded = generation.request.settings.guard.has_value();
    Json stream = toJson(steered);
    stream.set("on_topic", steered.onTopicShare);
    stream.set("surprisal", figures(steered, &core::TokenFigures::surprisal));
    text = fmt::format("normal:  {}\nsteered: {}", normal.text, steered.text);
    if (isGuarded) {
        const core::KlAccount& account = steered.account;
        stream.set("lambda", figures(steered, &core::TokenFigures::lambda));
        stream.set("spent", figures(steered, &core::TokenFigures::spent));
        stream.set("text_kl", account.spent);
        json.set("budget",
            Json{{"spent", account.spent}, {"allowed", account.allowed},
                {"beyond", account.beyond}});
        stream.set("change_share", steered.changeShare);
        text += fmt::format("\nguard: {:.2f} of {:.2f} nats spent", account.spent, account.allowed);
        if (steered.changeShare < 1)
            text += fmt::format("; the change weakened to {:.3g} of itself", steered.changeShare);
    }
    text += fmt::format("\non topic: normal {:.0f} %, steered {:.0f} % of the tokens",
        100 * normal.onTopicShare, 100 * steered.onTopicShare);
    Json plain = toJson(normal);
    plain.set("on_topic", normal.onTopicShare);
    json.set("normal", std::move(plain));
    json.set("steered", std::move(stream));
    json.set("kl", figures(steered, &core::TokenFigures::kl));
    json.set("delta_norm_ratio", figures(steered, &core::TokenFigures::deltaNormRatio));
}

int generate(Context& context, GenerateOptions options)
{
    options.request.ids = parseIds(options.ids);
    context.usesWorkspaces = true; // "10x" counts the maximum found in a harvest
    auto interventions = prepare(context, options);
    if (!interventions)
        return report(interventions.error());
    options.request.interventions = std::move(*interventions);
    const auto guard = options.guard.guard();
    if (!guard)
        return report(guard.error());
    options.request.settings.guard = *guard;
    for (const std::string& feature : options.topic)
        options.request.topic.push_back(parseFeature("--topic", feature));
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::Generation& generation = **answer;
    if (!generation.isComplete)
        return report({core::Error::Code::Cancelled, {}});
    Json json{
        {"normal", toJson(generation.normal)}, {"tokens_per_second", generation.tokensPerSecond}};
    std::string text = generation.normal.text;
    if (!options.request.interventions.empty())
        addSteered(json, text, generation);
    addNote(json, text, generation.note);
    context.print(json, text);
    return kDone;
}

} // namespace

void addGenerateVerb(Verb& program)
{
    const auto options = std::make_shared<GenerateOptions>();
    core::GenerateRequest& request = options->request;
    core::GenerateSettings& settings = request.settings;
    Verb verb
        = program.verb("generate", "write on; with interventions, normal and steered in one batch");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    Verb input = verb.oneOf("input");
    input.option("--prompt", request.prompt, "the text to go on from");
    input.option("--ids", options->ids, "token ids, 1,2,3");
    verb.flag("--chat", request.isChat,
        "the prompt is a user's message; the model's chat template goes around it");
    verb.option("--max-tokens", settings.maxTokens, "tokens to write")
        .between(1, 1000000)
        .showingDefault();
    verb.option("--temperature", settings.temperature, "0 = greedy").notNegative().showingDefault();
    verb.option("--top-k", settings.topK, "keep the k most probable; 0 = off")
        .notNegative()
        .showingDefault();
    verb.option("--top-p", settings.topP, "keep tokens up to this probability")
        .between(0.0, 1.0)
        .showingDefault();
    verb.option("--repetition-penalty", settings.repetitionPenalty,
            "divides logits of tokens already said")
        .positive();
    verb.option(
        "--frequency-penalty", settings.frequencyPenalty, "subtracted per earlier occurrence");
    verb.option("--seed", settings.seed, "same seed, same text").showingDefault();
    verb.option("--dictionary", options->dictionaries,
            "a dictionary to take features from; may be repeated")
        .oneEach();
    verb.option("--intervene", options->interventions,
            "[DICT:]INDEX:MODE[=VALUE][@POSITIONS][?DICT:INDEX>VALUE]; may be repeated")
        .oneEach();
    options->guard.addTo(verb);
    verb.option("--topic", options->topic,
            "DICT:INDEX, a feature whose firing counts as on topic; may be repeated; else the "
            "features that are changed")
        .oneEach();
    verb.flag("--freeze-attention", settings.freezeAttention,
        "the steered stream keeps the normal prompt's attention patterns");
    verb.runs([options](Context& context) { return generate(context, *options); });
}

} // namespace cli
