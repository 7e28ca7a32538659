#include "core/api/architecture.h"

#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace core {

Result<ArchitectureView> run(
    const ArchitectureRequest& request, const LoadedModel& model, Context& context)
{
    const RowLookup row = context.rows().lookup();
    auto prompt = promptFromText(model, request.text);
    if (!prompt)
        return fail(prompt.error());
    auto dictionary = model.dictionary(request.dictionary);
    if (!dictionary)
        return fail(dictionary.error());
    if (request.position.value < 0
        || request.position.value >= static_cast<int>(prompt->ids.size()))
        return fail(Error::Code::NotFound,
            "Position " + std::to_string(request.position.value) + " is outside the prompt ("
                + std::to_string(prompt->ids.size()) + " tokens).");
    auto pass = runForDictionaries(model, *prompt, {*dictionary}, context.stop);
    if (!pass)
        return fail(pass.error());

    const DictionaryConfig& config = (*dictionary)->config();
    const at::Tensor all = (*dictionary)->target(valueAt(*pass, config.hookOut)).flatten(1);
    const std::int64_t p = request.position.value;
    const at::Tensor read = valueAt(*pass, config.hookIn).narrow(0, p, 1);
    const at::Tensor target = all[p];
    const Encoding encoding = (*dictionary)->encode(read);
    const at::Tensor hidden_pre = encoding.hidden_pre[0].to(at::kCPU);
    const at::Tensor feature_acts = encoding.feature_acts[0].to(at::kCPU);
    const at::Tensor rebuilt
        = (*dictionary)->target((*dictionary)->decode(encoding.feature_acts, read)).flatten(1)[0];

    ArchitectureView view;
    view.request = request;
    view.dictionary = describe(**dictionary, &model);
    view.token = prompt->tokens[static_cast<std::size_t>(p)].text;
    view.input = floats(read);
    view.target = floats(target);
    view.reconstruction = floats(rebuilt);
    view.reconstructionLoss = (target - rebuilt).square().sum().item<double>();
    view.fvu = tokenFvu(all, rebuilt.unsqueeze(0).expand_as(all), countedTokens(model, *prompt))[p]
                   .item<double>();
    view.nextNormal = mostProbable(model, pass->logits[0][p], 5);

    const at::Tensor firing = feature_acts.ne(0).nonzero().reshape({-1});
    const at::Tensor decoder = (*dictionary)->decoderRows(firing);
    for (std::int64_t i = 0; i < firing.numel(); ++i) {
        const FeatureId id(firing[i].item<std::int64_t>());
        ActiveFeature feature;
        feature.row = row({config.name, id});
        feature.row.layer = config.hookIn.layer;
        feature.hiddenPre = hidden_pre[id.value].item<float>();
        feature.activation = feature_acts[id.value].item<float>();
        feature.decoderColumn = floats(decoder[i]);
        double squares = 0;
        for (const float value : feature.decoderColumn)
            squares += static_cast<double>(value) * value;
        feature.decoderNorm = static_cast<float>(std::sqrt(squares));
        view.sparsityLoss
            += std::abs(static_cast<double>(feature.activation)) * feature.decoderNorm;
        view.active.push_back(std::move(feature));
    }
    std::sort(view.active.begin(), view.active.end(), [](const auto& a, const auto& b) {
        return std::abs(a.activation) > std::abs(b.activation);
    });
    return view;
}

const Handles<ArchitectureRequest> kArchitecture(Runs::AtAClick, run);

} // namespace core
