#include "core/api/session_files.h"

#include "core/engine/request_table.h"
#include "core/session/session_json.h"
#include "core/session/step_record.h"

namespace core {

Result<ReplayResult> run(const ReplaySessionRequest& request, const LoadedModel&, Context& context)
{
    ReplayResult result;
    for (const SavedStep& step : request.steps) {
        ReplayedStep replayed;
        replayed.what = nameOfStep(step.request);
        // Parts are for whoever asked for the step itself.
        Context alone{context.bench, context.thread, context.stop, context.progress, {}};
        const auto answer = std::visit(
            [&](const auto& asked) -> Result<SavedStep::Answer> {
                using Asked = std::decay_t<decltype(asked)>;
                const RequestWork* const work = findWork(Asked::kName);
                auto done = work->run(&asked, alone);
                if (!done)
                    return fail(std::move(done.error()));
                return SavedStep::Answer(
                    std::static_pointer_cast<const typename Asked::Answer>(*done));
            },
            step.request);
        if (context.stop.stop_requested())
            return cancelled();
        replayed.difference = answer
            ? differenceOf(asRead(step.record), asRead(recordOf(*answer, RecordDepth::Whole)))
            : answer.error().message;
        replayed.same = replayed.difference.empty();
        result.steps.push_back(std::move(replayed));
        context.progress(
            {"Replaying", std::ssize(result.steps), std::ssize(request.steps), "steps"});
    }
    return result;
}

const Handles<ReplaySessionRequest> kReplaySession(Runs::AsAStudy, run);

} // namespace core
