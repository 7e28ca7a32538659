#include "core/api/compare_features.h"

#include "core/engine/feature_directions.h"
#include "core/engine/request_table.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

std::optional<double> cosineOf(const at::Tensor& a, const at::Tensor& b)
{
    if (a.size(0) != b.size(0))
        return std::nullopt;
    const at::Tensor left = a.to(at::kCPU, at::kDouble), right = b.to(at::kCPU, at::kDouble);
    const double lengths = left.norm().item<double>() * right.norm().item<double>();
    return lengths > 0 ? std::optional(left.dot(right).item<double>() / lengths) : std::nullopt;
}

} // namespace

Result<FeatureLikeness> run(
    const CompareFeaturesRequest& request, const LoadedModel& model, Context&)
{
    const c10::InferenceMode inference;
    const auto left = dictionaryOf(model, request.left), right = dictionaryOf(model, request.right);
    if (!left || !right)
        return fail(!left ? left.error() : right.error());
    const auto written = [](const Dictionary& dictionary, FeatureId feature) {
        return dictionary.decoderRows(std::vector<FeatureId>{feature})[0];
    };
    const auto read = [](const Dictionary& dictionary, FeatureId feature) {
        return dictionary.encoderRows(at::full({1}, std::int64_t(feature.value), at::kLong))[0];
    };
    FeatureLikeness out{request.left, request.right, {}, {}, false, false};
    out.decoderCosine
        = cosineOf(written(**left, request.left.feature), written(**right, request.right.feature));
    out.encoderCosine
        = cosineOf(read(**left, request.left.feature), read(**right, request.right.feature));
    out.writeAtOnePlace = (*left)->config().hookOut == (*right)->config().hookOut;
    out.readAtOnePlace = (*left)->config().hookIn == (*right)->config().hookIn;
    return out;
}

const Handles<CompareFeaturesRequest> kCompareFeatures(Runs::AtAClick, run);

} // namespace core
