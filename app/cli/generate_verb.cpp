#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"

#include "core/api/make_engine.h"

#include <map>

#include <fmt/format.h>

namespace cli {

namespace {

struct GenerateOptions {
    std::string model, prompt, ids;
    std::vector<std::string> dictionaries, interventions;
    core::GenerateSettings settings;
    bool isChat = false;
};

nlohmann::json toJson(const core::StreamText& stream)
{
    nlohmann::json ids = nlohmann::json::array(), tokens = nlohmann::json::array();
    for (const core::TokenInfo& token : stream.tokens) {
        ids.push_back(token.id.value);
        tokens.push_back(token.text);
    }
    return {{"text", stream.text}, {"ids", ids}, {"tokens", tokens}, {"logprobs", stream.logprobs},
        {"repetition", stream.repetition}};
}

/// Opens the dictionaries and gives every intervention the name its dictionary got.
core::Result<std::vector<core::Intervention>> prepare(
    core::Engine& engine, const GenerateOptions& options)
{
    std::map<std::string, std::string>
        nameOf; // as written on the command line to the engine's name
    const auto opened = core::await<core::EngineState>([&](auto reply) {
        engine.openModel({options.model, {}, {}}, reply);
    });
    if (!opened)
        return core::fail(opened.error());
    std::size_t known = (*opened)->dictionaries.size();
    for (const core::DictionaryInfo& info : (*opened)->dictionaries) {
        nameOf[info.name] = info.name;
        nameOf["builtin:" + info.name] = info.name;
    }
    std::string only;
    for (const std::string& path : options.dictionaries) {
        if (nameOf.contains(path)) { // the built-in model brings its own
            only = nameOf[path];
            continue;
        }
        const auto state = core::await<core::EngineState>(
            [&](auto reply) { engine.addDictionaries(path, reply); });
        if (!state)
            return core::fail(state.error());
        for (; known < (*state)->dictionaries.size(); ++known)
            nameOf[path] = nameOf[(*state)->dictionaries[known].name] = only
                = (*state)->dictionaries[known].name;
    }
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

int generate(const Context& context, const GenerateOptions& options)
{
    const auto engine = context.startEngine();
    const std::stop_callback onInterrupt(interruptToken(), [&] { engine->cancelAll(); });
    const auto interventions = prepare(*engine, options);
    if (!interventions)
        return report(interventions.error());
    core::GenerateRequest request;
    request.prompt = options.prompt;
    request.isChat = options.isChat;
    request.ids = parseIds(options.ids);
    request.settings = options.settings;
    request.interventions = *interventions;
    if (interruptToken().stop_requested())
        return report({core::Error::Code::Cancelled, {}});
    const auto answer
        = core::await<core::Generation>([&](auto reply) { engine->generate(request, {}, reply); });
    if (!answer)
        return report(answer.error());
    const core::Generation& generation = **answer;
    if (!generation.isComplete)
        return report({core::Error::Code::Cancelled, {}});
    nlohmann::json json{
        {"normal", toJson(generation.normal)}, {"tokens_per_second", generation.tokensPerSecond}};
    std::string text = generation.normal.text;
    if (!interventions->empty()) {
        json["steered"] = toJson(generation.steered);
        json["kl"] = generation.kl;
        json["delta_norm_ratio"] = generation.deltaNormRatio;
        text = fmt::format(
            "normal:  {}\nsteered: {}", generation.normal.text, generation.steered.text);
    }
    if (!generation.note.empty()) {
        json["note"] = generation.note;
        text += "\n(" + generation.note + ")";
    }
    context.print(json, text);
    return kDone;
}

} // namespace

void addGenerateVerb(CLI::App& app, Context& context)
{
    auto options = std::make_shared<GenerateOptions>();
    core::GenerateSettings& settings = options->settings;
    CLI::App* verb = app.add_subcommand(
        "generate", "write on; with interventions, normal and steered in one batch");
    verb->add_option("MODEL", options->model, "a Hugging Face folder, or builtin")->required();
    auto* input = verb->add_option_group("input");
    input->add_option("--prompt", options->prompt, "the text to go on from");
    input->add_option("--ids", options->ids, "token ids, 1,2,3");
    input->require_option(1);
    verb->add_flag("--chat", options->isChat,
        "the prompt is a user's message; the model's chat template goes around it");
    verb->add_option("--max-tokens", settings.maxTokens, "tokens to write")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    verb->add_option("--temperature", settings.temperature, "0 = greedy")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb->add_option("--top-k", settings.topK, "keep the k most probable; 0 = off")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb->add_option("--top-p", settings.topP, "keep tokens up to this probability")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    verb->add_option("--repetition-penalty", settings.repetitionPenalty,
            "divides logits of tokens already said")
        ->check(CLI::PositiveNumber);
    verb->add_option(
        "--frequency-penalty", settings.frequencyPenalty, "subtracted per earlier occurrence");
    verb->add_option("--seed", settings.seed, "same seed, same text")->capture_default_str();
    verb->add_option("--dictionary", options->dictionaries,
            "a dictionary to take features from; may be repeated")
        ->allow_extra_args(false);
    verb->add_option("--intervene", options->interventions,
            "[DICT:]INDEX:MODE[=VALUE][@POSITIONS]; may be repeated")
        ->allow_extra_args(false);
    verb->add_flag("--freeze-attention", settings.freezeAttention,
        "the steered stream keeps the normal prompt's attention patterns");
    onChosen(*verb, context, [&context, options] { return generate(context, *options); });
}

} // namespace cli
