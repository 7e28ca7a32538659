#include "app/cli/context.h"
#include "app/cli/verbs.h"

#include "core/api/known_features.h"

#include <fmt/format.h>

namespace cli {

namespace {

int trainOnKnownFeatures(Context& context, const core::KnownFeaturesRequest& request)
{
    const auto table = context.ask(request);
    if (!table)
        return report(table.error());
    const core::KnownFeaturesTable& known = **table;
    Json rows = Json::array();
    std::string text = fmt::format(
        "{} features in {} dimensions, {:g} on a token; SAEs of {} latents, {} tokens; found from "
        "cosine {:g} on\n{:<18}{:>7}{:>7}{:>8}{:>11}{:>7}{:>12}{:>9}{:>10}{:>8}{:>8}{:>7}{:>9}",
        known.features, known.width, known.trueL0, known.latents, known.tokens, known.bar,
        "architecture", "MMCS", "back", "recall", "precision", "F1", "absorption", "missed",
        "parents", "L0", "FVU", "dead", "seconds");
    for (const core::KnownFeaturesRow& row : known.rows) {
        rows.push(Json{{"architecture", row.architecture}, {"mmcs", row.mmcs},
            {"mmcs_back", row.mmcsBack}, {"recall", row.recall}, {"precision", row.precision},
            {"f1", row.f1}, {"absorption", row.absorption}, {"parent_missed", row.parentMissed},
            {"parents", row.parents}, {"parents_found", row.parentsFound}, {"l0", row.l0},
            {"true_l0", row.trueL0}, {"fvu", row.fvu}, {"dead_fraction", row.deadFraction},
            {"seconds", row.seconds}});
        text += fmt::format("\n{:<18}{:>7.3f}{:>7.3f}{:>8.3f}{:>11.3f}{:>7.3f}{:>12.3f}{:>9.3f}"
                            "{:>10}{:>8.2f}{:>8.4f}{:>6.0f}%{:>9.1f}",
            row.architecture, row.mmcs, row.mmcsBack, row.recall, row.precision, row.f1,
            row.absorption, row.parentMissed, fmt::format("{}/{}", row.parentsFound, row.parents),
            row.l0, row.fvu, 100 * row.deadFraction, row.seconds);
    }
    context.print({{"width", known.width}, {"features", known.features}, {"latents", known.latents},
                      {"tokens", known.tokens}, {"true_l0", known.trueL0}, {"bar", known.bar},
                      {"results", rows}},
        text);
    return kDone;
}

} // namespace

void addKnownFeaturesVerb(Verb& train)
{
    const auto request = std::make_shared<core::KnownFeaturesRequest>();
    Verb verb = train.verb("known-features",
        "SAEs of every architecture on made-up activations whose features are known: what each "
        "finds");
    verb.option("--architecture", request->architectures, "only this one; may be repeated")
        .oneEach();
    verb.option("--width", request->width, "length of an activation").showingDefault();
    verb.option("--families", request->families, "parents, each with three children")
        .showingDefault();
    verb.option("--groups", request->groups, "groups of four features that fire together")
        .showingDefault();
    verb.option("--alone", request->alone, "features that fire independently of all others")
        .showingDefault();
    verb.option("--l0", request->l0, "features that fire on a token").showingDefault();
    verb.option("--latents", request->latents, "features of the SAE; 0 = as many as the world has")
        .showingDefault();
    verb.option("--tokens", request->tokens, "trained on").showingDefault();
    verb.option("--k", request->k, "of the architectures with a k; 0 = the world's L0")
        .showingDefault();
    verb.option("--lambda", request->lambda, "of those with a penalty; 0 = their default")
        .showingDefault();
    verb.option("--lr", request->learningRate, "learning rate; 0 = the default").showingDefault();
    verb.option("--bar", request->bar, "cosine from which on a feature counts as found")
        .showingDefault();
    verb.option("--seed", request->seed, "same seed, same world").showingDefault();
    verb.runs([request](Context& context) { return trainOnKnownFeatures(context, *request); });
}

} // namespace cli
