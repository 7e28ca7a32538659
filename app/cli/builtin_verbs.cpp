#include "app/cli/context.h"
#include "app/cli/verbs.h"

#include "core/api/builtin.h"

#include <fmt/format.h>

namespace cli {

namespace {

int make(Context& context, const core::MakeBuiltinRequest& request)
{
    const auto made = context.ask(request);
    if (!made)
        return report(made.error());
    context.print({{"out", request.out}, {"seed", request.seed}}, "made in " + request.out);
    return kDone;
}

int check(Context& context, const core::CheckBuiltinRequest& request)
{
    const auto claims = context.ask(request);
    if (!claims)
        return report(claims.error());
    Json list = Json::array();
    std::string text;
    bool allHold = true;
    for (const core::Claim& claim : **claims) {
        list.push(Json{{"name", claim.name}, {"value", claim.value}, {"required", claim.required},
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

void addBuiltinVerbs(Verb& program)
{
    Verb group = program.verbs("builtin", "the built-in model and its dictionaries");

    const auto made = std::make_shared<core::MakeBuiltinRequest>();
    made->seed = 1;
    Verb makeVerb = group.verb(
        "make", "makes them from nothing; about half an hour on two cores, resumes when stopped");
    makeVerb.option("--out", made->out, "the folder to write").required();
    makeVerb.option("--seed", made->seed, "same seed and machine, same files").showingDefault();
    makeVerb.runs([made](Context& context) { return make(context, *made); });

    const auto checked = std::make_shared<core::CheckBuiltinRequest>();
    Verb checkVerb = group.verb("check", "measures every claim about them");
    checkVerb.option(
        "DIR", checked->folder, "another folder made by `builtin make`; none = the built-in one");
    checkVerb.runs([checked](Context& context) { return check(context, *checked); });
}

} // namespace cli
