#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/verbs.h"

#include "core/api/engine_state.h"
#include "core/api/feature_rows.h"
#include "core/api/label_report.h"
#include "core/api/list_features.h"
#include "core/api/score_labels.h"
#include "core/api/suggest_labels.h"
#include "core/api/use_workspace.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace cli {

namespace {

struct LabelOptions {
    std::string workspace, file;
    std::vector<std::string> dictionaries;
    int limit = 20;
    bool isAscending = false;
};

Json scoreJson(const std::optional<double>& score)
{
    return score ? Json(*score) : Json(nullptr);
}

std::string scoreText(const std::optional<double>& score)
{
    return score ? fmt::format("{:.2f}", *score) : "-";
}

/// The quantiles that a person looks at, of 101.
Json quantilesJson(const std::vector<float>& quantiles)
{
    if (quantiles.empty())
        return Json(nullptr);
    return Json{{"q05", quantiles[5]}, {"q25", quantiles[25]}, {"q50", quantiles[50]},
        {"q75", quantiles[75]}, {"q95", quantiles[95]}};
}

std::string quantilesText(const std::vector<float>& quantiles)
{
    return quantiles.empty() ? "not tested"
                             : fmt::format("{:.2f} {:.2f} {:.2f} {:.2f} {:.2f}", quantiles[5],
                                 quantiles[25], quantiles[50], quantiles[75], quantiles[95]);
}

Json reportsJson(const std::vector<core::LabelReport>& reports)
{
    Json out = Json::array();
    for (const core::LabelReport& report : reports)
        out.push(Json{{"dictionary", report.dictionary}, {"features", report.features},
            {"tested", report.tested}, {"labelled", report.labelled}, {"exact", report.isExact},
            {"scores", quantilesJson(report.scores)},
            {"shuffled", quantilesJson(report.shuffled)}});
    return out;
}

std::string reportsText(const std::vector<core::LabelReport>& reports)
{
    std::string text;
    for (const core::LabelReport& report : reports)
        text += fmt::format("{}{}\t{} of {} features labelled\tscores {}\tshuffled {}{}",
            text.empty() ? "" : "\n", report.dictionary, report.labelled, report.features,
            quantilesText(report.scores), quantilesText(report.shuffled),
            report.isExact ? "" : "\t(an older harvest: harvest again for better labels)");
    return text.empty() ? text
                        : "quantiles 5 25 50 75 95 %, of features and of features with their "
                          "firing places shuffled\n"
            + text;
}

int labels(Context& context, const LabelOptions& options)
{
    const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace});
    if (!opened)
        return report(opened.error());
    const auto reports = context.ask(core::LabelReportRequest{options.dictionaries});
    if (!reports)
        return report(reports.error());
    core::FeatureQuery query;
    query.dictionaries = options.dictionaries;
    query.sort = core::FeatureSort::LabelScore;
    query.isDescending = !options.isAscending;
    const auto found = context.ask(query);
    if (!found)
        return report(found.error());
    const auto rows = context.ask(core::FeatureRowsRequest{
        (*found)->features.slice(0, static_cast<std::size_t>(options.limit))});
    if (!rows)
        return report(rows.error());
    Json results = Json::array();
    std::string text = reportsText(**reports);
    for (const core::FeatureRow& row : **rows) {
        const char* source = row.label.source == core::LabelSource::Person ? "person"
            : row.label.source == core::LabelSource::Suggested             ? "suggested"
                                                                           : "none";
        results.push(Json{{"feature", spelled(row.feature)}, {"label", row.label.text},
            {"source", source}, {"score", scoreJson(row.label.score)}});
        text += fmt::format("\n{}\t{}\t{}", spelled(row.feature), scoreText(row.label.score),
            row.label.text.empty() ? "(no label)" : row.label.text);
    }
    context.print({{"dictionaries", reportsJson(**reports)}, {"results", results}}, text);
    return kDone;
}

int suggest(Context& context, const LabelOptions& options)
{
    const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace});
    if (!opened)
        return report(opened.error());
    const auto made = context.ask(core::SuggestLabelsRequest{options.dictionaries, {}});
    if (!made)
        return report(made.error());
    context.print(
        {{"dictionaries", reportsJson((*made)->dictionaries)}, {"seconds", (*made)->seconds}},
        fmt::format("{}\n{:.1f} s", reportsText((*made)->dictionaries), (*made)->seconds));
    return kDone;
}

int score(Context& context, const LabelOptions& options)
{
    if (const auto opened = context.ask(core::UseWorkspaceRequest{options.workspace}); !opened)
        return report(opened.error());
    const auto scored = context.ask(core::ScoreLabelsRequest{options.file});
    if (!scored)
        return report(scored.error());
    Json results = Json::array();
    std::string text;
    for (const core::ScoredLabel& one : **scored) {
        results.push(Json{{"feature", spelled(one.feature)}, {"label", one.text},
            {"score", scoreJson(one.score)}, {"bar", scoreJson(one.bar)}, {"rule", one.rule}});
        text += fmt::format("{}{}\t{}\t{}", text.empty() ? "" : "\n", spelled(one.feature),
            one.score ? fmt::format("its words predict firing: {:.2f}", *one.score)
                      : "cannot be tested",
            one.text);
    }
    context.print({{"results", results}}, text.empty() ? "no labels" : text);
    return kDone;
}

} // namespace

void addLabelVerbs(Verb& features)
{
    const auto options = std::make_shared<LabelOptions>();
    const auto verb = [&](const char* name, const char* what,
                          int (*run)(Context&, const LabelOptions&)) {
        Verb one = features.verb(name, what);
        one.option("WORKSPACE", options->workspace, "a workspace file, or builtin").required();
        one.runs([options, run](Context& context) { return run(context, *options); });
        return one;
    };
    const auto dictionaries = [&](Verb& one) {
        one.option(
               "--dictionary", options->dictionaries, "only of this dictionary; may be repeated")
            .oneEach();
    };
    Verb list = verb("labels",
        "labels by how well they predict firing on held-out text, and what chance gives", labels);
    dictionaries(list);
    list.option("--limit", options->limit, "at most so many features")
        .notNegative()
        .showingDefault();
    list.flag("--ascending", options->isAscending, "the lowest score first");
    Verb make = verb("suggest-labels",
        "suggests labels anew from what the workspace holds, without a model; persons' labels stay",
        suggest);
    dictionaries(make);
    Verb test = verb("score-labels",
        "how well the words of labels predict firing: of a file, or of persons' labels", score);
    test.option("FILE", options->file, "labels as export-labels writes them");
}

} // namespace cli
