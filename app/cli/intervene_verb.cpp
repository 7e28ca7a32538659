#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/tokens.h"
#include "app/cli/verbs.h"

#include "core/api/intervene.h"

#include <cstdio>

#include <fmt/format.h>

namespace cli {

namespace {

struct InterveneOptions {
    std::string model, ids, constrain;
    std::vector<std::string> dictionaries, set, scale, ablate;
    core::InterveneRequest request;
};

std::string line(const std::vector<core::NextToken>& tokens)
{
    std::string out;
    for (const core::NextToken& token : tokens)
        out += fmt::format("{}`{}` {:.3f}", out.empty() ? "" : ", ", token.text, token.probability);
    return out;
}

core::Result<core::FeatureSetting> readSetting(
    const std::string& option, const std::string& spec, const std::string& example)
{
    auto setting = parseSetting(option == "--ablate" ? spec + "=0" : spec);
    if (!setting)
        return core::fail(
            core::Error::Code::Unsupported, fmt::format("{} {}: write {}.", option, spec, example));
    return setting;
}

core::Result<void> readSettings(InterveneOptions& options)
{
    const auto read
        = [](const std::vector<std::string>& specs, const char* option, const char* example,
              std::vector<core::FeatureSetting>& list) -> core::Result<void> {
        for (const std::string& spec : specs) {
            const auto setting = readSetting(option, spec, example);
            if (!setting)
                return core::fail(setting.error());
            list.push_back(*setting);
        }
        return {};
    };
    auto& settings = options.request.settings;
    if (auto done
        = read(options.set, "--set", "LAYER:POSITION:INDEX=VALUE, for example 2:7:118=0", settings);
        !done)
        return done;
    if (auto done
        = read(options.ablate, "--ablate", "LAYER:POSITION:INDEX, for example 2:7:118", settings);
        !done)
        return done;
    if (auto done = read(options.scale, "--scale",
            "LAYER:POSITION:INDEX=FACTOR, for example 2:7:118=-2", options.request.factors);
        !done)
        return done;
    if (settings.empty() && options.request.factors.empty())
        return core::fail(core::Error::Code::Unsupported,
            "No feature is named. Give at least one --set, --scale or --ablate.");
    if (options.constrain.empty())
        return {};
    int first = 0, last = 0;
    char extra = 0;
    if (std::sscanf(options.constrain.c_str(), "%d-%d%c", &first, &last, &extra) != 2 || first < 0
        || last < first)
        return core::fail(core::Error::Code::Unsupported,
            "--constrain " + options.constrain + ": write layers as A-B, for example 0-3.");
    options.request.constrainFirst = first;
    options.request.constrainLast = last;
    return {};
}

/// "frozen" or "free" attention: what the result is called in JSON and on the screen.
const char* attentionName(bool isFrozen)
{
    return isFrozen ? "frozen" : "free";
}

int intervene(Context& context, InterveneOptions options)
{
    options.request.ids = parseIds(options.ids);
    if (auto read = readSettings(options); !read)
        return report(read.error());
    if (const auto opened = context.open(options.model, options.dictionaries); !opened)
        return report(opened.error());
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::InterveneResult* const result = answer->get();
    Json settings = Json::array();
    for (const core::FeatureSetting& one : result->request.settings)
        settings.push(Json{{"layer", one.at.layer.value}, {"position", one.at.position.value},
            {"feature", one.at.feature.value}, {"value", one.value}});
    Json json{{"before", nextTokensJson(result->before)}, {"after", nextTokensJson(result->after)},
        {"text_before", result->textBefore}, {"text_after", result->textAfter},
        {"settings", settings}};
    std::string text = "before: " + line(result->before) + "\nafter:  " + line(result->after);
    const bool isFrozen = result->request.freezeAttention;
    if (result->request.comparesAttention) {
        const std::string one = attentionName(isFrozen), other = attentionName(!isFrozen);
        json.set("after_" + one, nextTokensJson(result->after));
        json.set("text_after_" + one, result->textAfter);
        json.set("after_" + other, nextTokensJson(result->afterOther));
        json.set("text_after_" + other, result->textAfterOther);
        text += fmt::format(
            " ({} attention)\nafter:  {} ({} attention)", one, line(result->afterOther), other);
    }
    if (result->request.generate > 0) {
        text += "\nbefore: " + result->textBefore + "\nafter:  " + result->textAfter;
        if (result->request.comparesAttention)
            text += fmt::format(" ({} attention)\nafter:  {} ({} attention)",
                attentionName(isFrozen), result->textAfterOther, attentionName(!isFrozen));
    }
    context.print(json, text);
    return kDone;
}

} // namespace

void addInterveneVerb(Verb& program)
{
    const auto options = std::make_shared<InterveneOptions>();
    core::InterveneRequest& request = options->request;
    request.freezeAttention = false;
    Verb verb = program.verb("intervene", "sets features at positions and reads the new output");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("--dictionary", options->dictionaries,
            "transcoders or residual SAEs, one per layer; may be repeated. builtin brings its own")
        .oneEach();
    Verb input = verb.oneOf("input");
    input.option("--prompt", request.prompt, "the prompt");
    input.option("--ids", options->ids, "token ids, 1,2,3");
    verb.option("--set", options->set, "LAYER:POSITION:INDEX=VALUE; may be repeated").oneEach();
    verb.option("--scale", options->scale,
            "LAYER:POSITION:INDEX=FACTOR, a multiple of its activation; may be repeated")
        .oneEach();
    verb.option("--ablate", options->ablate, "LAYER:POSITION:INDEX; may be repeated").oneEach();
    verb.flag(
        "--freeze-attention", request.freezeAttention, "keep the prompt's attention patterns");
    verb.flag("--compare-attention", request.comparesAttention,
        "with frozen and with free attention, side by side");
    verb.option("--constrain", options->constrain,
        "layers A-B whose outputs are held while the change passes");
    verb.option("--generate", request.generate, "tokens to write after the change").notNegative();
    verb.runs([options](Context& context) { return intervene(context, *options); });
}

} // namespace cli
