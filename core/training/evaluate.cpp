#include "core/training/evaluate.h"

#include "core/model/activation_cache.h"
#include "core/model/massive_rows.h"
#include "core/training/token_windows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

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

/// The kept positions of a value [B, T, ..]: [n, ..], heads apart where the value has them.
at::Tensor rowsOf(const at::Tensor& value, const at::Tensor& kept)
{
    return value.flatten(0, 1).index_select(0, kept);
}

/// Puts `rows` over the kept positions of a copy of `value`; what is not kept stays as it is.
at::Tensor withRows(const at::Tensor& value, const at::Tensor& kept, const at::Tensor& rows)
{
    return value.flatten(0, 1)
        .index_copy(0, kept, rows.to(value.scalar_type()))
        .view(value.sizes());
}

class Evaluation {
public:
    /// `pause` is called between the passes of a batch.
    Evaluation(const Transformer& model, const Dictionary& dictionary, Dictionaries crossLayers,
        std::stop_token stop, std::function<void()> pause)
        : m_model(model)
        , m_dictionary(dictionary)
        , m_crossLayers(std::move(crossLayers))
        , m_in(dictionary.config().hookIn)
        , m_out(dictionary.config().hookOut)
        , m_pause(std::move(pause))
    {
        m_options.stop = stop;
        m_result.firings.assign(static_cast<std::size_t>(dictionary.config().d_sae), 0);
        m_result.documents = m_result.firings;
        m_points = {m_in, m_out};
        for (const auto& layer : m_crossLayers)
            m_points.push_back(layer->config().hookIn);
        std::sort(m_points.begin(), m_points.end());
        m_points.erase(std::unique(m_points.begin(), m_points.end()), m_points.end());
    }

    Result<void> add(CorpusCover::Batch batch)
    {
        const at::Tensor counts = batch.isKept.logical_and(batch.isSpecial.logical_not());
        at::Tensor kept = counts.flatten().nonzero().squeeze(1).to(m_model.device());
        if (kept.numel() == 0)
            return {};
        const Result<CachedRun> clean = runWithCache(m_model, batch.ids, m_points, {}, m_options);
        if (!clean)
            return fail(clean.error());
        m_pause();
        kept = withoutMassive(clean->cache.at(m_in), kept);
        const auto read = [&](HookPoint point) { return rowsOf(clean->cache.at(point), kept); };
        const at::Tensor y = read(m_out);
        const Result<at::Tensor> reconstruction = reconstructed(read);
        if (!reconstruction)
            return fail(reconstruction.error());
        count(read(m_in), m_dictionary.target(y), m_dictionary.target(*reconstruction),
            kept.div(batch.ids.size(1), "floor"), batch.ids.size(0));
        m_pause();
        const auto rerun = [&](const at::Tensor& rows) {
            Hooks hooks;
            hooks.on(m_out, [&](at::Tensor& value) { value = withRows(value, kept, rows); });
            return m_model.forward(batch.ids, hooks, m_options);
        };
        const Result<at::Tensor> spliced = rerun(*reconstruction);
        if (!spliced)
            return fail(spliced.error());
        m_pause();
        const Result<at::Tensor> zeroed = rerun(zeroedOut(y));
        if (!zeroed)
            return fail(zeroed.error());
        m_pause();
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
        for (double* mean : {&result.ceClean, &result.ceDictionary, &result.ceZero})
            *mean /= predictions;
        result.kl /= tokens;
        result.klZero /= tokens;
        result.klScore = result.klZero <= 0.0 ? 0.0 : (result.klZero - result.kl) / result.klZero;
        result.reconstruction = m_reconstruction.quality();
        const double worth = result.ceZero - result.ceClean;
        result.ceScore = worth == 0.0 ? 0.0 : (result.ceZero - result.ceDictionary) / worth;
        const auto dead = std::count(result.firings.begin(), result.firings.end(), 0);
        result.deadFraction
            = static_cast<double>(dead) / static_cast<double>(result.firings.size());
        return result;
    }

    std::int64_t tokens() const { return m_result.tokens; }

private:
    /// The kept positions of what the dictionary reads, massive ones apart: they are not rebuilt.
    at::Tensor withoutMassive(const at::Tensor& input, const at::Tensor& kept)
    {
        const at::Tensor lengths = rowLengths(rowsOf(input, kept));
        const at::Tensor left = kept.index({lengths.le(massiveLimit(lengths))});
        m_result.massiveTokens += kept.size(0) - left.size(0);
        return left;
    }

    /// What stands in for the value at m_out, as that value is shaped.
    Result<at::Tensor> reconstructed(const std::function<at::Tensor(HookPoint)>& read) const
    {
        if (m_crossLayers.empty())
            return m_dictionary.reconstruct(read(m_in));
        std::vector<at::Tensor> inputs;
        for (const auto& layer : m_crossLayers)
            inputs.push_back(read(layer->config().hookIn));
        auto outputs = reconstructLayers(m_crossLayers, inputs);
        if (!outputs)
            return fail(outputs.error());
        return outputs->at(m_out.layer.index());
    }

    at::Tensor zeroedOut(const at::Tensor& y) const
    {
        const int head = m_dictionary.config().headOut;
        if (head < 0)
            return at::zeros_like(y);
        at::Tensor rows = y.clone();
        rows.select(-2, head).zero_();
        return rows;
    }

    /// `rows` [n]: the document of each vector, among `documentsInBatch`.
    void count(const at::Tensor& x, const at::Tensor& target, const at::Tensor& rebuilt,
        const at::Tensor& rows, std::int64_t documentsInBatch)
    {
        const at::Tensor acts = m_dictionary.activations(x);
        const at::Tensor perRow = at::zeros({documentsInBatch, acts.size(1)}, acts.options())
                                      .index_add_(0, rows, acts.ne(0).to(acts.scalar_type()));
        const at::Tensor fired = perRow.sum(0, false, at::kDouble).to(at::kCPU).contiguous();
        const at::Tensor documents = perRow.ne(0).sum(0).to(at::kCPU).contiguous();
        const double* counts = fired.data_ptr<double>();
        const std::int64_t* inDocuments = documents.data_ptr<std::int64_t>();
        for (std::size_t f = 0; f < m_result.firings.size(); ++f) {
            m_result.firings[f] += static_cast<std::int64_t>(counts[f]);
            m_result.documents[f] += inDocuments[f];
            m_result.l0 += counts[f];
        }
        m_result.tokens += x.size(0);
        const at::Tensor y = target.flatten(1), y_hat = rebuilt.flatten(1);
        m_squaredError += (y - y_hat).to(at::kDouble).square().sum().item<double>();
        m_variance.add(y);
        m_reconstruction.add(y.to(at::kFloat), y_hat.to(at::kFloat), acts);
    }

    /// KL counts at every token read that is kept and not special; the loss where the token that
    /// is predicted is kept in this row too (SAELens filters by the token read).
    void addLosses(const CorpusCover::Batch& batch, const at::Tensor& counts,
        const at::Tensor& clean, const at::Tensor& spliced, const at::Tensor& zeroed)
    {
        const std::int64_t T = batch.ids.size(1);
        const at::Tensor reads = counts.flatten().nonzero().squeeze(1);
        // Of those rows, the ones with a next token.
        const at::Tensor follows = at::constant_pad_nd(batch.isKept.narrow(1, 1, T - 1), {0, 1}, 0)
                                       .flatten()
                                       .index_select(0, reads)
                                       .nonzero()
                                       .squeeze(1);
        const at::Device device = m_model.device();
        const at::Tensor target = batch.ids.flatten()
                                      .index_select(0, reads.index_select(0, follows) + 1)
                                      .unsqueeze(1)
                                      .to(device);
        const at::Tensor where = reads.to(device), followed = follows.to(device);
        const auto logProbabilities = [&](const at::Tensor& logits) {
            return rowsOf(logits, where).to(at::kFloat).log_softmax(-1);
        };
        const auto loss = [&](const at::Tensor& log) {
            return -log.index_select(0, followed).gather(1, target).sum(at::kDouble);
        };
        const at::Tensor a = logProbabilities(clean), p = a.exp();
        const auto divergence
            = [&](const at::Tensor& log) { return (p * (a - log)).sum(at::kDouble); };
        m_predictions += follows.size(0);
        std::vector<at::Tensor> sums{loss(a)};
        for (const at::Tensor* changed : {&spliced, &zeroed}) {
            const at::Tensor log = logProbabilities(*changed);
            sums.push_back(loss(log));
            sums.push_back(divergence(log));
        }
        const at::Tensor all = at::stack(sums).to(at::kCPU); // by one copy from a device
        const double* next = all.data_ptr<double>();
        for (double* sum : {&m_result.ceClean, &m_result.ceDictionary, &m_result.kl,
                 &m_result.ceZero, &m_result.klZero})
            *sum += *next++;
    }

    const Transformer& m_model;
    const Dictionary& m_dictionary;
    Dictionaries m_crossLayers;
    HookPoint m_in, m_out;
    std::function<void()> m_pause;
    std::vector<HookPoint> m_points;
    ForwardOptions m_options;
    DictionaryEvaluation m_result;
    VarianceSum m_variance;
    ReconstructionSums m_reconstruction;
    double m_squaredError = 0.0;
    std::int64_t m_predictions = 0;
};

} // namespace

std::vector<double> densityHistogram(const std::vector<std::int64_t>& firings, std::int64_t tokens)
{
    constexpr double kLowest = -6.0, kBinsPerDecade = 2.0;
    std::vector<double> bins(kDensityBins, 0.0);
    for (const std::int64_t count : firings) {
        const double place = count <= 0 || tokens <= 0
            ? -1.0
            : (std::log10(static_cast<double>(count) / static_cast<double>(tokens)) - kLowest)
                * kBinsPerDecade;
        // A feature that always fires stands on the last bin's upper edge.
        const int bin = place < 0 ? 0 : std::min(1 + static_cast<int>(place), kDensityBins - 1);
        bins[static_cast<std::size_t>(bin)] += 1.0;
    }
    return bins;
}

FeatureWeights featureWeights(const Dictionary& dictionary)
{
    const at::NoGradGuard noGrad;
    const auto numbers = [](const at::Tensor& column) {
        const at::Tensor plain = column.to(at::kCPU, at::kFloat).contiguous();
        return std::vector<float>(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
    };
    const at::Tensor W_enc = dictionary.W_enc(), W_dec = dictionary.W_dec();
    const at::Tensor norms = W_enc.norm(2, 1);
    FeatureWeights out{numbers(norms), numbers(dictionary.b_enc()), {}};
    if (W_enc.size(1) == W_dec.size(1))
        out.encoderDecoderCosine
            = numbers((W_enc * W_dec).sum(1) / (norms * W_dec.norm(2, 1)).clamp_min(1e-12));
    return out;
}

Result<DictionaryEvaluation> evaluateDictionary(const Transformer& model,
    const Dictionary& dictionary, std::shared_ptr<const TokenCorpus> corpus,
    const EvaluationOptions& options, const ProgressFn& progress, std::stop_token stop)
{
    const at::NoGradGuard noGrad;
    const DictionaryConfig& config = dictionary.config();
    if (auto fits = fitsModel(config, model.config()); !fits)
        return fail(fits.error());
    if (config.isCrossLayer
        && static_cast<int>(options.crossLayers.size()) != model.config().n_layers)
        return fail(Error::Code::Internal,
            config.name + ": a layer of a cross-layer transcoder is measured with all the others.");
    // Three passes' logits and the features of a batch are in memory at once.
    constexpr std::int64_t kMostNumbers = std::int64_t{1} << 27;
    const std::int64_t perToken = std::int64_t{4} * model.config().d_vocab + 2 * config.d_sae;
    const CorpusCover cover(std::move(corpus), options.context_size,
        std::min(kMostNumbers / perToken, options.batchWindows * options.context_size),
        options.maxTokens);
    if (cover.keptTokens() == 0)
        return fail(Error::Code::Unsupported,
            "The text to measure on is empty, or holds special tokens only.");
    std::int64_t measured = 0;
    const auto report = [&] {
        if (progress)
            progress({"Measuring the dictionary", measured, cover.keptTokens(), "tokens"});
    };
    Evaluation evaluation(model, dictionary, options.crossLayers, stop, report);
    for (std::int64_t i = 0; i < cover.batches(); ++i) {
        if (stop.stop_requested())
            return cancelled();
        if (auto added = evaluation.add(cover.batch(i)); !added)
            return fail(added.error());
        measured = evaluation.tokens();
        report();
    }
    return evaluation.finish();
}

} // namespace core
