#include "core/circuits/attribution.h"

#include "core/circuits/edge_rows.h"
#include "core/circuits/influence.h"
#include "core/model/resources.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// Everything but the edges.
GraphMatrix nodesOf(const ReplacementModel& replacement)
{
    GraphMatrix matrix;
    matrix.n_layers = static_cast<int>(replacement.layers.size());
    matrix.tokens = replacement.ids;
    for (std::size_t l = 0; l < replacement.layers.size(); ++l) {
        const ReplacementLayer& layer = replacement.layers[l];
        matrix.dictionaries.push_back(
            layer.transcoder ? layer.transcoder->config().name : std::string());
        const at::Tensor active = layer.active.to(at::kCPU).contiguous(),
                         values = layer.activations.to(at::kCPU).contiguous();
        for (std::int64_t i = 0; i < active.size(0); ++i) {
            const std::int64_t* entry = active.data_ptr<std::int64_t>() + 2 * i;
            matrix.features.push_back({Layer(static_cast<std::int64_t>(l)), Position(entry[0]),
                FeatureId(entry[1]), values.data_ptr<float>()[i]});
        }
    }
    matrix.activeFeatures = std::ssize(matrix.features);
    return matrix;
}

/// The rows known so far, and which nodes they are.
class KnownRows {
public:
    KnownRows(std::int64_t capacity, std::int64_t columns)
        : m_columns(columns)
    {
        m_rows.reserve(static_cast<std::size_t>(capacity * columns));
    }

    void add(std::int64_t node, const float* row, std::int64_t width)
    {
        m_nodes.push_back(node);
        m_rows.insert(m_rows.end(), row, row + width);
        m_rows.resize(m_nodes.size() * static_cast<std::size_t>(m_columns), 0.0f);
    }
    std::span<const float> rows() const { return m_rows; }
    const std::vector<std::int64_t>& nodes() const { return m_nodes; }
    const float* row(std::size_t index) const
    {
        return m_rows.data() + index * static_cast<std::size_t>(m_columns);
    }

private:
    std::int64_t m_columns;
    std::vector<float> m_rows;
    std::vector<std::int64_t> m_nodes;
};

/// Calculates feature rows until `most` are known, always those next that matter most for the
/// logits by what is known (FORMATS.md 6.2, step 9).
bool addFeatureRows(const EdgeRows& edges, std::int64_t most, const std::vector<double>& weights,
    const AttributionOptions& options, KnownRows& known)
{
    const std::int64_t all = edges.features();
    const auto columns = static_cast<std::int64_t>(weights.size());
    std::vector<char> isVisited(static_cast<std::size_t>(all), 0);
    std::int64_t visited = 0;
    while (visited < most) {
        std::vector<std::int64_t> pending(static_cast<std::size_t>(all));
        std::iota(pending.begin(), pending.end(), 0);
        if (most < all) {
            const std::vector<double> influence
                = partialInfluence(known.rows(), known.nodes(), columns, weights);
            std::erase_if(pending,
                [&](std::int64_t f) { return isVisited[static_cast<std::size_t>(f)] != 0; });
            std::stable_sort(pending.begin(), pending.end(), [&](std::int64_t a, std::int64_t b) {
                return influence[static_cast<std::size_t>(a)]
                    > influence[static_cast<std::size_t>(b)];
            });
            const std::int64_t batch
                = std::min<std::int64_t>(std::max(options.selectAtATime, 1), most - visited);
            pending.resize(
                static_cast<std::size_t>(std::min<std::int64_t>(batch, std::ssize(pending))));
        }
        const bool isWhole = edges.ofFeatures(
            pending,
            [&](const at::Tensor& targets, const at::Tensor& rows) {
                const at::Tensor onCpu = rows.to(at::kCPU).contiguous();
                for (std::int64_t i = 0; i < targets.size(0); ++i)
                    known.add(targets.data_ptr<std::int64_t>()[i],
                        onCpu.data_ptr<float>() + i * onCpu.size(1), onCpu.size(1));
            },
            [&](std::int64_t done) {
                if (options.progress)
                    options.progress({"Tracing features", visited + done, most, "features"});
            },
            options.stop);
        if (!isWhole)
            return false;
        for (const std::int64_t feature : pending)
            isVisited[static_cast<std::size_t>(feature)] = 1;
        visited += std::ssize(pending);
    }
    return true;
}

/// Leaves out features without a row, and puts rows and columns into the order of the nodes.
void fillMatrix(const KnownRows& known, std::int64_t columns, GraphMatrix& matrix)
{
    const std::int64_t all = matrix.activeFeatures;
    std::vector<std::int64_t> place(
        static_cast<std::size_t>(columns), -1); // Of each column in the final matrix.
    std::vector<GraphFeature> kept;
    for (const std::int64_t node : known.nodes())
        if (node < all)
            place[static_cast<std::size_t>(node)] = 0;
    for (std::int64_t f = 0; f < all; ++f)
        if (place[static_cast<std::size_t>(f)] == 0) {
            place[static_cast<std::size_t>(f)] = std::ssize(kept);
            kept.push_back(matrix.features[static_cast<std::size_t>(f)]);
        }
    for (std::int64_t c = all; c < columns; ++c)
        place[static_cast<std::size_t>(c)] = std::ssize(kept) + c - all;
    matrix.features = std::move(kept);
    const std::int64_t n = matrix.size();
    matrix.adjacency.assign(static_cast<std::size_t>(n * n), 0.0f);
    for (std::size_t r = 0; r < known.nodes().size(); ++r) {
        const float* row = known.row(r);
        float* out
            = matrix.adjacency.data() + place[static_cast<std::size_t>(known.nodes()[r])] * n;
        for (std::int64_t c = 0; c < columns; ++c)
            if (const std::int64_t to = place[static_cast<std::size_t>(c)]; to >= 0)
                out[to] = row[c];
    }
}

Result<void> checkMemory(double bytes)
{
    const std::int64_t free = freeMemoryBytes();
    if (free > 0 && bytes > 0.8 * static_cast<double>(free))
        return fail(Error::Code::OutOfMemory,
            fmt::format("This circuit needs {:.1f} GB of memory and {:.1f} GB are free. Set a "
                        "smaller number of features, or "
                        "shorten the prompt.",
                bytes / 1e9, static_cast<double>(free) / 1e9));
    return {};
}

} // namespace

std::vector<GraphLogit> chooseLogits(
    const at::Tensor& logits, const TraceSettings& settings, const std::vector<TokenId>& targets)
{
    const at::Tensor probabilities = logits.to(at::kCPU, at::kDouble).softmax(-1);
    std::vector<GraphLogit> chosen;
    for (const TokenId target : targets)
        chosen.push_back({target, probabilities[target.value].item<double>()});
    if (!targets.empty())
        return chosen;
    const auto most
        = std::min<std::int64_t>(std::max(settings.maxLogits, 1), probabilities.size(0));
    const auto [values, indices] = probabilities.topk(most);
    double covered = 0.0;
    for (std::int64_t i = 0; i < most && (i == 0 || covered < settings.logitProbability); ++i) {
        chosen.push_back({TokenId(indices[i].item<std::int64_t>()), values[i].item<double>()});
        covered += chosen.back().probability;
    }
    return chosen;
}

Result<GraphMatrix> attribute(
    const ReplacementModel& replacement, const AttributionOptions& options)
{
    const at::NoGradGuard noGrad;
    GraphMatrix matrix = nodesOf(replacement);
    for (const TokenId target : options.targets)
        if (target.value < 0 || target.value >= replacement.logits.size(-1))
            return fail(Error::Code::Unsupported,
                fmt::format("Token {} cannot be explained: the vocabulary has {} entries.",
                    target.value, replacement.logits.size(-1)));
    matrix.logits = chooseLogits(replacement.logits[-1], options.settings, options.targets);

    const EdgeRows edges(replacement);
    const auto logits = std::ssize(matrix.logits);
    const std::int64_t columns = edges.columns(logits), all = edges.features();
    const std::int64_t most = options.settings.maxFeatures > 0
        ? std::min<std::int64_t>(options.settings.maxFeatures, all)
        : all;
    const double n = static_cast<double>(columns - all + most);
    if (auto fits
        = checkMemory(4.0 * n * n + 4.0 * static_cast<double>(most) * static_cast<double>(columns));
        !fits)
        return fail(fits.error());

    at::Tensor tokens = at::empty({logits}, at::kLong);
    for (std::int64_t i = 0; i < logits; ++i)
        tokens.data_ptr<std::int64_t>()[i] = matrix.logits[static_cast<std::size_t>(i)].token.value;
    const at::Tensor W_U = replacement.model->weights().W_U.values();
    const at::Tensor directions = W_U.index_select(0, tokens.to(W_U.device())) - W_U.mean(0);
    at::Tensor logitRows = edges.ofLogits(directions, options.stop);
    if (!logitRows.defined())
        return cancelled();
    logitRows = logitRows.to(at::kCPU).contiguous();
    KnownRows known(logits + most, columns);
    for (std::int64_t i = 0; i < logits; ++i)
        known.add(edges.columns(0) + i, logitRows.data_ptr<float>() + i * logitRows.size(1),
            logitRows.size(1));

    if (!addFeatureRows(edges, most, matrix.logitWeights(), options, known))
        return cancelled();
    fillMatrix(known, columns, matrix);
    return matrix;
}

Result<GraphMatrix> attribute(std::shared_ptr<const Transformer> model,
    const Dictionaries& transcoders, const std::vector<TokenId>& ids,
    const AttributionOptions& options)
{
    ReplacementOptions build;
    build.zeroedPositions = options.zeroedPositions;
    build.stop = options.stop;
    build.progress = options.progress;
    const auto replacement = buildReplacementModel(std::move(model), transcoders, ids, build);
    if (!replacement)
        return fail(replacement.error());
    return attribute(*replacement, options);
}

} // namespace core
