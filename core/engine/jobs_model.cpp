#include "core/engine/analysis.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/job_support.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"

#include <algorithm>
#include <chrono>

namespace core {

namespace {

/// The hook points that any of the globs names, in the order of the pass; a glob that names none is
/// an error.
Result<std::vector<HookPoint>> pointsFor(const std::vector<std::string>& globs, int n_layers)
{
    std::vector<HookPoint> points;
    const std::vector<HookPoint> all = allHookPoints(n_layers);
    for (const std::string& glob : globs) {
        bool isKnown = false;
        // mlp.hook_out is circuit-tracer's name for the same place.
        if (auto exact = HookPoint::parse(glob); exact && exact->layer.value < n_layers) {
            points.push_back(*exact);
            isKnown = true;
        }
        for (const HookPoint& point : all)
            if (!isKnown && matchesGlob(point.name(), glob))
                points.push_back(point);
        const bool found = isKnown || std::any_of(all.begin(), all.end(), [&](const HookPoint& p) {
            return matchesGlob(p.name(), glob);
        });
        if (!found)
            return fail(Error::Code::NotFound,
                "--hooks " + glob
                    + ": no hook point of this model is called so. Try blocks.*.hook_resid_post.");
    }
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    return points;
}

} // namespace

Result<RunModelSummary> runModelJob(const RunModelRequest& request, const JobControl& control)
{
    return guarded([&]() -> Result<RunModelSummary> {
        auto model = loadForJob(request.model, control);
        if (!model)
            return fail(model.error());
        auto prompt = promptFrom(*model, request.text, request.ids);
        if (!prompt)
            return fail(prompt.error());
        auto points = pointsFor(request.hooks, model->info.n_layers);
        if (!points)
            return fail(points.error());
        const auto begin = std::chrono::steady_clock::now();
        ForwardOptions options;
        options.stop = control.stop;
        auto run = runWithCache(*model->transformer, prompt->tensor(), *points, {}, options);
        if (!run)
            return fail(run.error());
        RunModelSummary summary;
        summary.seconds
            = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        summary.n_tokens = static_cast<std::int64_t>(prompt->ids.size());
        std::vector<std::pair<std::string, at::Tensor>> tensors{
            {"input_ids", prompt->tensor()[0]}, {"logits", run->logits[0].contiguous()}};
        for (const auto& [point, value] : run->cache.values())
            tensors.emplace_back(point.name(), value[0].contiguous());
        for (const auto& [name, value] : tensors)
            summary.written.push_back(name);
        if (auto saved = saveTensors(request.out, tensors); !saved)
            return fail(saved.error());
        return summary;
    });
}

Result<Tokenization> tokenizeJob(
    const std::string& model, const std::string& text, bool addSpecial, const JobControl& control)
{
    return guarded([&]() -> Result<Tokenization> {
        auto tokenizer = Tokenizer::open(modelPath(model, control.resources));
        if (!tokenizer)
            return fail(tokenizer.error());
        auto tokens = (*tokenizer)->encode(text, addSpecial);
        if (!tokens)
            return fail(tokens.error());
        return Tokenization{tokens->ids, tokens->pieces, tokens->offsets};
    });
}

Result<std::string> detokenizeJob(const std::string& model, const std::vector<TokenId>& ids,
    bool skipSpecial, const JobControl& control)
{
    return guarded([&]() -> Result<std::string> {
        auto tokenizer = Tokenizer::open(modelPath(model, control.resources));
        if (!tokenizer)
            return fail(tokenizer.error());
        for (const TokenId id : ids)
            if (id.value < 0 || id.value >= (*tokenizer)->size())
                return fail(Error::Code::NotFound,
                    "--ids: " + std::to_string(id.value) + " is not in the vocabulary (0 to "
                        + std::to_string((*tokenizer)->size() - 1) + ").");
        return (*tokenizer)->decode(ids, skipSpecial);
    });
}

} // namespace core
