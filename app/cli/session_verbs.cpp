#include "app/cli/context.h"
#include "app/cli/verbs.h"

#include "core/api/add_dictionaries.h"
#include "core/api/open_model.h"
#include "core/api/session_files.h"

#include <set>

#include <fmt/format.h>

namespace cli {

namespace {

/// The model in the precision of the session, unless another was asked for, and the dictionaries
/// that it does not bring itself.
core::Result<void> openAll(Context& context, const core::SavedSession& session)
{
    core::OpenModelRequest open{session.model.path, {}, {}, true};
    if (context.dtype == "float32")
        open.dtype = session.model.dtype;
    auto state = context.ask(open);
    if (!state)
        return core::fail(state.error());
    std::set<std::string> paths;
    for (const core::SavedDictionary& one : session.dictionaries) {
        const bool isBrought = session.model.path == "builtin" && one.path.starts_with("builtin");
        if (isBrought || !paths.insert(one.path).second)
            continue;
        state = context.ask(core::AddDictionariesRequest{one.path});
        if (!state)
            return core::fail(state.error());
    }
    context.noteRefused((*state)->refused); // all until now
    return {};
}

int runSession(Context& context, const core::ReadSessionRequest& request)
{
    context.usesWorkspaces = true; // multiples of the maximum count what a harvest found
    const auto read = context.ask(request);
    if (!read)
        return report(read.error());
    const core::SavedSession& session = (*read)->session;
    if (const auto opened = openAll(context, session); !opened)
        return report(opened.error());
    const auto replay = context.ask(core::ReplaySessionRequest{session.steps});
    if (!replay)
        return report(replay.error());
    Json steps = Json::array();
    std::string text;
    int different = 0;
    for (const core::ReplayedStep& step : (*replay)->steps) {
        Json one{{"what", step.what}, {"same", step.same}};
        if (!step.same)
            one.set("difference", step.difference);
        steps.push(one);
        different += step.same ? 0 : 1;
        text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", step.what,
            step.same ? "the same" : step.difference);
    }
    for (const std::string& note : (*read)->notes)
        text += "\n(" + note + ")";
    context.print({{"steps", steps}, {"notes", (*read)->notes}},
        text.empty() ? "The session has no steps: nothing was run in it." : text);
    return different == 0 ? kDone : kFailed;
}

} // namespace

void addSessionVerbs(Verb& program)
{
    Verb verbs = program.verbs("session", "sessions that the window saved");
    const auto request = std::make_shared<core::ReadSessionRequest>();
    Verb verb = verbs.verb(
        "run", "run again what a session ran, and hold the numbers against the saved ones");
    verb.option("FILE", request->path, "a session that the window saved").required();
    verb.option("--model", request->model, "where its model lies on this machine");
    verb.option("--dictionary", request->dictionaries,
            "where its dictionaries lie on this machine; may be repeated")
        .oneEach();
    verb.runs([request](Context& context) { return runSession(context, *request); });
}

} // namespace cli
