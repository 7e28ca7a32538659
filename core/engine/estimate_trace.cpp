#include "core/api/estimate_trace.h"

#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <chrono>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

/// Floating-point operations a second of a product as tracing makes them.
double productSpeed(const at::Device& device)
{
    constexpr std::int64_t kRows = 1024, kWidth = 768;
    const at::NoGradGuard noGrad;
    const at::Tensor a = at::rand({kRows, kWidth}, at::TensorOptions().device(device)),
                     b = at::rand({kWidth, kWidth}, at::TensorOptions().device(device));
    at::mm(a, b).sum().item<float>(); // The first call starts the threads.
    double best = 1e-9;
    for (int i = 0; i < 3; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        at::mm(a, b).sum().item<float>();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = std::max(best, 2.0 * kRows * kWidth * kWidth / took.count());
    }
    return best;
}

} // namespace

Result<TraceEstimate> run(
    const EstimateTraceRequest& asked, const LoadedModel& model, Context& context)
{
    const TraceRequest& request = asked.trace;
    const auto input = graphInput(model, request.prompt, request.ids, request.dictionaries);
    if (!input)
        return fail(input.error());
    auto options = attributionOptions(model, request, *input);
    if (!options)
        return fail(options.error());
    ReplacementOptions build;
    build.stop = context.stop;
    build.zeroedPositions = options->zeroedPositions;
    const auto replacement
        = buildReplacementModel(model.transformer, input->dictionaries, input->prompt.ids, build);
    if (!replacement)
        return fail(replacement.error());
    const auto logits
        = std::ssize(chooseLogits(replacement->logits, options->settings, options->targets));
    TraceEstimate out;
    out.request = request;
    out.tokens = static_cast<int>(input->prompt.ids.size());
    out.activeFeatures = replacement->activeFeatures();
    const auto cost = attributionCost(*replacement, logits, *options);
    if (!cost)
        return fail(cost.error());
    out.tracedFeatures = cost->tracedFeatures;
    out.nodes = cost->nodes;
    out.matrixBytes = cost->matrixBytes;
    out.workBytes = cost->workBytes;
    out.limitBytes = cost->limitBytes;
    out.seconds = cost->flops / productSpeed(model.transformer->device());
    const std::int64_t wanted = request.settings.maxFeatures > 0
        ? std::min<std::int64_t>(request.settings.maxFeatures, out.activeFeatures)
        : out.activeFeatures;
    if (out.tracedFeatures < wanted)
        out.note = fmt::format("{} of {} active features fit into {:.1f} GB; those with the most "
                               "influence are traced.",
            out.tracedFeatures, out.activeFeatures, static_cast<double>(out.limitBytes) / 1e9);
    else if (out.tracedFeatures < out.activeFeatures)
        out.note = fmt::format("{} of {} active features are traced, as the budget asks.",
            out.tracedFeatures, out.activeFeatures);
    if (!input->prompt.note.empty())
        out.note = input->prompt.note + (out.note.empty() ? "" : " ") + out.note;
    return out;
}

const Handles<EstimateTraceRequest> kEstimateTrace(Runs::AtAClick, run);

} // namespace core
