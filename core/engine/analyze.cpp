#include "core/api/analyze.h"

#include "core/engine/prompt_run.h"
#include "core/engine/request_table.h"

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
    out.activeFeatures = (peaks > 0).sum().item<std::int64_t>();
    const at::Tensor perToken = (acts != 0).sum(-1).to(at::kCPU, at::kInt).contiguous();
    out.l0.assign(perToken.data_ptr<int>(), perToken.data_ptr<int>() + perToken.numel());
    const at::Tensor rebuilt = dictionary.target(dictionary.decode(acts, x)).flatten(1);
    out.fvu = floats(tokenFvu(target, rebuilt, counted));

    const std::int64_t shown = std::min<std::int64_t>(topFeatures, out.activeFeatures);
    const auto [values, indices] = peaks.topk(shown);
    const at::Tensor traces = acts.index_select(1, indices).t().contiguous(); // [shown, T]
    for (std::int64_t i = 0; i < shown; ++i) {
        FeatureTrace trace;
        trace.row = row({config.name, FeatureId(indices[i].item<std::int64_t>())});
        trace.row.layer = config.hookIn.layer;
        trace.activations = floats(traces[i]);
        trace.peak = values[i].item<float>();
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
