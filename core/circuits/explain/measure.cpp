#include "core/circuits/explain/measure.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

namespace {

double activationOf(
    const InterventionRun& run, const Dictionaries& dictionaries, const FeatureAt& at)
{
    for (std::size_t d = 0; d < dictionaries.size(); ++d)
        if (dictionaries[d]->config().hookIn.layer == at.layer)
            return run.activations[d]
                .feature_acts[at.position.value][at.feature.value]
                .item<double>();
    return 0.0;
}

BoxValues valuesOf(const InterventionRun& run, const Dictionaries& dictionaries,
    const std::vector<MeasuredBox>& boxes, const GraphLogit& answer)
{
    BoxValues values;
    for (const MeasuredBox& box : boxes) {
        double sum = 0;
        for (const FeatureAt& at : box.features)
            sum += activationOf(run, dictionaries, at);
        values.activations.push_back(sum);
    }
    const std::int64_t position
        = answer.position.isValid() ? answer.position.value : run.logits.size(0) - 1;
    const at::Tensor logits = run.logits[position].to(at::kCPU, at::kDouble);
    values.logit = logits[answer.token.value].item<double>();
    if (answer.minus.isValid())
        values.logit -= logits[answer.minus.value].item<double>();
    values.probability = at::softmax(logits, -1)[answer.token.value].item<double>();
    return values;
}

} // namespace

Result<MeasuredBoxes> measureBoxes(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, const std::vector<MeasuredBox>& boxes,
    const GraphLogit& answer, bool freezesAttention, const ProgressFn& progress,
    std::stop_token stop)
{
    MeasuredBoxes measured;
    const auto passes = std::ssize(boxes) + 1;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
        InterventionOptions options;
        options.freezeAttention = freezesAttention;
        options.keepActivations = true;
        options.stop = stop;
        std::vector<Intervention> changes;
        if (pass > 0) {
            const MeasuredBox& box = boxes[static_cast<std::size_t>(pass - 1)];
            if (box.word.isValid())
                options.averagedTokens = {box.word};
            for (const FeatureAt& at : box.features) {
                auto change = clampAt(dictionaries, at, 0.0);
                if (!change)
                    return fail(change.error());
                changes.push_back(std::move(*change));
            }
        }
        const auto run = intervene(model, dictionaries, ids, changes, options);
        if (!run)
            return fail(run.error());
        BoxValues values = valuesOf(*run, dictionaries, boxes, answer);
        if (pass == 0)
            measured.whole = std::move(values);
        else
            measured.without.push_back(std::move(values));
        if (progress)
            progress({"Taking boxes out", pass + 1, passes, "passes"});
    }
    return measured;
}

} // namespace core
