#include "core/circuits/perturbation_check.h"

#include "core/circuits/intervention.h"
#include "core/circuits/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// The changed features: by influence, strongest first.
std::vector<std::int64_t> mostInfluential(
    const GraphMatrix& matrix, const Influence& influence, int count)
{
    std::vector<std::int64_t> nodes(matrix.features.size());
    std::iota(nodes.begin(), nodes.end(), std::int64_t{0});
    const auto strength
        = [&](std::int64_t node) { return influence.influence[static_cast<std::size_t>(node)]; };
    std::erase_if(nodes, [&](std::int64_t node) { return !(strength(node) > 0.0); });
    std::stable_sort(nodes.begin(), nodes.end(),
        [&](std::int64_t a, std::int64_t b) { return strength(a) > strength(b); });
    if (std::ssize(nodes) > count)
        nodes.resize(static_cast<std::size_t>(std::max(count, 0)));
    return nodes;
}

/// The features of a matrix in the tensors that an intervention's run gives.
class FeatureReader {
public:
    FeatureReader(const Dictionaries& dictionaries, const GraphMatrix& matrix)
        : m_size(matrix.features.size())
    {
        std::map<Layer, std::size_t> byLayer;
        for (std::size_t d = 0; d < dictionaries.size(); ++d)
            byLayer[dictionaries[d]->config().hookIn.layer] = d;
        std::map<Layer, std::vector<std::int64_t>> nodes;
        for (std::size_t i = 0; i < m_size; ++i)
            nodes[matrix.features[i].at.layer].push_back(static_cast<std::int64_t>(i));
        for (const auto& [layer, list] : nodes) {
            const auto found = byLayer.find(layer);
            if (found == byLayer.end()) {
                m_missing = layer;
                continue;
            }
            at::Tensor positions = at::empty({std::ssize(list)}, at::kLong),
                       features = at::empty_like(positions);
            for (std::size_t i = 0; i < list.size(); ++i) {
                const auto& feature = matrix.features[static_cast<std::size_t>(list[i])];
                positions.data_ptr<std::int64_t>()[i] = feature.at.position.value;
                features.data_ptr<std::int64_t>()[i] = feature.at.feature.value;
            }
            m_layers.push_back({found->second, list, positions, features});
        }
    }

    /// A layer of the graph that no dictionary is open for.
    Layer missing() const { return m_missing; }

    /// hidden_pre of each of the matrix's features.
    std::vector<float> read(const InterventionRun& run) const
    {
        std::vector<float> values(m_size, 0.0f);
        for (const auto& layer : m_layers) {
            const at::Tensor& pre = run.activations[layer.dictionary].hidden_pre;
            const at::Tensor picked
                = pre.index({layer.positions.to(pre.device()), layer.features.to(pre.device())})
                      .to(at::kCPU, at::kFloat)
                      .contiguous();
            for (std::size_t i = 0; i < layer.nodes.size(); ++i)
                values[static_cast<std::size_t>(layer.nodes[i])] = picked.data_ptr<float>()[i];
        }
        return values;
    }

private:
    struct OneLayer {
        std::size_t dictionary;
        std::vector<std::int64_t> nodes;
        at::Tensor positions, features;
    };
    std::size_t m_size;
    std::vector<OneLayer> m_layers;
    Layer m_missing;
};

/// Next-token log-probabilities at the positions that the graph explains, [positions, d_vocab].
at::Tensor explainedLogprobs(const GraphMatrix& matrix, const at::Tensor& logits)
{
    std::set<std::int64_t> positions;
    for (const GraphLogit& logit : matrix.logits)
        positions.insert(
            logit.position.isValid() ? logit.position.value : matrix.n_positions() - 1);
    std::vector<at::Tensor> rows;
    for (const std::int64_t position : positions)
        rows.push_back(logits[position].to(at::kCPU, at::kDouble));
    return at::log_softmax(at::stack(rows), -1);
}

double klOf(const at::Tensor& before, const at::Tensor& after)
{
    return (before.exp() * (before - after)).sum(-1).mean().item<double>();
}

} // namespace

Agreement agreementOf(std::span<const float> predicted, std::span<const float> observed)
{
    double both = 0.0, squaresP = 0.0, squaresO = 0.0;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        both += static_cast<double>(predicted[i]) * observed[i];
        squaresP += static_cast<double>(predicted[i]) * predicted[i];
        squaresO += static_cast<double>(observed[i]) * observed[i];
    }
    Agreement agreement;
    agreement.isDefined = squaresP > 0.0 || squaresO > 0.0;
    if (squaresP > 0.0)
        agreement.normRatio = std::sqrt(squaresO / squaresP);
    if (squaresP > 0.0 && squaresO > 0.0)
        agreement.cosine = both / std::sqrt(squaresP) / std::sqrt(squaresO);
    return agreement;
}

std::vector<float> predictedChange(
    const GraphMatrix& matrix, std::int64_t source, double factor, bool isDirectOnly)
{
    const std::size_t n = matrix.features.size();
    std::vector<float> change(n, 0.0f);
    std::vector<double> share(n, 0.0); // Of each feature's activation that is added.
    const Layer from = matrix.features[static_cast<std::size_t>(source)].at.layer;
    share[static_cast<std::size_t>(source)] = factor - 1.0;
    std::vector<std::size_t> changed{static_cast<std::size_t>(source)};
    // Features lie layer by layer, so every source of a feature was seen before it.
    for (std::size_t target = static_cast<std::size_t>(source) + 1; target < n; ++target) {
        if (matrix.features[target].at.layer <= from)
            continue;
        const auto row = matrix.row(static_cast<std::int64_t>(target));
        double sum = 0.0;
        for (const std::size_t s : changed)
            sum += share[s] * row[s];
        change[target] = static_cast<float>(sum);
        const double activation = matrix.features[target].activation;
        if (isDirectOnly || sum == 0.0 || activation == 0.0)
            continue;
        share[target] = std::max(sum / activation, -1.0);
        changed.push_back(target);
    }
    return change;
}

Result<std::vector<PerturbedFeature>> perturbFeatures(const Transformer& model,
    const Dictionaries& dictionaries, const GraphMatrix& matrix, const Influence& influence,
    const PerturbationOptions& options)
{
    const at::NoGradGuard noGrad;
    const FeatureReader reader(dictionaries, matrix);
    if (reader.missing().isValid())
        return fail(Error::Code::NotFound,
            "No dictionary is open for layer " + std::to_string(reader.missing().value)
                + " of this graph. Open those it was made from.");
    const bool isOverSaes = std::any_of(dictionaries.begin(), dictionaries.end(),
        [](const auto& one) { return !one->config().isTranscoder; });
    if (options.isDirectOnly && isOverSaes)
        return fail(
            Error::Code::Unsupported, "Direct effects alone can be tested with transcoders only.");

    InterventionOptions intervention;
    intervention.freezeAttention = true;
    intervention.keepActivations = true;
    intervention.stop = options.stop;
    if (options.isDirectOnly) {
        intervention.constrainFirst = 0;
        intervention.constrainLast = model.config().n_layers - 1;
    }
    const auto run = [&](const std::vector<Intervention>& changes) {
        return intervene(model, dictionaries, matrix.tokens, changes, intervention);
    };
    const auto unchanged = run({});
    if (!unchanged)
        return fail(unchanged.error());
    const std::vector<float> before = reader.read(*unchanged);
    const at::Tensor logprobs = explainedLogprobs(matrix, unchanged->logits);

    std::vector<PerturbedFeature> out;
    const auto chosen = mostInfluential(matrix, influence, options.features);
    for (const std::int64_t node : chosen) {
        if (options.stop.stop_requested())
            return cancelled();
        const GraphFeature& feature = matrix.features[static_cast<std::size_t>(node)];
        auto change = clampAt(dictionaries, feature.at, options.factor * feature.activation);
        if (!change)
            return fail(change.error());
        auto changed = run({*change});
        if (!changed)
            return fail(changed.error());
        PerturbedFeature one;
        one.node = node;
        one.predicted = predictedChange(matrix, node, options.factor, options.isDirectOnly);
        one.observed = reader.read(*changed);
        for (std::size_t i = 0; i < one.observed.size(); ++i)
            one.observed[i] = matrix.features[i].at.layer > feature.at.layer
                ? one.observed[i] - before[i]
                : 0.0f;
        if (options.factor != 0.0) {
            change->value = 0.0;
            changed = run({*change});
            if (!changed)
                return fail(changed.error());
        }
        one.effect = klOf(logprobs, explainedLogprobs(matrix, changed->logits));
        out.push_back(std::move(one));
        if (options.progress)
            options.progress(
                {"Changing features", std::ssize(out), std::ssize(chosen), "features"});
    }
    return out;
}

PerturbationSummary summaryOf(const GraphMatrix& matrix, const Influence& influence,
    std::span<const PerturbedFeature> perturbed)
{
    struct Sum {
        int features = 0, ratios = 0;
        double cosine = 0.0, ratio = 0.0;
    };
    std::map<int, Sum> sums;
    PerturbationSummary summary;
    std::vector<float> influences, effects;
    for (const PerturbedFeature& one : perturbed) {
        const Layer from = matrix.features[static_cast<std::size_t>(one.node)].at.layer;
        influences.push_back(
            static_cast<float>(influence.influence[static_cast<std::size_t>(one.node)]));
        effects.push_back(static_cast<float>(one.effect));
        std::map<int, std::pair<std::vector<float>, std::vector<float>>> byDistance;
        for (std::size_t i = 0; i < matrix.features.size(); ++i)
            if (const int distance = matrix.features[i].at.layer.value - from.value; distance > 0) {
                byDistance[distance].first.push_back(one.predicted[i]);
                byDistance[distance].second.push_back(one.observed[i]);
            }
        for (const auto& [distance, changes] : byDistance) {
            const Agreement agreement = agreementOf(changes.first, changes.second);
            if (!agreement.isDefined)
                continue;
            Sum& sum = sums[distance];
            ++sum.features;
            sum.cosine += agreement.cosine;
            if (agreement.normRatio > 0.0) {
                ++sum.ratios;
                sum.ratio += agreement.normRatio;
            }
        }
        if (const Agreement whole = agreementOf(one.predicted, one.observed); whole.isDefined) {
            ++summary.features;
            summary.meanCosine += whole.cosine;
        }
    }
    if (summary.features > 0)
        summary.meanCosine /= summary.features;
    for (const auto& [distance, sum] : sums)
        summary.byDistance.push_back({distance, sum.features, sum.cosine / sum.features,
            sum.ratios > 0 ? sum.ratio / sum.ratios : 0.0});
    summary.spearman = spearman(influences, effects);
    return summary;
}

} // namespace core
