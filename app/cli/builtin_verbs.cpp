#include "app/cli/context.h"

#include <fmt/format.h>

namespace cli {

namespace {

int make(const Context& context, const std::string& out, std::uint64_t seed)
{
    const auto made = core::makeBuiltinJob(out, seed, context.control());
    if (!made)
        return report(made.error());
    context.print({{"out", out}, {"seed", seed}}, "made in " + out);
    return kDone;
}

int check(const Context& context, const std::string& folder)
{
    const auto claims = core::checkBuiltinJob(folder, context.control());
    if (!claims)
        return report(claims.error());
    nlohmann::json list = nlohmann::json::array();
    std::string text;
    bool allHold = true;
    for (const core::Claim& claim : *claims) {
        list.push_back({{"name", claim.name}, {"value", claim.value}, {"required", claim.required},
            {"at_most", claim.isAtMost}, {"must_hold", claim.isRequired}, {"holds", claim.holds},
            {"note", claim.note}});
        text += fmt::format("{}{:<9} {:<52} {:>9.4f}  {} {:.4g}  {}", text.empty() ? "" : "\n",
            claim.holds            ? "holds"
                : claim.isRequired ? "FAILS"
                                   : "measured",
            claim.name, claim.value, claim.isAtMost ? "<=" : ">=", claim.required, claim.note);
        allHold = allHold && (claim.holds || !claim.isRequired);
    }
    context.print({{"claims", list}}, text);
    return allHold ? kDone : kFailed;
}

} // namespace

void addBuiltinVerbs(CLI::App& app, Context& context)
{
    CLI::App* group = app.add_subcommand("builtin", "the built-in model and its dictionaries");
    group->require_subcommand(1);

    auto out = std::make_shared<std::string>();
    auto seed = std::make_shared<std::uint64_t>(1);
    CLI::App* makeVerb = group->add_subcommand(
        "make", "makes them from nothing; about half an hour on two cores, resumes when stopped");
    makeVerb->add_option("--out", *out, "the folder to write")->required();
    makeVerb->add_option("--seed", *seed, "same seed and machine, same files")
        ->capture_default_str();
    onChosen(*makeVerb, context, [&context, out, seed] { return make(context, *out, *seed); });

    auto folder = std::make_shared<std::string>();
    CLI::App* checkVerb = group->add_subcommand("check", "measures every claim about them");
    checkVerb->add_option(
        "DIR", *folder, "another folder made by `builtin make`; none = the built-in one");
    onChosen(*checkVerb, context, [&context, folder] { return check(context, *folder); });
}

} // namespace cli
