#include "app/cli/context.h"
#include "app/cli/quality_text.h"
#include "app/cli/verbs.h"

#include "core/api/engine_state.h"
#include "core/api/probe.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct EvaluateOptions {
    std::string model, dictionary, corpus, features, labels, textField = "text", absorption;
    std::int64_t tokens = 20'000, texts = 4'000;
};

/// A folder may hold several: `dictionaries` lists them; the fields of a single one stand at the
/// top too.
Json listedQualities(const std::vector<Json>& all)
{
    Json json = all.size() == 1 ? all.front() : Json::object();
    json.set("dictionaries", all);
    return json;
}

Json probedJson(const core::SparseProbe& probe)
{
    Json labels = Json::array();
    for (const core::ProbedLabel& one : probe.labels)
        labels.push(Json{{"label", one.label}, {"examples", one.examples},
            {"accuracy", one.accuracy}, {"accuracy_of_features", one.accuracyOfFeatures},
            {"accuracy_of_neurons", one.accuracyOfNeurons}, {"features", one.features}});
    return {{"label_field", probe.labelField}, {"texts", probe.documents}, {"k", probe.ks},
        {"accuracy", probe.accuracy}, {"accuracy_of_features", probe.accuracyOfFeatures},
        {"accuracy_of_neurons", probe.accuracyOfNeurons}, {"labels", labels}, {"note", probe.note}};
}

std::string probedText(const core::SparseProbe& probe)
{
    std::string text = fmt::format("\n  sparse probing for {} ({} labels, {} texts): whole "
                                   "activation {:.3f}",
        probe.labelField, probe.labels.size(), probe.documents, probe.accuracy);
    for (std::size_t i = 0; i < probe.ks.size(); ++i)
        text += fmt::format("; {} feature{} {:.3f} (neurons {:.3f})", probe.ks[i],
            probe.ks[i] == 1 ? "" : "s", probe.accuracyOfFeatures[i], probe.accuracyOfNeurons[i]);
    for (const core::ProbedLabel& one : probe.labels) {
        text += fmt::format(
            "\n    {:<24} {:>6} texts, {:.3f};", one.label, one.examples, one.accuracy);
        for (std::size_t i = 0; i < probe.ks.size(); ++i)
            text += fmt::format(" k={} {:.3f}", probe.ks[i], one.accuracyOfFeatures[i]);
        text += "; features";
        for (const std::int64_t feature : one.features)
            text += fmt::format(" {}", feature);
    }
    return text;
}

Json absorbedJson(const core::Absorption& found)
{
    Json labels = Json::array();
    for (const core::AbsorbedLabel& one : found.labels)
        labels.push(
            Json{{"label", one.label}, {"examples", one.examples}, {"probe_f1", one.probeF1},
                {"feature_f1", one.featureF1}, {"main_features", one.mainFeatures},
                {"absorption_fraction", one.fraction}, {"full_absorption", one.full}});
    return {{"words", found.words}, {"labels_known", found.labelsKnown}, {"note", found.note},
        {"mean_absorption_fraction", found.fraction}, {"mean_full_absorption", found.full},
        {"labels", labels}};
}

std::string absorbedText(const core::Absorption& found)
{
    std::string text = fmt::format("\n  absorption ({} of {} labels known, {} words): mean "
                                   "fraction {:.3f}, full {:.3f}",
        found.labelsKnown, found.labels.size(), found.words, found.fraction, found.full);
    for (const core::AbsorbedLabel& one : found.labels)
        text += fmt::format("\n    {:<24} {:>4} words, probe F1 {:.3f}, {} main feature{} F1 "
                            "{:.3f}; fraction {:.3f}, full {:.3f}",
            one.label, one.examples, one.probeF1, one.mainFeatures.size(),
            one.mainFeatures.size() == 1 ? "" : "s", one.featureF1, one.fraction, one.full);
    return text;
}

/// Adds what the labels say to the figures; an exit code where it could not be measured.
int addLabelled(Context& context, const EvaluateOptions& options, const std::string& dictionary,
    Json& json, std::string& text)
{
    if (!options.labels.empty()) {
        core::ProbeRequest request;
        request.dictionary = dictionary;
        request.corpusPath = options.corpus;
        request.textField = options.textField;
        request.labelField = options.labels;
        request.documents = options.texts;
        const auto probe = context.ask(request);
        if (!probe)
            return report(probe.error());
        json.set("sparse_probing", probedJson(**probe));
        text += probedText(**probe);
        if (!(*probe)->note.empty())
            text += "\n    " + (*probe)->note;
    }
    if (!options.absorption.empty()) {
        core::AbsorptionRequest request;
        request.dictionary = dictionary;
        request.words = options.absorption;
        request.most = options.texts;
        const auto found = context.ask(request);
        if (!found)
            return report(found.error());
        json.set("absorption", absorbedJson(**found));
        text += absorbedText(**found);
        if (!(*found)->note.empty())
            text += "\n    " + (*found)->note;
    }
    return kDone;
}

int evaluate(Context& context, const EvaluateOptions& options)
{
    const auto opened = context.open(options.model, {options.dictionary});
    if (!opened)
        return report(opened.error());
    if (!options.features.empty() && (*opened)->dictionaries.size() != 1)
        throw UsageError{"--features-out", "is for one dictionary at a time"};
    std::vector<Json> all;
    std::string text;
    for (const core::DictionaryInfo& info : (*opened)->dictionaries) {
        core::EvaluateRequest request{info.name, {}, options.corpus, options.tokens};
        request.featuresOut = options.features;
        request.textField = options.textField;
        const auto quality = context.ask(request);
        if (!quality)
            return report(quality.error());
        Json json = qualityJson(**quality);
        std::string own = qualityText(**quality);
        if (const int code = addLabelled(context, options, info.name, json, own); code != kDone)
            return code;
        all.push_back(std::move(json));
        text += (text.empty() ? "" : "\n") + own;
    }
    context.print(listedQualities(all), text);
    return kDone;
}

} // namespace

void addEvaluateVerb(Verb& dictionary)
{
    const auto evaluated = std::make_shared<EvaluateOptions>();
    Verb verb = dictionary.verb(
        "evaluate", "L0, FVU, loss recovered on a text; what a few features tell of its labels");
    verb.option("MODEL", evaluated->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("DICT", evaluated->dictionary, "a dictionary, a folder of several, or builtin:NAME")
        .required();
    verb.option("--corpus", evaluated->corpus,
            "a text file, documents separated by blank lines; .jsonl; or builtin: text of the "
            "built-in model's world")
        .required();
    verb.option("--text-field", evaluated->textField, "the text's field in a .jsonl")
        .showingDefault();
    verb.option("--tokens", evaluated->tokens, "at most so many tokens").showingDefault();
    verb.option("--features-out", evaluated->features,
        "a CSV file: density, consistency, encoder norm and bias, encoder-decoder cosine of each "
        "feature");
    verb.option("--labels", evaluated->labels,
        "the label's field in a .jsonl corpus, or of builtin one of kind, language, topic: adds "
        "sparse probing");
    verb.option("--absorption", evaluated->absorption,
        "adds feature absorption, on first-letter (words of the vocabulary), builtin (words of "
        "the built-in world) or a .jsonl of words, fields `text` and `label`");
    verb.option("--texts", evaluated->texts, "labelled texts or words, at most so many")
        .positive()
        .showingDefault();
    verb.runs([evaluated](Context& context) { return evaluate(context, *evaluated); });
}

} // namespace cli
