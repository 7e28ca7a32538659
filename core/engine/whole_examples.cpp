#include "core/api/whole_examples.h"

#include "core/engine/feature_directions.h"
#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace core {

Result<std::vector<FeatureExample>> run(
    const WholeExamplesRequest& request, const LoadedModel& model, Context& context)
{
    const c10::InferenceMode inference;
    const auto dictionary = dictionaryOf(model, request.feature);
    if (!dictionary)
        return fail(dictionary.error());
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    std::vector<FeatureExample> examples;
    for (const std::int64_t id : request.passages) {
        context.progress({"Reading whole passages", static_cast<std::int64_t>(examples.size()),
            static_cast<std::int64_t>(request.passages.size()), "passages"});
        const auto passage = (*reader)->passage(id);
        if (!passage)
            return fail(passage.error());
        const auto prompt = promptFromIds(model, passage->tokens);
        if (!prompt)
            return fail(prompt.error());
        const auto pass = runForDictionaries(model, *prompt, {*dictionary}, context.stop);
        if (!pass)
            return fail(pass.error());
        const at::Tensor acts = (*dictionary)
                                    ->activationsOf(valueAt(*pass, (*dictionary)->config().hookIn),
                                        std::vector<FeatureId>{request.feature.feature})
                                    .select(-1, 0)
            * countedTokens(model, *prompt);
        FeatureExample example;
        example.passage = id;
        for (const float value : floats(acts))
            example.activations.push_back(std::max(0.0f, value)); // fires: above zero
        for (const TokenInfo& token : prompt->tokens)
            example.tokens.push_back(token.text);
        example.peak = static_cast<int>(
            std::max_element(example.activations.begin(), example.activations.end())
            - example.activations.begin());
        examples.push_back(std::move(example));
    }
    return examples;
}

const Handles<WholeExamplesRequest> kWholeExamples(Runs::AsAnAnswer, run);

} // namespace core
