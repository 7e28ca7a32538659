#include "core/engine/analysis.h"

#include "core/model/activation_cache.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace core {

namespace {

std::vector<float> floats(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// 1 for tokens that count, 0 for special ones, [T].
at::Tensor countedTokens(const LoadedModel& model, const Prompt& prompt)
{
    const at::Tensor counted = at::ones({static_cast<std::int64_t>(prompt.ids.size())});
    for (std::size_t i = 0; i < prompt.ids.size(); ++i)
        if (model.tokenizer->isSpecial(prompt.ids[i]))
            counted[static_cast<std::int64_t>(i)] = 0.0f;
    return counted.to(model.transformer->device());
}

Result<CachedRun> runForDictionaries(const LoadedModel& model, const Prompt& prompt,
    const Dictionaries& dictionaries, std::stop_token stop)
{
    std::set<HookPoint> points;
    for (const auto& dictionary : dictionaries) {
        points.insert(dictionary->config().hookIn);
        points.insert(dictionary->config().hookOut);
    }
    ForwardOptions options;
    options.stop = stop;
    return runWithCache(*model.transformer, prompt.tensor(model.transformer->device()),
        {points.begin(), points.end()}, {}, options);
}

/// The activation that a dictionary reads, [T, ..] as its hook point shapes it.
at::Tensor valueAt(const CachedRun& run, HookPoint point)
{
    return run.cache.at(point)[0];
}

/// Unexplained share per token: squared error over the squared distance from the mean of the
/// counted tokens.
at::Tensor tokenFvu(const at::Tensor& target, const at::Tensor& rebuilt, const at::Tensor& counted)
{
    const at::Tensor weights = counted.unsqueeze(-1);
    const at::Tensor mean = (target * weights).sum(0) / weights.sum().clamp_min(1.0);
    return (target - rebuilt).square().sum(-1) / (target - mean).square().sum(-1).clamp_min(1e-12);
}

DictionaryAnalysis analyzeOne(const Dictionary& dictionary, const CachedRun& run,
    const at::Tensor& counted, int topFeatures, const RowLookup& row)
{
    const DictionaryConfig& config = dictionary.config();
    const at::Tensor x = valueAt(run, config.hookIn);
    const at::Tensor target = dictionary.target(valueAt(run, config.hookOut)).flatten(1);
    const at::Tensor acts = dictionary.activations(x); // [T, d_sae]
    const at::Tensor peaks = std::get<0>((acts * counted.unsqueeze(-1)).max(0)); // [d_sae]

    DictionaryAnalysis out;
    out.dictionary = config.name;
    out.activeFeatures = (peaks > 0).sum().item<std::int64_t>();
    const at::Tensor perToken = (acts > 0).sum(-1).to(at::kCPU, at::kInt).contiguous();
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

Result<PromptAnalysis> analyzePrompt(const LoadedModel& model, const AnalyzeRequest& request,
    const RowLookup& row, std::stop_token stop)
{
    auto prompt = promptFromText(model, request.text);
    if (!prompt)
        return fail(prompt.error());
    auto dictionaries = model.dictionariesNamed(request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    auto run = runForDictionaries(model, *prompt, *dictionaries, stop);
    if (!run)
        return fail(run.error());

    PromptAnalysis out;
    out.request = request;
    out.model = model.info.name;
    out.tokens = prompt->tokens;
    out.hasBos = prompt->hasBos;
    const at::Tensor counted = countedTokens(model, *prompt);
    for (const auto& dictionary : *dictionaries) {
        if (stop.stop_requested())
            return cancelled();
        out.dictionaries.push_back(
            analyzeOne(*dictionary, *run, counted, request.topFeatures, row));
    }
    const at::Tensor logits = run->logits[0].to(at::kCPU, at::kFloat); // [T, d_vocab]
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

Result<ArchitectureView> viewArchitecture(const LoadedModel& model,
    const ArchitectureRequest& request, const RowLookup& row, std::stop_token stop)
{
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
    auto run = runForDictionaries(model, *prompt, {*dictionary}, stop);
    if (!run)
        return fail(run.error());

    const DictionaryConfig& config = (*dictionary)->config();
    const at::Tensor all = (*dictionary)->target(valueAt(*run, config.hookOut)).flatten(1);
    const std::int64_t p = request.position.value;
    const at::Tensor read = valueAt(*run, config.hookIn).narrow(0, p, 1);
    const at::Tensor target = all[p];
    const Encoding encoding = (*dictionary)->encode(read);
    const at::Tensor hidden_pre = encoding.hidden_pre[0].to(at::kCPU);
    const at::Tensor feature_acts = encoding.feature_acts[0].to(at::kCPU);
    const at::Tensor rebuilt
        = (*dictionary)->target((*dictionary)->decode(encoding.feature_acts, read)).flatten(1)[0];

    ArchitectureView view;
    view.request = request;
    view.dictionary = describe(**dictionary, &model.transformer->config());
    view.token = prompt->tokens[static_cast<std::size_t>(p)].text;
    view.input = floats(read);
    view.target = floats(target);
    view.reconstruction = floats(rebuilt);
    view.reconstructionLoss = (target - rebuilt).square().sum().item<double>();
    view.fvu = tokenFvu(all, rebuilt.unsqueeze(0).expand_as(all), countedTokens(model, *prompt))[p]
                   .item<double>();
    view.nextNormal = mostProbable(model, run->logits[0][p], 5);

    const at::Tensor firing = feature_acts.gt(0).nonzero().reshape({-1});
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
        view.sparsityLoss += static_cast<double>(feature.activation) * feature.decoderNorm;
        view.active.push_back(std::move(feature));
    }
    std::sort(view.active.begin(), view.active.end(),
        [](const auto& a, const auto& b) { return a.activation > b.activation; });
    return view;
}

Result<std::vector<FeatureOnText>> featuresOnText(const LoadedModel& model,
    const Dictionaries& dictionaries, const std::string& text, const std::string& against,
    int limit, std::stop_token stop)
{
    const auto read = [&](const std::string& one) -> Result<std::pair<Prompt, CachedRun>> {
        auto prompt = promptFromText(model, one);
        if (!prompt)
            return fail(prompt.error());
        auto run = runForDictionaries(model, *prompt, dictionaries, stop);
        if (!run)
            return fail(run.error());
        return std::pair(std::move(*prompt), std::move(*run));
    };
    auto main = read(text);
    if (!main)
        return fail(main.error());
    Result<std::pair<Prompt, CachedRun>> other
        = against.empty() ? Result<std::pair<Prompt, CachedRun>>(*main) : read(against);
    if (!other)
        return fail(other.error());

    const auto actsOf = [&](const Dictionary& dictionary, const std::pair<Prompt, CachedRun>& run) {
        return dictionary.activations(valueAt(run.second, dictionary.config().hookIn))
            * countedTokens(model, run.first).unsqueeze(-1);
    };
    std::vector<FeatureOnText> out;
    for (const auto& dictionary : dictionaries) {
        const at::Tensor acts = actsOf(*dictionary, *main).to(at::kCPU);
        at::Tensor score = std::get<0>(acts.max(0));
        if (!against.empty())
            score = score - std::get<0>(actsOf(*dictionary, *other).to(at::kCPU).max(0));
        const auto [values, indices] = score.topk(std::min<std::int64_t>(limit, score.numel()));
        for (std::int64_t i = 0; i < indices.numel() && values[i].item<float>() > 0; ++i) {
            FeatureOnText one{dictionary->config().name, FeatureId(indices[i].item<std::int64_t>()),
                values[i].item<float>(), {}};
            const at::Tensor column = acts.select(1, one.feature.value);
            for (std::size_t t = 0; t < main->first.tokens.size(); ++t)
                if (column[static_cast<std::int64_t>(t)].item<float>() > 0)
                    one.tokens.push_back(main->first.tokens[t].text);
            out.push_back(std::move(one));
        }
    }
    std::stable_sort(out.begin(), out.end(),
        [](const auto& a, const auto& b) { return a.activation > b.activation; });
    if (static_cast<int>(out.size()) > limit)
        out.resize(static_cast<std::size_t>(limit));
    return out;
}

} // namespace core
