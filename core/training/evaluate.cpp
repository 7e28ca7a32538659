#include "core/training/evaluate.h"

#include "core/model/activation_cache.h"
#include "core/training/token_windows.h"

#include <ATen/ATen.h>

namespace core {

namespace {

/// Sums of squares around a mean that is known only at the end.
class VarianceSum {
public:
    void add(const at::Tensor& rows)
    {
        const at::Tensor wide = rows.to(at::kDouble);
        m_squares += wide.square().sum().item<double>();
        const at::Tensor sum = wide.sum(0);
        m_sum = m_sum.defined() ? m_sum + sum : sum;
        m_count += rows.size(0);
    }
    double total() const
    {
        return m_squares - m_sum.square().sum().item<double>() / static_cast<double>(m_count);
    }

private:
    at::Tensor m_sum;
    double m_squares = 0.0;
    std::int64_t m_count = 0;
};

at::Tensor rowsOf(const at::Tensor& value, const at::Tensor& kept)
{
    return value.reshape({-1, value.size(-1)}).index_select(0, kept);
}

/// Puts `rows` over the kept positions of a copy of `value`; what is not kept stays as it is.
at::Tensor withRows(const at::Tensor& value, const at::Tensor& kept, const at::Tensor& rows)
{
    return value.reshape({-1, value.size(-1)}).index_copy(0, kept, rows).view(value.sizes());
}

class Evaluation {
public:
    Evaluation(const Transformer& model, const Dictionary& dictionary, std::stop_token stop)
        : m_model(model)
        , m_dictionary(dictionary)
        , m_in(dictionary.config().hookIn)
        , m_out(dictionary.config().hookOut)
    {
        m_options.stop = stop;
        m_result.firings.assign(static_cast<std::size_t>(dictionary.config().d_sae), 0);
    }

    Result<void> add(const CorpusCover::Batch& batch)
    {
        const at::Tensor counts = batch.isKept.logical_and(batch.isSpecial.logical_not());
        const at::Tensor kept = counts.flatten().nonzero().squeeze(1);
        if (kept.numel() == 0)
            return {};
        const Result<CachedRun> clean
            = runWithCache(m_model, batch.ids, {m_in, m_out}, {}, m_options);
        if (!clean)
            return fail(clean.error());
        const at::Tensor reconstruction = addReconstruction(
            rowsOf(clean->cache.at(m_in), kept), rowsOf(clean->cache.at(m_out), kept));
        const auto rerun = [&](const at::Tensor& rows) {
            Hooks hooks;
            hooks.on(m_out, [&](at::Tensor& value) { value = withRows(value, kept, rows); });
            return m_model.forward(batch.ids, hooks, m_options);
        };
        const Result<at::Tensor> spliced = rerun(reconstruction);
        if (!spliced)
            return fail(spliced.error());
        const Result<at::Tensor> zeroed = rerun(at::zeros_like(reconstruction));
        if (!zeroed)
            return fail(zeroed.error());
        addLosses(batch, counts, clean->logits, *spliced, *zeroed);
        return {};
    }

    DictionaryEvaluation finish()
    {
        DictionaryEvaluation result = m_result;
        const auto tokens = static_cast<double>(std::max<std::int64_t>(result.tokens, 1));
        result.l0 /= tokens;
        const double total = m_variance.total();
        result.fvu = total > 0.0 ? m_squaredError / total : 0.0;
        result.explainedVariance = 1.0 - result.fvu;
        const auto predictions = static_cast<double>(std::max<std::int64_t>(m_predictions, 1));
        for (double* mean : {&result.ceClean, &result.ceDictionary, &result.ceZero, &result.kl})
            *mean /= predictions;
        const double worth = result.ceZero - result.ceClean;
        result.ceScore = worth == 0.0 ? 0.0 : (result.ceZero - result.ceDictionary) / worth;
        const auto dead = std::count(result.firings.begin(), result.firings.end(), 0);
        result.deadFraction
            = static_cast<double>(dead) / static_cast<double>(result.firings.size());
        return result;
    }

    std::int64_t tokens() const { return m_result.tokens; }

private:
    at::Tensor addReconstruction(const at::Tensor& x, const at::Tensor& y)
    {
        const at::Tensor acts = m_dictionary.encode(x).feature_acts;
        const at::Tensor reconstruction = m_dictionary.decode(acts, x);
        const at::Tensor fired = acts.ne(0).sum(0).contiguous();
        const std::int64_t* counts = fired.data_ptr<std::int64_t>();
        for (std::size_t f = 0; f < m_result.firings.size(); ++f) {
            m_result.firings[f] += counts[f];
            m_result.l0 += static_cast<double>(counts[f]);
        }
        m_result.tokens += x.size(0);
        m_squaredError += (y - reconstruction).to(at::kDouble).square().sum().item<double>();
        m_variance.add(y);
        return reconstruction;
    }

    /// Predictions count where the token read and the token predicted are both this window's own,
    /// and the token read is not special (SAELens filters by the token read).
    void addLosses(const CorpusCover::Batch& batch, const at::Tensor& counts,
        const at::Tensor& clean, const at::Tensor& spliced, const at::Tensor& zeroed)
    {
        const std::int64_t T = batch.ids.size(1);
        const at::Tensor reads
            = counts.narrow(1, 0, T - 1).logical_and(batch.isKept.narrow(1, 1, T - 1));
        const at::Tensor where = reads.reshape({-1}).nonzero().squeeze(1);
        if (where.numel() == 0)
            return;
        const at::Tensor target
            = batch.ids.narrow(1, 1, T - 1).reshape({-1, 1}).index_select(0, where);
        const auto logProbabilities = [&](const at::Tensor& logits) {
            return rowsOf(logits.narrow(1, 0, T - 1), where).log_softmax(-1);
        };
        const auto loss = [&](const at::Tensor& log) {
            return -log.gather(1, target).sum(at::kDouble).item<double>();
        };
        const at::Tensor a = logProbabilities(clean), b = logProbabilities(spliced);
        m_result.ceClean += loss(a);
        m_result.ceDictionary += loss(b);
        m_result.ceZero += loss(logProbabilities(zeroed));
        m_result.kl += (a.exp() * (a - b)).sum(at::kDouble).item<double>();
        m_predictions += where.size(0);
    }

    const Transformer& m_model;
    const Dictionary& m_dictionary;
    HookPoint m_in, m_out;
    ForwardOptions m_options;
    DictionaryEvaluation m_result;
    VarianceSum m_variance;
    double m_squaredError = 0.0;
    std::int64_t m_predictions = 0;
};

} // namespace

Result<DictionaryEvaluation> evaluateDictionary(const Transformer& model,
    const Dictionary& dictionary, std::shared_ptr<const TokenCorpus> corpus,
    const EvaluationOptions& options, const ProgressFn& progress, std::stop_token stop)
{
    const at::NoGradGuard noGrad;
    if (auto fits = fitsModel(dictionary.config(), model.config()); !fits)
        return fail(fits.error());
    const CorpusCover cover(std::move(corpus), options.context_size, options.maxTokens);
    if (cover.keptTokens() == 0)
        return fail(Error::Code::Unsupported,
            "The text to measure on is empty, or holds special tokens only.");
    Evaluation evaluation(model, dictionary, stop);
    for (std::int64_t first = 0; first < cover.windows(); first += options.batchWindows) {
        if (stop.stop_requested())
            return cancelled();
        if (auto added = evaluation.add(cover.batch(first, options.batchWindows)); !added)
            return fail(added.error());
        if (progress)
            progress(
                {"Measuring the dictionary", evaluation.tokens(), cover.keptTokens(), "tokens"});
    }
    return evaluation.finish();
}

} // namespace core
