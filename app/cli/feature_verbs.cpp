#include "app/cli/context.h"

#include <charconv>

#include <fmt/format.h>

namespace cli {

namespace {

nlohmann::json toJson(const core::Label& label)
{
    const char* source = label.source == core::LabelSource::Person ? "person"
        : label.source == core::LabelSource::Suggested             ? "suggested"
                                                                   : "none";
    return {{"text", label.text}, {"notes", label.notes}, {"source", source}};
}

nlohmann::json toJson(const std::vector<core::LogitEffect>& effects)
{
    nlohmann::json out = nlohmann::json::array();
    for (const core::LogitEffect& effect : effects)
        out.push_back(
            {{"token", effect.text}, {"id", effect.token.value}, {"effect", effect.effect}});
    return out;
}

std::string spelled(const core::FeatureRef& ref)
{
    return ref.dictionary + ":" + std::to_string(ref.feature.value);
}

/// "DICT:INDEX" to a feature; throws a usage error on anything else.
core::FeatureRef parseFeature(const std::string& text)
{
    const std::size_t colon = text.rfind(':');
    int index = 0;
    const char* const begin = text.data() + (colon == std::string::npos ? 0 : colon + 1);
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(begin, end, index);
    if (colon == std::string::npos || error != std::errc() || last != end || index < 0)
        throw CLI::ValidationError(
            "FEATURE", "write DICT:INDEX, for example saes/layer_2:118; got `" + text + "`");
    std::string dictionary = text.substr(0, colon);
    if (dictionary.starts_with("builtin:"))
        dictionary.erase(0, 8);
    return {dictionary, core::FeatureId(index)};
}

struct Options {
    std::string workspace, query, feature, text, against, model, dictionary, file;
    int layer = -1, limit = 20;
};

int search(const Context& context, const Options& options)
{
    const auto hits = core::searchJob(
        options.workspace, options.query, options.layer, options.limit, context.control());
    if (!hits)
        return report(hits.error());
    nlohmann::json results = nlohmann::json::array();
    std::string text;
    for (const core::SearchHit& hit : *hits) {
        results.push_back({{"feature", spelled(hit.row.feature)}, {"label", hit.row.label.text},
            {"score", hit.score}, {"why", hit.why}});
        text += fmt::format("{}{}\t{:.3f}\t{}\t{}", text.empty() ? "" : "\n",
            spelled(hit.row.feature), hit.score, hit.row.label.text, hit.why);
    }
    context.print({{"results", results}}, text.empty() ? "nothing found" : text);
    return kDone;
}

int byText(const Context& context, const Options& options)
{
    const auto features = core::featuresByTextJob(options.model, options.dictionary, options.text,
        options.against, options.limit, context.control());
    if (!features)
        return report(features.error());
    nlohmann::json results = nlohmann::json::array();
    std::string text;
    for (const core::FeatureOnText& one : *features) {
        const std::string name = spelled({one.dictionary, one.feature});
        results.push_back(
            {{"feature", name}, {"activation", one.activation}, {"tokens", one.tokens}});
        text += fmt::format("{}{}\t{:.3f}\t{}", text.empty() ? "" : "\n", name, one.activation,
            fmt::join(one.tokens, " |"));
    }
    context.print({{"results", results}}, text);
    return kDone;
}

int show(const Context& context, const Options& options)
{
    const auto card
        = core::featureCardJob(options.workspace, parseFeature(options.feature), context.control());
    if (!card)
        return report(card.error());
    nlohmann::json examples = nlohmann::json::array(), nearest = nlohmann::json::array();
    std::string text
        = fmt::format("{}: {}\ndensity {:.4f} %, maximum {:.3f}\n", spelled(card->row.feature),
            card->row.label.text.empty() ? "(no label)" : card->row.label.text,
            100 * card->row.density, card->row.maxActivation);
    for (const core::ExampleInterval& interval : card->intervals)
        for (const core::FeatureExample& example : interval.examples)
            examples.push_back(
                {{"low", interval.low}, {"high", interval.high}, {"tokens", example.tokens},
                    {"activations", example.activations}, {"peak", example.peak}});
    for (const core::NearFeature& near : card->nearest)
        nearest.push_back(
            {{"feature", spelled(near.feature)}, {"label", near.label}, {"cosine", near.cosine}});
    for (const core::LogitEffect& effect : card->positiveLogits)
        text += fmt::format("  promotes `{}` {:+.3f}\n", effect.text, effect.effect);
    if (!card->intervals.empty() && !card->intervals.front().examples.empty())
        text += fmt::format(
            "  strongest: {}", fmt::join(card->intervals.front().examples.front().tokens, ""));
    context.print(
        {{"feature", spelled(card->row.feature)}, {"label", toJson(card->row.label)},
            {"density", card->row.density}, {"max_activation", card->row.maxActivation},
            {"histogram", card->histogram}, {"positive_logits", toJson(card->positiveLogits)},
            {"negative_logits", toJson(card->negativeLogits)}, {"examples", examples},
            {"nearest", nearest}},
        text);
    return kDone;
}

int label(const Context& context, const Options& options)
{
    const core::FeatureRef feature = parseFeature(options.feature);
    const auto done = core::labelJob(options.workspace, feature, options.text, context.control());
    if (!done)
        return report(done.error());
    context.print({{"feature", spelled(feature)}, {"label", options.text}},
        fmt::format("{} is now `{}`", spelled(feature), options.text));
    return kDone;
}

int count(const Context& context, const core::Result<std::int64_t>& labels, const char* what)
{
    if (!labels)
        return report(labels.error());
    context.print({{"labels", *labels}}, fmt::format("{} labels {}", *labels, what));
    return kDone;
}

} // namespace

void addFeatureVerbs(CLI::App& app, Context& context)
{
    CLI::App* group = app.add_subcommand("features", "find, read and label features");
    group->require_subcommand(1);
    auto options = std::make_shared<Options>();
    const auto verb = [&](const char* name, const char* what,
                          int (*run)(const Context&, const Options&)) {
        CLI::App* command = group->add_subcommand(name, what);
        onChosen(*command, context, [&context, options, run] { return run(context, *options); });
        return command;
    };
    const auto workspace = [&](CLI::App* command) {
        command->add_option("WORKSPACE", options->workspace, "a workspace file, or builtin")
            ->required();
    };
    const auto limit = [&](CLI::App* command) {
        command->add_option("--limit", options->limit, "at most so many")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
    };

    CLI::App* searchVerb
        = verb("search", "by concept: labels, promoted tokens, example text", search);
    workspace(searchVerb);
    searchVerb->add_option("QUERY", options->query, "the concept")->required();
    searchVerb->add_option("--layer", options->layer, "this layer alone");
    limit(searchVerb);

    CLI::App* byTextVerb
        = verb("by-text", "what fires on a text, or separates it from another", byText);
    byTextVerb->add_option("MODEL", options->model, "a Hugging Face folder, or builtin")
        ->required();
    byTextVerb
        ->add_option(
            "DICT", options->dictionary, "a dictionary, a folder of several, or builtin:NAME")
        ->required();
    byTextVerb->add_option("--text", options->text, "the text")->required();
    byTextVerb->add_option("--against", options->against, "the text to tell it from");
    limit(byTextVerb);

    CLI::App* showVerb = verb("show", "the card of one feature", show);
    workspace(showVerb);
    showVerb->add_option("FEATURE", options->feature, "DICT:INDEX")->required();

    CLI::App* labelVerb
        = verb("label", "names a feature; an empty text takes the name away", label);
    workspace(labelVerb);
    labelVerb->add_option("FEATURE", options->feature, "DICT:INDEX")->required();
    labelVerb->add_option("TEXT", options->text, "the label")->required();

    CLI::App* exportVerb = verb("export-labels", "writes every person's label to a file",
        [](const Context& c, const Options& o) {
            return count(c, core::exportLabelsJob(o.workspace, o.file, c.control()), "written");
        });
    workspace(exportVerb);
    exportVerb->add_option("FILE", options->file, "JSON lines or CSV, by its ending")->required();
    CLI::App* importVerb
        = verb("import-labels", "reads labels from a file", [](const Context& c, const Options& o) {
              return count(c, core::importLabelsJob(o.workspace, o.file, c.control()), "read");
          });
    workspace(importVerb);
    importVerb->add_option("FILE", options->file, "JSON lines or CSV, by its ending")->required();
}

} // namespace cli
