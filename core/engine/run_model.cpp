#include "core/api/run_model.h"

#include "core/engine/request_table.h"
#include "core/model/tensor_io.h"
#include "core/model/transformer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// The hook points that one of the globs names; an error when there is none.
Result<std::vector<HookPoint>> pointsFor(const std::string& glob, int n_layers)
{
    // Names that people use for a place may not be the one the program writes.
    if (auto exact = HookPoint::parse(glob); exact && exact->layer.value < n_layers)
        return std::vector<HookPoint>{*exact};
    std::vector<HookPoint> points = allHookPoints(n_layers);
    std::erase_if(points, [&](const HookPoint& one) { return !matchesGlob(one.name(), glob); });
    if (points.empty())
        return fail(Error::Code::NotFound,
            "--hooks " + glob
                + ": no hook point of this model is called so. Try blocks.*.hook_resid_post.");
    return points;
}

/// A pass that keeps what the globs name, by name; a glob may also name places that this family of
/// models has not, but not only such.
Result<std::map<std::string, at::Tensor>> runKeeping(const Transformer& model,
    const at::Tensor& ids, const std::vector<std::string>& globs, at::Tensor& logits,
    std::stop_token stop)
{
    std::map<HookPoint, at::Tensor> kept;
    std::set<HookPoint> wanted;
    std::vector<std::vector<HookPoint>> named;
    for (const std::string& glob : globs) {
        auto points = pointsFor(glob, model.config().n_layers);
        if (!points)
            return fail(points.error());
        wanted.insert(points->begin(), points->end());
        named.push_back(std::move(*points));
    }
    Hooks hooks;
    for (const HookPoint& point : wanted)
        hooks.on(point, [&kept, point](at::Tensor& value) { kept[point] = value; });
    ForwardOptions options;
    options.stop = stop;
    auto out = model.forward(ids, hooks, options);
    if (!out)
        return fail(out.error());
    for (std::size_t i = 0; i < globs.size(); ++i)
        if (std::none_of(named[i].begin(), named[i].end(),
                [&](const HookPoint& point) { return kept.contains(point); }))
            return fail(Error::Code::NotFound,
                "--hooks " + globs[i] + ": " + model.config().name + " (" + model.config().modelType
                    + ") has no such place in its pass. `--hooks '*'` writes all that it has.");
    logits = *out;
    std::map<std::string, at::Tensor> byName;
    for (const auto& [point, value] : kept)
        byName[point.name()] = value;
    return byName;
}

at::Tensor forFile(const at::Tensor& value)
{
    return value.to(at::kCPU, at::kFloat).contiguous();
}

} // namespace

Result<RunModelSummary> run(
    const RunModelRequest& request, const LoadedModel& model, Context& context)
{
    auto prompt = promptFrom(model, request.text, request.ids);
    if (!prompt)
        return fail(prompt.error());
    const at::NoGradGuard noGrad;
    const auto begin = std::chrono::steady_clock::now();
    at::Tensor logits;
    const auto kept
        = runKeeping(*model.transformer, prompt->tensor(), request.hooks, logits, context.stop);
    if (!kept)
        return fail(kept.error());
    RunModelSummary summary;
    summary.seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    summary.n_tokens = static_cast<std::int64_t>(prompt->ids.size());
    std::vector<std::pair<std::string, at::Tensor>> tensors{
        {"input_ids", prompt->tensor()[0]}, {"logits", forFile(logits[0])}};
    for (const auto& [name, value] : *kept)
        tensors.emplace_back(name, forFile(value[0]));
    for (const auto& [name, value] : tensors)
        summary.written.push_back(name);
    if (auto saved = saveTensors(request.out, tensors); !saved)
        return fail(saved.error());
    return summary;
}

const Handles<RunModelRequest> kRunModel(Runs::AsAnAnswer, run);

} // namespace core
