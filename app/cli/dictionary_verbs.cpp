#include "app/cli/context.h"

#include <fmt/format.h>

namespace cli {

namespace {

std::string kindName(core::DictionaryKind kind)
{
    switch (kind) {
    case core::DictionaryKind::Sae:
        return "sae";
    case core::DictionaryKind::Transcoder:
        return "transcoder";
    case core::DictionaryKind::CrossLayerTranscoder:
        break;
    }
    return "cross_layer_transcoder";
}

nlohmann::json toJson(const core::DictionaryInfo& info)
{
    nlohmann::json json{{"name", info.name}, {"path", info.path}, {"format", info.format},
        {"architecture", info.architecture}, {"kind", kindName(info.kind)}, {"d_in", info.d_in},
        {"d_out", info.d_out}, {"d_sae", info.d_sae}, {"layer", info.layer.value},
        {"hook_in", info.hookIn}, {"hook_out", info.hookOut}, {"normalization", info.normalization},
        {"dtype", info.dtype}, {"bytes", info.bytes}, {"base_model", info.baseModel},
        {"training", info.facts}, {"warning", info.warning}};
    if (!info.isPlaced) // the files do not say
        json["layer"] = json["hook_in"] = json["hook_out"] = nullptr;
    return json;
}

std::string line(const core::DictionaryInfo& info)
{
    std::string text = fmt::format("{}: {} {}, {}, d_in {}, d_sae {}, {}, {} MiB", info.name,
        info.format, info.architecture,
        info.isPlaced ? info.hookIn + " -> " + info.hookOut : std::string("place not known"),
        info.d_in, info.d_sae, info.dtype, (info.bytes + (1 << 20) - 1) >> 20);
    if (!info.baseModel.empty())
        text += ", for " + info.baseModel;
    for (const std::string& fact : info.facts)
        text += "\n  " + fact;
    if (!info.warning.empty())
        text += "\n  careful: " + info.warning;
    return text;
}

/// A folder may hold several: `dictionaries` lists them; the fields of a single one stand at the
/// top too.
int list(const Context& context, const std::string& path)
{
    const auto infos = core::inspectDictionaries(path, context.control());
    if (!infos)
        return report(infos.error());
    nlohmann::json json = infos->size() == 1 ? toJson(infos->front()) : nlohmann::json::object();
    json["dictionaries"] = nlohmann::json::array();
    std::string text;
    for (const core::DictionaryInfo& info : *infos) {
        json["dictionaries"].push_back(toJson(info));
        text += (text.empty() ? "" : "\n") + line(info);
    }
    context.print(json, text);
    return kDone;
}

int encode(const Context& context, core::EncodeRequest request, const std::string& input)
{
    if (!input.empty()) {
        const std::size_t colon = input.rfind(':');
        if (colon == std::string::npos)
            return report({core::Error::Code::Unsupported,
                "--input " + input + ": write FILE:TENSOR, for example x.safetensors:x."});
        request.inputFile = input.substr(0, colon);
        request.inputTensor = input.substr(colon + 1);
    }
    const auto summary = core::encodeJob(request, context.control());
    if (!summary)
        return report(summary.error());
    nlohmann::json json{
        {"l0", summary->l0}, {"fvu", nullptr}, {"vectors", summary->vectors}, {"out", request.out}};
    std::string text = fmt::format("{} vectors, L0 {:.2f}", summary->vectors, summary->l0);
    if (summary->fvu) {
        json["fvu"] = *summary->fvu;
        text += fmt::format(", FVU {:.4f}", *summary->fvu);
    }
    context.print(json, text + "; written to " + request.out);
    return kDone;
}

struct EvaluateOptions {
    std::string model, dictionary, corpus;
    std::int64_t tokens = 20'000;
};

int evaluate(const Context& context, const EvaluateOptions& options)
{
    const auto all = core::evaluateJob(
        options.model, options.dictionary, options.corpus, options.tokens, context.control());
    if (!all)
        return report(all.error());
    nlohmann::json list = nlohmann::json::array();
    std::string text;
    for (const core::DictionaryQuality& q : *all) {
        list.push_back({{"dictionary", q.dictionary}, {"tokens", q.tokens}, {"l0", q.l0},
            {"fvu", q.fvu}, {"explained_variance", q.explainedVariance}, {"ce_clean", q.ceClean},
            {"ce_sae", q.ceDictionary}, {"ce_zero", q.ceZero}, {"ce_score", q.ceScore},
            {"kl", q.kl}, {"dead_fraction", q.deadFraction},
            {"density_histogram", q.densityHistogram}, {"warning", q.warning}});
        text += fmt::format("{}{}: L0 {:.2f}, FVU {:.4f}, CE {:.4f} -> {:.4f} ({:+.4f}; zero "
                            "{:.4f}), CE score {:.4f}, KL {:.4f}, dead {:.1f} %",
            text.empty() ? "" : "\n", q.dictionary, q.l0, q.fvu, q.ceClean, q.ceDictionary,
            q.ceDictionary - q.ceClean, q.ceZero, q.ceScore, q.kl, 100 * q.deadFraction);
        if (!q.warning.empty())
            text += "\n  careful: " + q.warning;
    }
    nlohmann::json json = list.size() == 1 ? list.front() : nlohmann::json::object();
    json["dictionaries"] = list;
    context.print(json, text);
    return kDone;
}

} // namespace

void addDictionaryVerbs(CLI::App& app, Context& context)
{
    CLI::App* group
        = app.add_subcommand("dictionary", "look at SAEs and transcoders, run them, measure them");
    group->require_subcommand(1);

    for (const char* name : {"inspect", "list"}) {
        auto path = std::make_shared<std::string>();
        CLI::App* verb
            = group->add_subcommand(name, "what it is, or which ones a folder (or builtin) holds");
        verb->add_option(
                "DICT", *path, "a dictionary, a folder of several, builtin or builtin:NAME")
            ->required();
        onChosen(*verb, context, [&context, path] { return list(context, *path); });
    }

    auto request = std::make_shared<core::EncodeRequest>();
    auto input = std::make_shared<std::string>();
    CLI::App* encodeVerb = group->add_subcommand(
        "encode", "feature activations and reconstruction of given activations or a text");
    encodeVerb->add_option("DICT", request->dictionary, "a dictionary, or builtin:NAME")
        ->required();
    auto* source = encodeVerb->add_option_group("source");
    source->add_option(
        "--input", *input, "FILE:TENSOR, activations [.., d_in] in a safetensors, npz or pt file");
    source->add_option("--text", request->text, "a text that --model reads");
    source->require_option(1);
    encodeVerb->add_option("--model", request->model, "the model that reads --text");
    encodeVerb->add_option("--out", request->out, "a safetensors file")->required();
    onChosen(*encodeVerb, context,
        [&context, request, input] { return encode(context, *request, *input); });

    auto options = std::make_shared<EvaluateOptions>();
    CLI::App* evaluateVerb = group->add_subcommand("evaluate", "L0, FVU, loss recovered on a text");
    evaluateVerb->add_option("MODEL", options->model, "a Hugging Face folder, or builtin")
        ->required();
    evaluateVerb
        ->add_option(
            "DICT", options->dictionary, "a dictionary, a folder of several, or builtin:NAME")
        ->required();
    evaluateVerb
        ->add_option(
            "--corpus", options->corpus, "a text file; documents are separated by blank lines")
        ->required();
    evaluateVerb->add_option("--tokens", options->tokens, "at most so many tokens")
        ->capture_default_str();
    onChosen(*evaluateVerb, context, [&context, options] { return evaluate(context, *options); });
}

} // namespace cli
