#include "core/training/absorption.h"

#include "core/training/logistic_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace core {

namespace {

double f1OfScores(const at::Tensor& scores, const at::Tensor& isPositive)
{
    const at::Tensor says = scores.gt(0);
    const double both = says.logical_and(isPositive).sum().item<double>();
    const double all = says.sum().item<double>() + isPositive.sum().item<double>();
    return all > 0 ? 2 * both / all : 0;
}

/// One label against all others.
struct OneAgainstAll {
    at::Tensor train, test; ///< Rows of each half, int64.
    at::Tensor trainIs, testIs; ///< Whether they have the label.
};

/// The features whose mean is highest above that of the other labels, and how many of them it takes
/// before one more gains less than the options ask.
void chooseMainFeatures(const LabelledVectors& examples, const OneAgainstAll& rows,
    const AbsorptionOptions& options, AbsorbedClass& out)
{
    const at::Tensor train = examples.features.index_select(0, rows.train);
    const auto meanWhere = [&](const at::Tensor& which) {
        return train.index_select(0, which.nonzero().squeeze(1)).mean(0);
    };
    const at::Tensor above = meanWhere(rows.trainIs) - meanWhere(rows.trainIs.logical_not());
    const at::Tensor order
        = std::get<1>(above.topk(std::min<std::int64_t>(options.mostFeatures, above.size(0))));
    double best = -1.0;
    for (std::int64_t k = 1; k <= order.size(0); ++k) {
        const at::Tensor own = order.narrow(0, 0, k);
        const LogisticProbe probe
            = fitLogistic(train.index_select(1, own), rows.trainIs, {.isBalanced = true});
        const double f1 = f1OfScores(
            probe.scores(examples.features.index_select(1, own).index_select(0, rows.test)),
            rows.testIs);
        if (f1 <= best + options.splitGain)
            break;
        best = out.featureF1 = f1;
        out.mainFeatures.assign(own.data_ptr<std::int64_t>(), own.data_ptr<std::int64_t>() + k);
    }
}

/// Of one example: what features write along the probe's direction against what the model has
/// there.
struct ExampleAbsorption {
    double fraction = 0;
    bool isFull = false;
};

/// `written` [d_sae]: each feature's activation times what its decoder row has along the direction;
/// `cosines` of the rows with it.
ExampleAbsorption absorbedOf(const at::Tensor& acts, const at::Tensor& written,
    const at::Tensor& cosines, double projection, const std::vector<std::int64_t>& mainFeatures,
    const AbsorptionOptions& options)
{
    const at::Tensor main = at::tensor(mainFeatures, at::kLong);
    ExampleAbsorption out;
    if (projection <= 0)
        return out;
    const double ofMain = written.index_select(0, main).sum().item<double>();
    at::Tensor others
        = at::where(cosines.ge(options.fractionCosine), written, at::zeros_like(written))
              .clamp_min(0);
    others = others.index_fill(0, main, 0);
    const double absorbing
        = std::get<0>(others.topk(std::min<std::int64_t>(options.mostAbsorbing, others.size(0))))
              .sum()
              .item<double>();
    if (ofMain < projection && absorbing / projection >= options.least) {
        if (ofMain <= 0) {
            out.fraction = 1;
        } else {
            const double absorbed = std::min(absorbing, projection - ofMain);
            out.fraction = std::clamp(absorbed / (absorbed + ofMain), 0.0, 1.0);
        }
    }
    const std::int64_t top = written.argmax().item<std::int64_t>();
    constexpr double kSilent = 1e-8;
    out.isFull = acts.index_select(0, main).abs().max().item<double>() < kSilent
        && cosines[top].item<double>() >= options.fullCosine
        && written[top].item<double>() / projection >= options.least;
    return out;
}

} // namespace

Result<std::vector<AbsorbedClass>> featureAbsorption(const LabelledVectors& examples,
    const at::Tensor& decoder, const AbsorptionOptions& options, const ProgressFn& progress,
    const std::stop_token& stop)
{
    const at::NoGradGuard noGrad;
    std::vector<AbsorbedClass> all;
    if (examples.labels.empty())
        return all;
    const at::Tensor labels = at::tensor(examples.labels, at::kInt);
    const at::Tensor isTest
        = at::tensor(std::vector<int>(examples.isTest.begin(), examples.isTest.end()), at::kInt)
              .ne(0);
    OneAgainstAll rows;
    rows.train = isTest.logical_not().nonzero().squeeze(1);
    rows.test = isTest.nonzero().squeeze(1);
    const at::Tensor lengths = decoder.norm(2, 1).clamp_min(1e-12);
    const int count = *std::max_element(examples.labels.begin(), examples.labels.end()) + 1;
    for (int label = 0; label < count; ++label) {
        if (stop.stop_requested())
            return cancelled();
        if (progress)
            progress({"Looking for absorption", label, count, "labels"});
        rows.trainIs = labels.eq(label).index_select(0, rows.train);
        rows.testIs = labels.eq(label).index_select(0, rows.test);
        const auto hasBoth = [&](const at::Tensor& is) {
            const auto yes = is.sum().item<std::int64_t>();
            return yes >= options.leastExamples && is.size(0) - yes >= options.leastExamples;
        };
        if (!hasBoth(rows.trainIs) || !hasBoth(rows.testIs))
            continue;
        AbsorbedClass one;
        one.label = label;
        const LogisticProbe probe = fitLogistic(
            examples.x.index_select(0, rows.train), rows.trainIs, {.isBalanced = true});
        const at::Tensor scores = probe.scores(examples.x.index_select(0, rows.test));
        one.probeF1 = f1OfScores(scores, rows.testIs);
        chooseMainFeatures(examples, rows, options, one);
        const at::Tensor direction
            = (probe.weight / probe.weight.norm().clamp_min(1e-12)).to(at::kFloat);
        const at::Tensor along = at::mv(decoder, direction), cosines = along / lengths;
        const at::Tensor known
            = rows.test.index_select(0, rows.testIs.logical_and(scores.gt(0)).nonzero().squeeze(1));
        one.examples = known.size(0);
        for (std::int64_t i = 0; i < known.size(0); ++i) {
            const std::int64_t row = known[i].item<std::int64_t>();
            const at::Tensor acts = examples.features[row];
            const ExampleAbsorption found = absorbedOf(acts, acts * along, cosines,
                examples.x[row].dot(direction).item<double>(), one.mainFeatures, options);
            one.fraction += found.fraction;
            one.full += found.isFull;
        }
        if (one.examples > 0) {
            one.fraction /= static_cast<double>(one.examples);
            one.full /= static_cast<double>(one.examples);
        }
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace core
