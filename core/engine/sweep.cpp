#include "core/steering/sweep.h"

#include "core/engine/request_table.h"
#include "core/engine/steering_checks.h"

namespace core {

Result<Sweep> run(const SweepRequest& request, const LoadedModel& model, Context& context)
{
    for (const SweepRequest::Row& row : request.rows)
        if (auto checked = checkGuard(row.guard); !checked)
            return fail(checked.error());
    auto prompt = request.isChat ? chatPrompt(model, {}, request.prompt)
                                 : promptFromText(model, request.prompt);
    if (!prompt)
        return fail(prompt.error());
    const FeatureRows rows = context.rows();
    auto sweep = runSweep(*model.transformer, model.tokenizer, prompt->ids, request,
        model.dictionaries, rows.maxActivation(), prompt->hasBos, context.progress, context.stop);
    if (sweep)
        sweep->note = prompt->note;
    return sweep;
}

const Handles<SweepRequest> kSweep(Runs::AsAStudy, run);

} // namespace core
