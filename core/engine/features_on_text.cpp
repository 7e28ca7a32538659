#include "core/api/features_on_text.h"

#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

namespace core {

Result<FeaturesOnText> run(
    const FeaturesOnTextRequest& request, const LoadedModel& model, Context& context)
{
    auto chosen = model.dictionariesNamed(request.dictionaries);
    if (!chosen)
        return fail(chosen.error());
    const Dictionaries& dictionaries = *chosen;
    const auto read = [&](const std::string& one) -> Result<std::pair<Prompt, CachedRun>> {
        auto prompt = promptFromText(model, one);
        if (!prompt)
            return fail(prompt.error());
        auto pass = runForDictionaries(model, *prompt, dictionaries, context.stop);
        if (!pass)
            return fail(pass.error());
        return std::pair(std::move(*prompt), std::move(*pass));
    };
    auto main = read(request.text);
    if (!main)
        return fail(main.error());
    Result<std::pair<Prompt, CachedRun>> other = request.against.empty()
        ? Result<std::pair<Prompt, CachedRun>>(*main)
        : read(request.against);
    if (!other)
        return fail(other.error());

    const auto actsOf = [&](const Dictionary& dictionary, const std::pair<Prompt, CachedRun>& run) {
        return dictionary.activations(valueAt(run.second, dictionary.config().hookIn))
            * countedTokens(model, run.first).unsqueeze(-1);
    };
    FeaturesOnText out;
    out.note = main->first.note;
    std::vector<FeatureOnText>& features = out.features;
    for (const auto& dictionary : dictionaries) {
        const at::Tensor acts = actsOf(*dictionary, *main).to(at::kCPU);
        at::Tensor score = std::get<0>(acts.max(0));
        if (!request.against.empty())
            score = score - std::get<0>(actsOf(*dictionary, *other).to(at::kCPU).max(0));
        const auto [values, indices]
            = score.topk(std::min<std::int64_t>(request.limit, score.numel()));
        for (std::int64_t i = 0; i < indices.numel() && values[i].item<float>() > 0; ++i) {
            FeatureOnText one{dictionary->config().name, FeatureId(indices[i].item<std::int64_t>()),
                values[i].item<float>(), {}};
            const at::Tensor column = acts.select(1, one.feature.value);
            for (std::size_t t = 0; t < main->first.tokens.size(); ++t)
                if (column[static_cast<std::int64_t>(t)].item<float>() > 0)
                    one.tokens.push_back(main->first.tokens[t].text);
            features.push_back(std::move(one));
        }
    }
    std::stable_sort(features.begin(), features.end(),
        [](const auto& a, const auto& b) { return a.activation > b.activation; });
    if (static_cast<int>(features.size()) > request.limit)
        features.resize(static_cast<std::size_t>(request.limit));
    return out;
}

const Handles<FeaturesOnTextRequest> kFeaturesOnText(Runs::AsAnAnswer, run);

} // namespace core
