#include "core/steering/risen_words.h"

#include "core/engine/feature_directions.h"
#include "core/engine/request_table.h"

namespace core {

Result<RisenWords> run(const RisenWordsRequest& request, const LoadedModel& model, Context& context)
{
    if (const auto known = dictionaryOf(model, request.feature); !known)
        return fail(known.error());
    const auto prompt = promptFromText(model, request.prompt);
    if (!prompt)
        return fail(prompt.error());
    const FeatureRows rows = context.rows();
    auto risen = risenWords(*model.transformer, model.tokenizer, prompt->ids, request,
        model.dictionaries, rows.maxActivation(), prompt->hasBos, context.progress, context.stop);
    if (risen)
        risen->note = prompt->note;
    return risen;
}

const Handles<RisenWordsRequest> kRisenWords(Runs::AsAStudy, run);

} // namespace core
