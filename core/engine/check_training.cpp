#include "core/engine/check_training.h"

#include "core/dictionary/saved_form.h"
#include "core/engine/training_settings.h"
#include "core/engine/training_sweep.h"
#include "core/model/activation_cache.h"
#include "core/model/resources.h"
#include "core/training/check_options.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

/// How wide each place is, seen on two tokens; refuses those that hold more than a vector a token.
Result<std::map<HookPoint, std::int64_t>> widthsAt(
    const LoadedModel& model, const std::vector<HookPoint>& points)
{
    const at::NoGradGuard noGrad;
    const at::Tensor ids = at::zeros({1, 2}, at::kLong);
    ForwardOptions options;
    for (const HookPoint& point : points)
        options.stopAtLayer = std::max<int>(options.stopAtLayer, point.layer.value + 1);
    const auto run = runWithCache(*model.transformer, ids, points, {}, options);
    if (!run)
        return fail(run.error());
    std::map<HookPoint, std::int64_t> widths;
    for (const HookPoint& point : points) {
        const auto found = run->cache.values().find(point);
        if (found == run->cache.values().end())
            return fail(Error::Code::Unsupported,
                "hook_name: this model has no place " + point.name() + ". Choose another.");
        const at::Tensor& value = found->second;
        if (value.dim() != 3 || value.size(0) != 1 || value.size(1) != 2)
            return fail(Error::Code::Unsupported,
                fmt::format("hook_name is {}, which holds numbers of each head and no single "
                            "vector for each token. Choose a place of the residual stream or of an "
                            "MLP, for instance blocks.{}.hook_resid_post.",
                    point.name(), point.layer.value));
        widths[point] = value.size(2);
    }
    return widths;
}

} // namespace

Result<void> checkTraining(const DictionaryTrainingConfig& config, const LoadedModel& model)
{
    if (auto checked = checkSweep(config); !checked)
        return checked;
    if (const auto form = savedType(config.dtype); !form)
        return fail(form.error());
    const auto layers = trainedLayers(config, model.info, {});
    if (!layers)
        return fail(layers.error());
    const auto all = sweptOptions(config, *layers);
    if (!all)
        return fail(all.error());
    std::vector<HookPoint> points;
    for (const DictionaryTrainerOptions& options : *all)
        points.insert(points.end(), {options.hookIn, options.hookOut});
    const auto widths = widthsAt(model, points);
    if (!widths)
        return fail(widths.error());
    if (!config.startFrom.empty())
        return {}; // how many features there are is that dictionary's
    double numbers = 0;
    const auto count = static_cast<std::int64_t>(layers->size());
    for (const DictionaryTrainerOptions& options : *all) {
        const std::int64_t d_in = widths->at(options.hookIn), d_out = widths->at(options.hookOut);
        if (auto checked = checkOptions(options, d_in); !checked)
            return checked;
        if (options.isTranscoder() && options.objective == DictionaryObjective::TopK)
            return fail(Error::Code::Unsupported,
                "architecture: no file format holds a TopK transcoder with a ReLU. Choose "
                "batchtopk, which is saved as JumpReLU.");
        // A feature of layer l of a cross-layer transcoder writes to n - l layers.
        const std::int64_t written
            = config.isCrossLayer ? count - options.hookIn.layer.value : std::int64_t(1);
        numbers += static_cast<double>(featuresOf(options, d_in))
            * static_cast<double>(d_in + written * d_out);
    }
    if (config.isCrossLayer)
        if (auto checked = checkCrossLayerOptions(*all); !checked)
            return checked;
    constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
    constexpr double kCopies = 4, kBytes = 4; // weights, gradients, Adam's two moments; float32
    const double bytes = kCopies * kBytes * numbers;
    const auto free = static_cast<double>(freeMemoryBytes());
    if (free > 0 && bytes > free)
        return fail(Error::Code::OutOfMemory,
            fmt::format("To train so many features takes {:.1f} GiB (weights, gradients and Adam's "
                        "moments), and {:.1f} GiB are free. Take a smaller d_sae or "
                        "expansion_factor, or fewer layers.",
                bytes / kGiB, free / kGiB));
    return {};
}

} // namespace core
