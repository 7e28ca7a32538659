#include "core/api/sweet_spot.h"

#include "core/engine/request_table.h"
#include "core/steering/sweet_spot.h"

namespace core {

Result<SweetSpot> run(const SweetSpotRequest& request, const LoadedModel& model, Context& context)
{
    auto prompt = promptFromText(model, request.prompt);
    if (!prompt)
        return fail(prompt.error());
    const FeatureRows rows = context.rows();
    SweetSpotSettings settings;
    settings.skipsBos = prompt->hasBos;
    auto found = findSweetSpot(model.transformer, model.tokenizer, prompt->ids, request.feature,
        model.dictionaries, rows.maxActivation(), settings, context.progress, context.stop);
    if (!found)
        return fail(found.error());
    SweetSpot out;
    out.request = request;
    out.multiple = found->multiple;
    out.note = prompt->note;
    out.strongestWhole = found->strongestWhole;
    out.multiples = settings.multiples;
    out.trials = found->sweep.cells.front();
    out.normal = found->sweep.normal;
    return out;
}

const Handles<SweetSpotRequest> kSweetSpot(Runs::AsAStudy, run);

} // namespace core
