#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/swap_verbs.h"

#include "core/engine/swap_jobs.h"

#include <cstdio>

#include <fmt/format.h>

namespace cli {

namespace {

struct InterveneOptions {
    core::InterveneJob job;
    std::string ids, constrain;
    std::vector<std::string> set, scale, ablate;
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
    auto& settings = options.job.request.settings;
    if (auto done
        = read(options.set, "--set", "LAYER:POSITION:INDEX=VALUE, for example 2:7:118=0", settings);
        !done)
        return done;
    if (auto done
        = read(options.ablate, "--ablate", "LAYER:POSITION:INDEX, for example 2:7:118", settings);
        !done)
        return done;
    if (auto done = read(options.scale, "--scale",
            "LAYER:POSITION:INDEX=FACTOR, for example 2:7:118=-2", options.job.factors);
        !done)
        return done;
    if (settings.empty() && options.job.factors.empty())
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
    options.job.request.constrainFirst = first;
    options.job.request.constrainLast = last;
    return {};
}

/// "frozen" or "free" attention: what the result is called in JSON and on the screen.
const char* attentionName(bool isFrozen)
{
    return isFrozen ? "frozen" : "free";
}

int intervene(const Context& context, InterveneOptions options)
{
    options.job.request.ids = parseIds(options.ids);
    if (auto read = readSettings(options); !read)
        return report(read.error());
    const auto result = core::interveneJob(options.job, context.control());
    if (!result)
        return report(result.error());
    nlohmann::json settings = nlohmann::json::array();
    for (const core::FeatureSetting& one : result->request.settings)
        settings.push_back({{"layer", one.layer.value}, {"position", one.position.value},
            {"feature", one.feature.value}, {"value", one.value}});
    nlohmann::json json{{"before", toJson(result->before)}, {"after", toJson(result->after)},
        {"text_before", result->textBefore}, {"text_after", result->textAfter},
        {"settings", settings}};
    std::string text = "before: " + line(result->before) + "\nafter:  " + line(result->after);
    const bool isFrozen = result->request.freezeAttention;
    if (result->request.comparesAttention) {
        const std::string one = attentionName(isFrozen), other = attentionName(!isFrozen);
        json["after_" + one] = json["after"];
        json["text_after_" + one] = json["text_after"];
        json["after_" + other] = toJson(result->afterOther);
        json["text_after_" + other] = result->textAfterOther;
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

void addInterveneVerbs(CLI::App& app, Context& context)
{
    auto options = std::make_shared<InterveneOptions>();
    core::InterveneJob& job = options->job;
    CLI::App* verb
        = app.add_subcommand("intervene", "sets features at positions and reads the new output");
    verb->add_option("MODEL", job.model, "a Hugging Face folder, or builtin")->required();
    verb->add_option("--dictionary", job.dictionaries,
            "transcoders or residual SAEs, one per layer; may be repeated. builtin brings its own")
        ->allow_extra_args(false);
    auto* input = verb->add_option_group("input");
    input->add_option("--prompt", job.request.prompt, "the prompt");
    input->add_option("--ids", options->ids, "token ids, 1,2,3");
    input->require_option(1);
    verb->add_option("--set", options->set, "LAYER:POSITION:INDEX=VALUE; may be repeated")
        ->allow_extra_args(false);
    verb->add_option("--scale", options->scale,
            "LAYER:POSITION:INDEX=FACTOR, a multiple of its activation; may be repeated")
        ->allow_extra_args(false);
    verb->add_option("--ablate", options->ablate, "LAYER:POSITION:INDEX; may be repeated")
        ->allow_extra_args(false);
    job.request.freezeAttention = false;
    verb->add_flag(
        "--freeze-attention", job.request.freezeAttention, "keep the prompt's attention patterns");
    verb->add_flag("--compare-attention", job.request.comparesAttention,
        "with frozen and with free attention, side by side");
    verb->add_option("--constrain", options->constrain,
        "layers A-B whose outputs are held while the change passes");
    verb->add_option("--generate", job.request.generate, "tokens to write after the change")
        ->check(CLI::NonNegativeNumber);
    onChosen(*verb, context, [&context, options] { return intervene(context, *options); });

    addSwapVerbs(app, context);
}

} // namespace cli
