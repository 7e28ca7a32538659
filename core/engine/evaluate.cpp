#include "core/api/evaluate.h"

#include "core/engine/measure_dictionary.h"
#include "core/engine/request_table.h"

namespace core {

Result<DictionaryQuality> run(
    const EvaluateRequest& request, const LoadedModel& model, Context& context)
{
    auto found = model.dictionary(request.dictionary);
    if (!found)
        return fail(found.error());
    const Dictionary& dictionary = **found;
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    Dictionaries crossLayers;
    if (dictionary.config().isCrossLayer) {
        auto layers = model.crossLayersOf(dictionary.config());
        if (!layers)
            return fail(layers.error());
        crossLayers = std::move(*layers);
    }
    const auto measured = measureDictionary(model, dictionary, crossLayers,
        {request.text, request.corpusPath, request.tokens, request.textField}, *start, context);
    if (!measured)
        return fail(measured.error());
    if (!request.featuresOut.empty())
        if (auto written
            = writeFeatureFigures(request.featuresOut, dictionary, measured->evaluation);
            !written)
            return fail(written.error());
    return measured->quality;
}

const Handles<EvaluateRequest> kEvaluate(Runs::InBackground, run);

} // namespace core
