#include "app/cli/context.h"
#include "app/cli/verbs.h"

#include "core/api/encode.h"
#include "core/api/engine_state.h"
#include "core/api/inspect_dictionaries.h"

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

Json toJson(const core::DictionaryInfo& info)
{
    Json json{{"name", info.name}, {"path", info.path}, {"format", info.format},
        {"architecture", info.architecture}, {"kind", kindName(info.kind)}, {"d_in", info.d_in},
        {"d_out", info.d_out}, {"d_sae", info.d_sae}, {"layer", info.layer.value},
        {"hook_in", info.hookIn}, {"hook_out", info.hookOut}, {"normalization", info.normalization},
        {"dtype", info.dtype}, {"bytes", info.bytes}, {"base_model", info.baseModel},
        {"training", info.facts}, {"warning", info.warning}};
    if (!info.isPlaced) // the files do not say
        for (const char* unknown : {"layer", "hook_in", "hook_out"})
            json.set(unknown, nullptr);
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
Json listed(const std::vector<Json>& all)
{
    Json json = all.size() == 1 ? all.front() : Json::object();
    json.set("dictionaries", all);
    return json;
}

int list(Context& context, const std::string& path)
{
    const auto infos = context.ask(core::InspectDictionariesRequest{path});
    if (!infos)
        return report(infos.error());
    context.noteRefused((*infos)->refused);
    std::vector<Json> all;
    std::string text;
    for (const core::DictionaryInfo& info : (*infos)->dictionaries) {
        all.push_back(toJson(info));
        text += (text.empty() ? "" : "\n") + line(info);
    }
    context.print(listed(all), text);
    return kDone;
}

struct EncodeOptions {
    std::string model, input;
    core::EncodeRequest request;
};

int encode(Context& context, EncodeOptions options)
{
    core::EncodeRequest& request = options.request;
    if (!options.input.empty()) {
        const std::size_t colon = options.input.rfind(':');
        if (colon == std::string::npos)
            return report({core::Error::Code::Unsupported,
                "--input " + options.input + ": write FILE:TENSOR, for example x.safetensors:x."});
        request.inputFile = options.input.substr(0, colon);
        request.inputTensor = options.input.substr(colon + 1);
    } else {
        if (options.model.empty())
            return report(
                {core::Error::Code::Unsupported, "--text needs --model, the model that reads it."});
        if (const auto opened = context.open(options.model); !opened)
            return report(opened.error());
    }
    const auto summary = context.ask(request);
    if (!summary)
        return report(summary.error());
    const auto& [l0, fvu, vectors, note] = **summary;
    Json json{
        {"l0", l0}, {"fvu", fvu ? Json(*fvu) : Json()}, {"vectors", vectors}, {"out", request.out}};
    std::string text = fmt::format("{} vectors, L0 {:.2f}{}; written to {}", vectors, l0,
        fvu ? fmt::format(", FVU {:.4f}", *fvu) : std::string(), request.out);
    addNote(json, text, note);
    context.print(json, text);
    return kDone;
}

} // namespace

void addDictionaryVerbs(Verb& program)
{
    Verb group
        = program.verbs("dictionary", "look at SAEs and transcoders, run them, measure them");

    for (const char* name : {"inspect", "list"}) {
        const auto path = std::make_shared<std::string>();
        Verb verb = group.verb(name, "what it is, or which ones a folder (or builtin) holds");
        verb.option("DICT", *path, "a dictionary, a folder of several, builtin or builtin:NAME")
            .required();
        verb.runs([path](Context& context) { return list(context, *path); });
    }

    const auto encoded = std::make_shared<EncodeOptions>();
    core::EncodeRequest& request = encoded->request;
    Verb encodeVerb = group.verb(
        "encode", "feature activations and reconstruction of given activations or a text");
    encodeVerb.option("DICT", request.dictionary, "a dictionary, or builtin:NAME").required();
    Verb source = encodeVerb.oneOf("source");
    source.option("--input", encoded->input,
        "FILE:TENSOR, activations [.., d_in] in a safetensors, npz or pt file");
    source.option("--text", request.text, "a text that --model reads");
    encodeVerb.option("--model", encoded->model, "the model that reads --text");
    encodeVerb.option("--out", request.out, "a safetensors file").required();
    encodeVerb.runs([encoded](Context& context) { return encode(context, *encoded); });

    addEvaluateVerb(group);
    addCompareVerb(group);
}

} // namespace cli
