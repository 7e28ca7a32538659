#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"

#include <charconv>
#include <fstream>

#include <fmt/format.h>

namespace cli {

namespace {

struct InterveneOptions {
    core::InterveneJob job;
    std::string ids, constrain, pairs;
    std::vector<std::string> settings;
};

std::string line(const std::vector<core::NextToken>& tokens)
{
    std::string out;
    for (const core::NextToken& token : tokens)
        out += fmt::format("{}`{}` {:.3f}", out.empty() ? "" : ", ", token.text, token.probability);
    return out;
}

int intervene(const Context& context, InterveneOptions options)
{
    options.job.request.ids = parseIds(options.ids);
    for (const std::string& spec : options.settings) {
        const auto setting = parseSetting(spec);
        if (!setting)
            return report(setting.error());
        options.job.request.settings.push_back(*setting);
    }
    if (!options.constrain.empty()) {
        int first = 0, last = 0;
        char extra = 0;
        if (std::sscanf(options.constrain.c_str(), "%d-%d%c", &first, &last, &extra) != 2
            || first < 0 || last < first)
            return report({core::Error::Code::Unsupported,
                "--constrain " + options.constrain + ": write layers as A-B, for example 0-3."});
        options.job.request.constrainFirst = first;
        options.job.request.constrainLast = last;
    }
    const auto result = core::interveneJob(options.job, context.control());
    if (!result)
        return report(result.error());
    nlohmann::json json{{"before", toJson(result->before)}, {"after", toJson(result->after)},
        {"text_before", result->textBefore}, {"text_after", result->textAfter}};
    std::string text = "before: " + line(result->before) + "\nafter:  " + line(result->after);
    if (options.job.request.generate > 0)
        text += "\nbefore: " + result->textBefore + "\nafter:  " + result->textAfter;
    context.print(json, text);
    return kDone;
}

/// A JSON array of {"prompt", "donor"}, or of [prompt, donor].
core::Result<std::vector<core::SwapPair>> readPairs(const std::string& path)
{
    std::ifstream in(path);
    if (!in)
        return core::fail(
            core::Error::Code::Io, path + ": cannot be read. Check the path and its permissions.");
    const auto json = nlohmann::json::parse(in, nullptr, false);
    std::vector<core::SwapPair> pairs;
    const auto problem = core::Error{core::Error::Code::InvalidFile,
        path + ": must be a JSON array of {\"prompt\": ..., \"donor\": ...}."};
    if (!json.is_array())
        return core::fail(problem);
    for (const auto& entry : json) {
        const bool isObject
            = entry.is_object() && entry.contains("prompt") && entry.contains("donor");
        const bool isArray = entry.is_array() && entry.size() == 2;
        if (!isObject && !isArray)
            return core::fail(problem);
        const auto& prompt = isObject ? entry["prompt"] : entry[0];
        const auto& donor = isObject ? entry["donor"] : entry[1];
        if (!prompt.is_string() || !donor.is_string())
            return core::fail(problem);
        pairs.push_back({prompt.get<std::string>(), donor.get<std::string>()});
    }
    return pairs;
}

int swapTest(const Context& context, const InterveneOptions& options)
{
    const auto pairs = readPairs(options.pairs);
    if (!pairs)
        return report(pairs.error());
    const auto result
        = core::swapTestJob(options.job.model, options.job.dictionaries, *pairs, context.control());
    if (!result)
        return report(result.error());
    nlohmann::json results = nlohmann::json::array();
    for (const core::SwapResult& one : result->results)
        results.push_back({{"prompt", one.request.prompt}, {"donor", one.request.donor},
            {"swapped", one.isSwapped}, {"before", toJson(one.before)},
            {"after", toJson(one.after)}, {"donor_answer", toJson(one.donor)}});
    context.print({{"success_rate", result->successRate}, {"results", results}},
        fmt::format("{:.1f} % of {} pairs gave the donor's answer", 100 * result->successRate,
            result->results.size()));
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
            "a transcoder set; may be repeated. builtin brings its own")
        ->allow_extra_args(false);
    auto* input = verb->add_option_group("input");
    input->add_option("--prompt", job.request.prompt, "the prompt");
    input->add_option("--ids", options->ids, "token ids, 1,2,3");
    input->require_option(1);
    verb->add_option("--set", options->settings, "LAYER:POSITION:INDEX=VALUE; may be repeated")
        ->required()
        ->allow_extra_args(false);
    job.request.freezeAttention = false;
    verb->add_flag(
        "--freeze-attention", job.request.freezeAttention, "keep the prompt's attention patterns");
    verb->add_option("--constrain", options->constrain,
        "layers A-B whose outputs are held while the change passes");
    verb->add_option("--generate", job.request.generate, "tokens to write after the change")
        ->check(CLI::NonNegativeNumber);
    onChosen(*verb, context, [&context, options] { return intervene(context, *options); });

    auto swap = std::make_shared<InterveneOptions>();
    CLI::App* swapVerb = app.add_subcommand(
        "swap-test", "replaces features of one prompt by another's, over many pairs");
    swapVerb->add_option("MODEL", swap->job.model, "a Hugging Face folder, or builtin")->required();
    swapVerb
        ->add_option(
            "--dictionary", swap->job.dictionaries, "a dictionary or a set; may be repeated")
        ->allow_extra_args(false);
    swapVerb->add_option("--pairs", swap->pairs, "JSON: [{\"prompt\": ..., \"donor\": ...}, ...]")
        ->required();
    onChosen(*swapVerb, context, [&context, swap] { return swapTest(context, *swap); });
}

} // namespace cli
