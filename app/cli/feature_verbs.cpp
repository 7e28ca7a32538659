#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/verbs.h"

#include "core/api/engine_state.h"
#include "core/api/feature_card.h"
#include "core/api/feature_rows.h"
#include "core/api/features_on_text.h"
#include "core/api/label_files.h"
#include "core/api/list_features.h"
#include "core/api/map_features.h"
#include "core/api/saved_lists.h"
#include "core/api/score_outputs.h"
#include "core/api/set_label.h"
#include "core/api/use_workspace.h"
#include "core/api/writing_relatives.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace cli {

namespace {

Json toJson(const core::Label& label)
{
    const char* source = label.source == core::LabelSource::Person ? "person"
        : label.source == core::LabelSource::Suggested             ? "suggested"
                                                                   : "none";
    return {{"text", label.text}, {"notes", label.notes}, {"source", source},
        {"score", label.score ? Json(*label.score) : Json(nullptr)}};
}

Json toJson(const std::vector<core::LogitEffect>& effects)
{
    Json out = Json::array();
    for (const core::LogitEffect& effect : effects)
        out.push(
            Json{{"token", effect.text}, {"id", effect.token.value}, {"effect", effect.effect}});
    return out;
}

/// Null where it is unknown.
Json outputScore(const core::FeatureRow& row)
{
    return row.outputScore ? Json(*row.outputScore) : Json(nullptr);
}

/// Null where it was never tested.
Json testJson(const std::optional<core::LabelTest>& test)
{
    if (!test)
        return Json(nullptr);
    const auto number
        = [](const std::optional<double>& one) { return one ? Json(*one) : Json(nullptr); };
    Json evidence = Json::array();
    for (const core::LabelEvidence& one : test->evidence)
        evidence.push(Json{{"where", one.where}, {"word", one.word}, {"z", one.z}});
    return Json{{"score", number(test->score)}, {"bar", number(test->bar)}, {"rule", test->rule},
        {"input", test->input}, {"output", test->output}, {"evidence", evidence}};
}

std::string testText(const core::FeatureCard& card)
{
    const auto& test = card.personal ? card.personal : card.suggestion;
    if (!test)
        return "label never tested: suggest-labels does";
    if (!test->score)
        return "cannot be tested";
    if (card.personal)
        return fmt::format("its words predict firing: {:.2f}", *test->score);
    if (test->input.empty())
        return fmt::format("nothing separates its firing well enough ({:.2f}, bar {:.2f})",
            *test->score, test->bar.value_or(1.0));
    return fmt::format("label predicts firing: {:.2f}, by the rule: {}", *test->score, test->rule);
}

std::string readsOrWrites(const core::FeatureRow& row)
{
    return !row.outputScore ? "output score unknown"
                            : fmt::format("output score {:.2g}, {}", *row.outputScore,
                                row.writes() ? "writes" : "reads");
}

struct FeatureOptions {
    std::string workspace, query, feature, text, against, model, dictionary, file, list, sort;
    std::vector<std::string> dictionaries;
    int layer = -1, limit = 20;
    double minOutputScore = 0.0;
    bool isAscending = false, hidesEverywhere = false;
};

/// In the order of FeatureSort.
constexpr const char* kSortNames[]{
    "match", "index", "density", "max", "label", "promotes", "why", "output-score", "label-score"};

core::FeatureSort sortOf(const std::string& name)
{
    const auto found = std::find(std::begin(kSortNames), std::end(kSortNames), name);
    return found == std::end(kSortNames)
        ? core::FeatureSort::Match
        : static_cast<core::FeatureSort>(found - std::begin(kSortNames));
}

/// The dictionaries of the open workspace that stand at a layer.
core::Result<std::vector<std::string>> dictionariesAt(const core::EngineState& state, int layer)
{
    std::vector<std::string> names;
    for (const core::DictionaryInfo& info : state.dictionaries)
        if (info.layer.value == layer)
            names.push_back(info.name);
    if (names.empty())
        return core::fail(core::Error::Code::NotFound,
            fmt::format("--layer {}: the workspace has no dictionary of that layer.", layer));
    return names;
}

core::Result<core::FeatureQuery> openQuery(Context& context, const FeatureOptions& options)
{
    const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace});
    if (!opened)
        return core::fail(opened.error());
    core::FeatureQuery query;
    query.text = options.query;
    query.limit = options.limit;
    query.sort = sortOf(options.sort);
    query.isDescending = !options.isAscending;
    query.minOutputScore = options.minOutputScore;
    query.hideEverywhere = options.hidesEverywhere;
    if (options.layer >= 0) {
        auto names = dictionariesAt(**opened, options.layer);
        if (!names)
            return core::fail(names.error());
        query.dictionaries = std::move(*names);
    }
    return query;
}

/// Hits by concept, best first; an empty concept has none.
core::Result<std::shared_ptr<const core::FeatureList>> hits(
    Context& context, const core::FeatureQuery& query)
{
    if (query.text.empty())
        return std::make_shared<const core::FeatureList>();
    return context.ask(query);
}

/// How many were left out because they fire everywhere, where that was asked for.
void addHidden(Json& json, std::string& text, const core::FeatureList& list)
{
    if (!list.query.hideEverywhere)
        return;
    json.set("hidden_everywhere", list.hiddenEverywhere);
    text += fmt::format("\n{} more fire everywhere and are hidden", list.hiddenEverywhere);
}

int search(Context& context, const FeatureOptions& options)
{
    const auto query = openQuery(context, options);
    if (!query)
        return report(query.error());
    const auto list = hits(context, *query);
    if (!list)
        return report(list.error());
    const auto rows = context.ask(core::FeatureRowsRequest{(*list)->features.toVector()});
    if (!rows)
        return report(rows.error());
    Json results = Json::array();
    std::string text;
    for (std::size_t i = 0; i < (*rows)->size(); ++i) {
        const core::FeatureRow& row = (**rows)[i];
        const double score = (*list)->scores[i];
        const std::string &why = (*list)->why[i], name = spelled(row.feature);
        results.push(Json{{"feature", name}, {"label", row.label.text}, {"score", score},
            {"why", why}, {"output_score", outputScore(row)}});
        text += fmt::format("{}{}\t{:.4f}\t{}\t{}\t{}", text.empty() ? "" : "\n", name, score,
            row.label.text, why, readsOrWrites(row));
    }
    if (text.empty())
        text = "nothing found";
    Json json{{"results", results}, {"total", (*list)->total}};
    addHidden(json, text, **list);
    addNote(json, text, (*list)->note);
    context.print(json, text);
    return kDone;
}

int listFeatures(Context& context, const FeatureOptions& options)
{
    const auto query = openQuery(context, options);
    if (!query)
        return report(query.error());
    const auto found = context.ask(*query);
    if (!found)
        return report(found.error());
    const auto shown
        = (*found)->features.slice(0, static_cast<std::size_t>(std::max(0, options.limit)));
    const auto rows = context.ask(core::FeatureRowsRequest{shown});
    if (!rows)
        return report(rows.error());
    Json results = Json::array();
    std::string text;
    for (const core::FeatureRow& row : **rows) {
        const std::string name = spelled(row.feature);
        results.push(Json{{"feature", name}, {"label", row.label.text}, {"density", row.density},
            {"max_activation", row.maxActivation}, {"output_score", outputScore(row)}});
        text += fmt::format("{}{}\t{:.4f} %\t{:.3f}\t{}\t{}", text.empty() ? "" : "\n", name,
            100 * row.density, row.maxActivation, readsOrWrites(row), row.label.text);
    }
    if (text.empty())
        text = "nothing found";
    Json json{{"results", results}, {"total", (*found)->total}};
    addHidden(json, text, **found);
    context.print(json, text);
    return kDone;
}

/// The model, and the dictionaries that are named or that the workspace knows; the workspace's
/// path.
core::Result<std::string> openFor(Context& context, const FeatureOptions& options)
{
    const auto workspace = context.ask(core::UseWorkspaceRequest{options.workspace});
    if (!workspace)
        return core::fail(workspace.error());
    std::vector<std::string> paths = options.dictionaries;
    if (paths.empty() && options.model != "builtin") // which brings its own
        for (const core::DictionaryInfo& info : (*workspace)->dictionaries)
            paths.push_back(info.path);
    if (const auto opened = context.open(options.model, paths); !opened)
        return core::fail(opened.error());
    return (*workspace)->workspacePath;
}

int mapFeatures(Context& context, const FeatureOptions& options)
{
    const auto workspace = openFor(context, options);
    if (!workspace)
        return report(workspace.error());
    const auto answer = context.ask(core::MapFeaturesRequest{*workspace});
    if (!answer)
        return report(answer.error());
    const core::MapFeaturesSummary& summary = **answer;
    context.print({{"features", summary.features}, {"landmarks", summary.landmarks},
                      {"seconds", summary.seconds}},
        fmt::format("{} features on the map, {} of them laid out, in {:.1f} s", summary.features,
            summary.landmarks, summary.seconds));
    return kDone;
}

int scoreOutputs(Context& context, const FeatureOptions& options)
{
    const auto workspace = openFor(context, options);
    if (!workspace)
        return report(workspace.error());
    const auto answer = context.ask(core::ScoreOutputsRequest{{}, *workspace});
    if (!answer)
        return report(answer.error());
    const core::ScoreOutputsSummary& summary = **answer;
    context.print({{"features", summary.features}, {"writing", summary.writing},
                      {"unknown", summary.unknown}, {"seconds", summary.seconds}},
        fmt::format("{} features in {:.1f} s; {} write", summary.features, summary.seconds,
            summary.writing));
    return kDone;
}

int relatives(Context& context, const FeatureOptions& options)
{
    core::WritingRelativesRequest request;
    request.feature = parseFeature("FEATURE", options.feature);
    request.most = options.limit;
    context.usesWorkspaces = true; // where scores are
    if (const auto opened = context.open(options.model, options.dictionaries); !opened)
        return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    Json out = Json::array();
    std::string text;
    for (const core::WritingRelative& one : (*answer)->relatives) {
        const std::string name = spelled(one.row.feature);
        out.push(Json{{"feature", name}, {"label", one.row.label.text}, {"cosine", one.cosine},
            {"output_score", outputScore(one.row)}});
        text += fmt::format("{}{}\tcosine {:.3f}\t{}\t{}", text.empty() ? "" : "\n", name,
            one.cosine, readsOrWrites(one.row), one.row.label.text);
    }
    context.print({{"relatives", out}}, text.empty() ? "no feature like it writes" : text);
    return kDone;
}

int byText(Context& context, const FeatureOptions& options)
{
    if (const auto opened = context.open(options.model, {options.dictionary}); !opened)
        return report(opened.error());
    const auto features = context.ask(
        core::FeaturesOnTextRequest{options.text, options.against, {}, options.limit, {}});
    if (!features)
        return report(features.error());
    Json results = Json::array();
    std::string text;
    for (const core::FeatureOnText& one : (*features)->features) {
        const std::string name = spelled({one.dictionary, one.feature});
        results.push(
            Json{{"feature", name}, {"activation", one.activation}, {"tokens", one.tokens}});
        text += fmt::format("{}{}\t{:.3f}\t{}", text.empty() ? "" : "\n", name, one.activation,
            fmt::join(one.tokens, " |"));
    }
    Json json{{"results", results}};
    addNote(json, text, (*features)->note);
    context.print(json, text);
    return kDone;
}

int show(Context& context, const FeatureOptions& options)
{
    const core::FeatureRef feature = parseFeature("FEATURE", options.feature);
    if (const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace}); !opened)
        return report(opened.error());
    const auto answer = context.ask(core::FeatureCardRequest{feature});
    if (!answer)
        return report(answer.error());
    const core::FeatureCard* const card = answer->get();
    Json examples = Json::array(), nearest = Json::array(), cofiring = Json::array();
    std::string text = fmt::format("{}: {}\n{}\ndensity {:.4f} %, maximum {:.3f}, {}\n",
        spelled(card->row.feature),
        card->row.label.text.empty() ? "(no label)" : card->row.label.text, testText(*card),
        100 * card->row.density, card->row.maxActivation, readsOrWrites(card->row));
    for (const core::ExampleInterval& interval : card->intervals)
        for (const core::FeatureExample& example : interval.examples)
            examples.push(
                Json{{"low", interval.low}, {"high", interval.high}, {"tokens", example.tokens},
                    {"activations", example.activations}, {"peak", example.peak}});
    for (const core::NearFeature& near : card->nearest)
        nearest.push(Json{
            {"feature", spelled(near.feature)}, {"label", near.label}, {"cosine", near.cosine}});
    for (const core::CofiringFeature& other : card->cofiring)
        cofiring.push(Json{{"feature", spelled(other.feature)}, {"label", other.label},
            {"jaccard", other.jaccard}});
    for (const core::LogitEffect& effect : card->positiveLogits)
        text += fmt::format("  promotes `{}` {:+.3f}\n", effect.text, effect.effect);
    for (const core::LogitEffect& effect : card->raised)
        text += fmt::format("  raises where it fires `{}` {:+.3f}\n", effect.text, effect.effect);
    if (!card->intervals.empty() && !card->intervals.front().examples.empty())
        text += fmt::format(
            "  strongest: {}", fmt::join(card->intervals.front().examples.front().tokens, ""));
    context.print({{"feature", spelled(card->row.feature)}, {"label", toJson(card->row.label)},
                      {"density", card->row.density}, {"max_activation", card->row.maxActivation},
                      {"output_score", outputScore(card->row)}, {"histogram", card->histogram},
                      {"positive_logits", toJson(card->positiveLogits)},
                      {"negative_logits", toJson(card->negativeLogits)},
                      {"raised", toJson(card->raised)}, {"examples", examples},
                      {"nearest", nearest}, {"cofiring", card->knowsCofiring ? cofiring : Json()},
                      {"suggestion_test", testJson(card->suggestion)},
                      {"label_test", testJson(card->personal)}},
        text);
    return kDone;
}

int label(Context& context, const FeatureOptions& options)
{
    const core::FeatureRef feature = parseFeature("FEATURE", options.feature);
    if (const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace}); !opened)
        return report(opened.error());
    if (const auto row = context.ask(core::LabelEdit{feature, {options.text, {}}, true}); !row)
        return report(row.error());
    context.print({{"feature", spelled(feature)}, {"label", options.text}},
        fmt::format("{} is now `{}`", spelled(feature), options.text));
    return kDone;
}

template <typename Request>
int moveLabels(Context& context, const FeatureOptions& options, const char* done)
{
    if (const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace}); !opened)
        return report(opened.error());
    const auto labels = context.ask(Request{options.file});
    if (!labels)
        return report(labels.error());
    context.print({{"labels", **labels}}, fmt::format("{} labels {}", **labels, done));
    return kDone;
}

int exportLabels(Context& context, const FeatureOptions& options)
{
    return moveLabels<core::ExportLabelsRequest>(context, options, "written");
}

int importLabels(Context& context, const FeatureOptions& options)
{
    return moveLabels<core::ImportLabelsRequest>(context, options, "read");
}

int lists(Context& context, const FeatureOptions& options)
{
    if (const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace}); !opened)
        return report(opened.error());
    const auto saved = context.ask(core::SavedListsRequest{});
    if (!saved)
        return report(saved.error());
    Json out = Json::array();
    std::string text;
    for (const core::SavedList& list : (*saved)->lists) {
        Json features = Json::array();
        for (const core::FeatureRef& feature : list.features)
            features.push(spelled(feature));
        out.push(
            Json{{"name", list.name}, {"description", list.description}, {"features", features}});
        text += fmt::format("{}{}\t{} features\t{}", text.empty() ? "" : "\n", list.name,
            list.features.size(), list.description);
    }
    context.print({{"lists", out}}, text.empty() ? "no lists" : text);
    return kDone;
}

int exportList(Context& context, const FeatureOptions& options)
{
    if (const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace}); !opened)
        return report(opened.error());
    const auto count = context.ask(core::ExportSavedListRequest{options.list, options.file});
    if (!count)
        return report(count.error());
    context.print({{"features", **count}}, fmt::format("{} features written", **count));
    return kDone;
}

} // namespace

void addFeatureVerbs(Verb& program)
{
    Verb group = program.verbs("features", "find, read and label features");
    const auto options = std::make_shared<FeatureOptions>();
    const auto verb
        = [&](const char* name, const char* what, int (*run)(Context&, const FeatureOptions&)) {
              Verb one = group.verb(name, what);
              one.runs([options, run](Context& context) { return run(context, *options); });
              return one;
          };
    const auto workspace = [&](Verb& one) {
        one.option("WORKSPACE", options->workspace, "a workspace file, or builtin").required();
    };
    const auto feature
        = [&](Verb& one) { one.option("FEATURE", options->feature, "DICT:INDEX").required(); };
    const auto limit = [&](Verb& one) {
        one.option("--limit", options->limit, "at most so many").positive().showingDefault();
    };
    const auto file = [&](Verb& one) {
        one.option("FILE", options->file, "JSON lines or CSV, by its ending").required();
    };

    const auto choice = [&](Verb& one) {
        one.option("--layer", options->layer, "this layer alone");
        limit(one);
        one.option("--writes", options->minOutputScore,
               "only features with an output score of at least this; from 0.01 on a feature is "
               "said to write")
            .between(0.0, 1.0);
        one.flag("--ascending", options->isAscending, "the smallest first");
        one.flag("--hide-everywhere", options->hidesEverywhere,
            "without features that fire far more often than others of their dictionary");
    };

    Verb listVerb = verb("list", "every feature that fires, sorted", listFeatures);
    workspace(listVerb);
    listVerb.option("--sort", options->sort, "by what, the largest first (max)")
        .oneOf({"index", "density", "max", "label", "promotes", "output-score", "label-score"});
    choice(listVerb);

    Verb mapVerb = verb("map", "makes the map of a harvested workspace's features", mapFeatures);
    workspace(mapVerb);
    mapVerb.option("--model", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    mapVerb
        .option("--dictionary", options->dictionaries,
            "in place of those that the workspace names; repeatable")
        .oneEach();

    Verb scoreVerb = verb("score-outputs",
        "adds output scores to a workspace that was harvested without them", scoreOutputs);
    workspace(scoreVerb);
    scoreVerb.option("--model", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    scoreVerb
        .option("--dictionary", options->dictionaries,
            "in place of those that the workspace names; repeatable")
        .oneEach();

    Verb relativesVerb
        = verb("relatives", "features that write, most like one that may only read", relatives);
    relativesVerb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    feature(relativesVerb);
    relativesVerb.option("--dictionary", options->dictionaries, "a dictionary; repeatable")
        .oneEach();
    limit(relativesVerb);

    Verb searchVerb = verb("search", "by concept: by its words, and by what they mean", search);
    workspace(searchVerb);
    searchVerb
        .option("QUERY", options->query,
            "the concept: words, \"a phrase\", -without; the last word may be a beginning")
        .required();
    searchVerb.option("--sort", options->sort, "by what, the largest first (match)")
        .oneOf({"match", "index", "density", "max", "label", "promotes", "why", "output-score",
            "label-score"});
    choice(searchVerb);

    Verb byTextVerb = verb("by-text", "what fires on a text, or separates it from another", byText);
    byTextVerb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    byTextVerb
        .option("DICT", options->dictionary, "a dictionary, a folder of several, or builtin:NAME")
        .required();
    byTextVerb.option("--text", options->text, "the text").required();
    byTextVerb.option("--against", options->against, "the text to tell it from");
    limit(byTextVerb);

    Verb showVerb = verb("show", "the card of one feature", show);
    workspace(showVerb);
    feature(showVerb);

    Verb labelVerb
        = verb("label", "names a feature; an empty text takes the name away, notes stay", label);
    workspace(labelVerb);
    feature(labelVerb);
    labelVerb.option("TEXT", options->text, "the label").required();

    Verb exportVerb = verb("export-labels", "writes every person's label to a file", exportLabels);
    workspace(exportVerb);
    file(exportVerb);
    Verb importVerb = verb("import-labels", "reads labels from a file", importLabels);
    workspace(importVerb);
    file(importVerb);

    addLabelVerbs(group);
    addSteeringVerb(group);
    addRisenWordsVerb(group);

    Verb listsVerb = verb("lists", "the lists of features that were put together", lists);
    workspace(listsVerb);
    Verb exportListVerb
        = verb("export-list", "writes one list with what is known about its features", exportList);
    workspace(exportListVerb);
    exportListVerb.option("NAME", options->list, "the list").required();
    exportListVerb.option("FILE", options->file, "CSV where it ends in .csv, else JSON").required();
}

} // namespace cli
