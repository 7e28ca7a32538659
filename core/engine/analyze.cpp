#include "core/api/analyze.h"

#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"
#include "core/model/host_copy.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

namespace {

DictionaryAnalysis analyzeOne(const Dictionary& dictionary, const CachedRun& run,
    const at::Tensor& counted, int topFeatures, const RowLookup& row)
{
    const DictionaryConfig& config = dictionary.config();
    const at::Tensor x = valueAt(run, config.hookIn);
    const at::Tensor target = dictionary.target(valueAt(run, config.hookOut)).flatten(1);
    const at::Tensor acts = dictionary.activations(x); // [T, d_sae]
    const at::Tensor peaks = std::get<0>((acts * counted.unsqueeze(-1)).abs().max(0)); // [d_sae]

    DictionaryAnalysis out;
    out.dictionary = config.name;
    const at::Tensor rebuilt = dictionary.target(dictionary.decode(acts, x)).flatten(1);
    const auto [values, indices]
        = peaks.topk(std::min<std::int64_t>(std::max(topFeatures, 0), config.d_sae));
    // By one copy from a device; counts are small enough to be exact as float32.
    const std::vector<at::Tensor> host = toHost({values, acts.index_select(1, indices).t(),
        (acts != 0).sum(-1), tokenFvu(target, rebuilt, counted), (peaks > 0).sum()});
    const at::Tensor features = indices.to(at::kCPU), &peak = host[0], &traces = host[1];
    for (const float l0 : floats(host[2]))
        out.l0.push_back(static_cast<int>(l0));
    out.fvu = floats(host[3]);
    out.activeFeatures = static_cast<std::int64_t>(host[4].item<float>());

    const std::int64_t shown = std::min<std::int64_t>(features.numel(), out.activeFeatures);
    for (std::int64_t i = 0; i < shown; ++i) {
        FeatureTrace trace;
        trace.row = row({config.name, FeatureId(features[i].item<std::int64_t>())});
        trace.row.layer = config.hookIn.layer;
        trace.activations = floats(traces[i]);
        trace.peak = peak[i].item<float>();
        out.features.push_back(std::move(trace));
    }
    return out;
}

} // namespace

Result<PromptAnalysis> run(
    const AnalyzeRequest& request, const LoadedModel& model, Context& context)
{
    const RowLookup row = context.rows().lookup();
    auto prompt = promptFromText(model, request.text);
    if (!prompt)
        return fail(prompt.error());
    auto dictionaries = model.dictionariesNamed(request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    auto pass = runForDictionaries(model, *prompt, *dictionaries, context.stop);
    if (!pass)
        return fail(pass.error());

    PromptAnalysis out;
    out.request = request;
    out.model = model.info.name;
    out.tokens = prompt->tokens;
    out.hasBos = prompt->hasBos;
    out.note = prompt->note;
    const at::Tensor counted = countedTokens(model, *prompt);
    for (const auto& dictionary : *dictionaries) {
        if (context.stop.stop_requested())
            return cancelled();
        out.dictionaries.push_back(
            analyzeOne(*dictionary, *pass, counted, request.topFeatures, row));
    }
    const at::Tensor logits = pass->logits[0].to(at::kCPU, at::kFloat); // [T, d_vocab]
    out.next = mostProbable(model, logits[-1], 10);
    out.tokenLoss.push_back(0.0f);
    if (prompt->ids.size() > 1) {
        const at::Tensor logprobs = at::log_softmax(logits.slice(0, 0, -1), -1);
        const at::Tensor next = prompt->tensor()[0].slice(0, 1).unsqueeze(-1);
        for (const float loss : floats(-logprobs.gather(-1, next)))
            out.tokenLoss.push_back(loss);
    }
    return out;
}

const Handles<AnalyzeRequest> kAnalyze(Runs::AtAClick, run);

} // namespace core
