#include "core/circuits/attribution.h"

#include "core/circuits/edge_rows.h"
#include "core/circuits/influence.h"
#include "core/model/host_copy.h"
#include "core/model/resources.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
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
            layer.dictionary ? layer.dictionary->config().name : std::string());
        const at::Tensor active = layer.active.to(at::kCPU).contiguous(),
                         values = layer.activations.to(at::kCPU).contiguous();
        for (std::int64_t i = 0; i < active.size(0); ++i) {
            const std::int64_t* entry = active.data_ptr<std::int64_t>() + 2 * i;
            matrix.features.push_back(
                {{Layer(static_cast<std::int64_t>(l)), Position(entry[0]), FeatureId(entry[1])},
                    values.data_ptr<float>()[i]});
        }
    }
    matrix.activeFeatures = std::ssize(matrix.features);
    return matrix;
}

/// The rows known so far, and which nodes they are. When every feature gets a row, they lie where
/// the matrix needs them; otherwise in the order of discovery, each as wide as all active features,
/// until `moveInto` makes a matrix of the same memory.
class KnownRows {
public:
    /// `capacity` rows of `columns`; `nodes` of the final matrix.
    KnownRows(std::int64_t capacity, std::int64_t columns, std::int64_t nodes)
        : m_columns(columns)
        , m_isWhole(nodes == columns)
    {
        if (m_isWhole)
            m_rows.assign(static_cast<std::size_t>(nodes * nodes), 0.0f);
        else
            m_rows.reserve(static_cast<std::size_t>(std::max(capacity * columns, nodes * nodes)));
    }

    void add(std::int64_t node, const float* row, std::int64_t width)
    {
        m_nodes.push_back(node);
        if (!m_isWhole)
            m_rows.resize(m_nodes.size() * static_cast<std::size_t>(m_columns), 0.0f);
        std::copy_n(
            row, width, m_rows.begin() + (m_isWhole ? node : std::ssize(m_nodes) - 1) * m_columns);
    }
    std::span<const float> rows() const { return m_rows; }
    const std::vector<std::int64_t>& nodes() const { return m_nodes; }

    void moveInto(GraphMatrix& matrix);

private:
    void keepColumns(const std::vector<std::int64_t>& place);
    void orderRows(std::int64_t n, std::vector<std::int64_t> nodeOfRow);

    std::int64_t m_columns;
    bool m_isWhole;
    std::vector<float> m_rows;
    std::vector<std::int64_t> m_nodes;
};

/// Leaves out the columns of features without a row; places rise with the columns.
void KnownRows::keepColumns(const std::vector<std::int64_t>& place)
{
    auto out = m_rows.begin();
    for (std::size_t r = 0; r < m_nodes.size(); ++r) {
        const auto in = m_rows.begin() + static_cast<std::int64_t>(r) * m_columns;
        for (std::size_t c = 0; c < place.size(); ++c)
            if (place[c] >= 0)
                *out++ = in[static_cast<std::ptrdiff_t>(c)];
    }
    m_rows.erase(out, m_rows.end());
}

/// Puts every row in its node's place, along the cycles of the permutation; rows of nodes without
/// inputs are zeros.
void KnownRows::orderRows(std::int64_t n, std::vector<std::int64_t> nodeOfRow)
{
    m_rows.resize(static_cast<std::size_t>(n * n), 0.0f);
    std::vector<char> isTaken(static_cast<std::size_t>(n), 0);
    for (const std::int64_t node : nodeOfRow)
        isTaken[static_cast<std::size_t>(node)] = 1;
    for (std::int64_t node = 0; node < n; ++node) // The zero rows fill the other places.
        if (!isTaken[static_cast<std::size_t>(node)])
            nodeOfRow.push_back(node);
    for (std::int64_t r = 0; r < n; ++r)
        while (nodeOfRow[static_cast<std::size_t>(r)] != r) {
            const std::int64_t to = nodeOfRow[static_cast<std::size_t>(r)];
            std::swap_ranges(
                m_rows.begin() + r * n, m_rows.begin() + (r + 1) * n, m_rows.begin() + to * n);
            std::swap(
                nodeOfRow[static_cast<std::size_t>(r)], nodeOfRow[static_cast<std::size_t>(to)]);
        }
}

/// Leaves out features without a row, and puts rows and columns into the order of the nodes.
void KnownRows::moveInto(GraphMatrix& matrix)
{
    if (!m_isWhole) {
        const std::int64_t all = matrix.activeFeatures;
        std::vector<std::int64_t> place(static_cast<std::size_t>(m_columns), -1);
        for (const std::int64_t node : m_nodes)
            place[static_cast<std::size_t>(node)] = 0;
        for (std::int64_t c = all; c < m_columns; ++c)
            place[static_cast<std::size_t>(c)] = 0;
        std::int64_t next = 0;
        std::vector<GraphFeature> kept;
        for (std::int64_t c = 0; c < m_columns; ++c) {
            if (place[static_cast<std::size_t>(c)] < 0)
                continue;
            place[static_cast<std::size_t>(c)] = next++;
            if (c < all)
                kept.push_back(matrix.features[static_cast<std::size_t>(c)]);
        }
        matrix.features = std::move(kept);
        keepColumns(place);
        std::vector<std::int64_t> nodeOfRow;
        for (const std::int64_t node : m_nodes)
            nodeOfRow.push_back(place[static_cast<std::size_t>(node)]);
        orderRows(matrix.size(), std::move(nodeOfRow));
    }
    matrix.adjacency = std::move(m_rows);
}

/// Calculates feature rows until `most` are known, always those next that matter most for the
/// logits by what is known (docs/definitions.md section 6.2).
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

constexpr const char* kOverSaes
    = "Over residual SAEs: every SAE replaces the residual stream at its hook, so edges join "
      "neighbouring SAEs only; the MLPs between them act by their derivative on this prompt; "
      "attention patterns and norm scales are frozen. circuit-tracer's definition needs "
      "transcoders.";

/// Gradients at the final norm's output, [n, d_model].
at::Tensor logitDirections(const Transformer& model, const std::vector<GraphLogit>& logits)
{
    const at::Tensor W_U = model.weights().W_U.values();
    const at::Tensor mean
        = W_U.mean(0, false, W_U.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
    std::vector<at::Tensor> directions;
    for (const GraphLogit& logit : logits)
        directions.push_back(widened(W_U[logit.token.value])
            - (logit.minus.isValid() ? widened(W_U[logit.minus.value]) : mean));
    return at::stack(directions);
}

Result<void> checkTargets(
    const ReplacementModel& replacement, const std::vector<TraceTarget>& targets)
{
    const std::int64_t T = replacement.logits.size(0), d_vocab = replacement.logits.size(1);
    for (const TraceTarget& target : targets) {
        for (const TokenId token : {target.token, target.minus})
            if (token.value >= d_vocab || (token == target.token && token.value < 0))
                return fail(Error::Code::Unsupported,
                    fmt::format("Token {} cannot be explained: the vocabulary has {} entries.",
                        token.value, d_vocab));
        if (target.position.value >= T)
            return fail(Error::Code::Unsupported,
                fmt::format("Position {} cannot be explained: the prompt has {} tokens, from 0.",
                    target.position.value, T));
    }
    return {};
}

} // namespace

std::vector<GraphLogit> chooseLogits(const at::Tensor& logits, const TraceSettings& settings,
    const std::vector<TraceTarget>& targets)
{
    std::vector<GraphLogit> chosen;
    for (const TraceTarget& target : targets) {
        const at::Tensor row = logits[target.position.isValid() ? target.position.value : -1].to(
            at::kCPU, at::kDouble);
        const at::Tensor probabilities = row.softmax(-1);
        double weight = probabilities[target.token.value].item<double>(), difference = 0.0;
        if (target.minus.isValid()) {
            weight = std::max(weight, probabilities[target.minus.value].item<double>());
            difference = (row[target.token.value] - row[target.minus.value]).item<double>();
        }
        chosen.push_back({target.token, weight, target.minus, target.position, difference});
    }
    if (!targets.empty())
        return chosen;
    const at::Tensor probabilities = logits[-1].to(at::kCPU, at::kDouble).softmax(-1);
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

Result<AttributionCost> attributionCost(
    const ReplacementModel& replacement, std::int64_t logits, const AttributionOptions& options)
{
    const std::int64_t all = replacement.activeFeatures();
    const auto T = static_cast<std::int64_t>(replacement.ids.size()),
               L = static_cast<std::int64_t>(replacement.layers.size());
    const std::int64_t others = L * T + T + logits;
    AttributionCost cost;
    const std::int64_t free = freeMemoryBytes();
    cost.limitBytes = options.memoryBytes > 0 ? options.memoryBytes : free * 4 / 5;
    const std::int64_t wanted = options.settings.maxFeatures > 0
        ? std::min<std::int64_t>(options.settings.maxFeatures, all)
        : all;
    // The sources' vectors, and what a group of targets needs on its way down.
    std::int64_t vectors = 0;
    for (const ReplacementLayer& layer : replacement.layers)
        if (layer.dictionary)
            vectors += layer.active.size(0) * layer.dictionary->config().layersWritten;
    const std::int64_t d_model = replacement.model->config().d_model;
    cost.workBytes = 4 * vectors * d_model
        + 4 * std::min(EdgeRows::kUsualWorkBytes, 4 * (all + logits) * T * d_model);
    const auto bytes = [&](std::int64_t features) {
        const std::int64_t n = features + others;
        return 4 * std::max(n * n, features < all ? (features + logits) * (all + others) : n * n);
    };
    const c10::Device device = replacement.model->device();
    if (const std::int64_t there = device.is_cpu() ? 0 : freeBytesOn(device);
        there > 0 && cost.workBytes > there)
        return fail(Error::Code::OutOfMemory,
            fmt::format("This circuit needs {:.2f} GB on {}, where {:.2f} GB are free. Close "
                        "dictionaries, open the model on the cpu, or shorten the prompt.",
                static_cast<double>(cost.workBytes) / 1e9, device.str(),
                static_cast<double>(there) / 1e9));
    std::int64_t most = wanted;
    if (cost.limitBytes > 0 && bytes(most) + cost.workBytes > cost.limitBytes) {
        std::int64_t low = 0;
        for (std::int64_t high = most; low < high;) {
            const std::int64_t middle = (low + high + 1) / 2;
            if (bytes(middle) + cost.workBytes <= cost.limitBytes)
                low = middle;
            else
                high = middle - 1;
        }
        most = low;
        if (most < 1)
            return fail(Error::Code::OutOfMemory,
                fmt::format("This circuit needs at least {:.2f} GB of memory and {:.2f} GB may be "
                            "taken ({:.1f} GB are free). Allow more, or shorten the prompt.",
                    static_cast<double>(bytes(1) + cost.workBytes) / 1e9,
                    static_cast<double>(cost.limitBytes) / 1e9, static_cast<double>(free) / 1e9));
    }
    cost.tracedFeatures = most;
    cost.nodes = most + others;
    cost.matrixBytes = 4 * cost.nodes * cost.nodes;
    cost.workBytes += bytes(most) - cost.matrixBytes;

    // Each row passes every layer below it at every position up to its own.
    const ModelConfig& config = replacement.model->config();
    const double attention
        = 2.0 * config.d_model * config.d_head * (config.n_heads + config.n_key_value_heads);
    const double mlp = 2.0 * config.d_model * config.d_mlp * (config.isGated ? 3 : 2);
    const double share = all > 0 ? static_cast<double>(most) / static_cast<double>(all) : 0.0;
    double below = 0.0; // Active features of lower layers, by position up to here.
    for (std::int64_t l = 0; l < L; ++l) {
        const at::Tensor positions
            = replacement.layers[static_cast<std::size_t>(l)].active.select(1, 0).to(
                at::kCPU, at::kDouble);
        const double passed = (positions + 1.0).sum().item<double>();
        cost.flops += share * passed
            * (replacement.isOverSaes ? attention + mlp : static_cast<double>(l + 1) * attention);
        below += static_cast<double>(positions.numel());
    }
    cost.flops += share * below * below * 0.5 * static_cast<double>(d_model);
    return cost;
}

Result<GraphMatrix> attribute(
    const ReplacementModel& replacement, const AttributionOptions& options)
{
    const at::NoGradGuard noGrad;
    if (auto valid = checkTargets(replacement, options.targets); !valid)
        return fail(valid.error());
    GraphMatrix matrix = nodesOf(replacement);
    matrix.logits = chooseLogits(replacement.logits, options.settings, options.targets);
    if (replacement.isOverSaes)
        matrix.method = kOverSaes;

    const auto logits = std::ssize(matrix.logits);
    const auto cost = attributionCost(replacement, logits, options);
    if (!cost)
        return fail(cost.error());
    const EdgeRows edges(replacement);
    const std::int64_t columns = edges.columns(logits);
    std::vector<std::int64_t> positions;
    for (const GraphLogit& logit : matrix.logits)
        positions.push_back(
            logit.position.isValid() ? logit.position.value : matrix.n_positions() - 1);
    at::Tensor logitRows = edges.ofLogits(
        logitDirections(*replacement.model, matrix.logits), positions, options.stop);
    if (!logitRows.defined())
        return cancelled();
    logitRows = logitRows.to(at::kCPU).contiguous();
    KnownRows known(logits + cost->tracedFeatures, columns, cost->nodes);
    for (std::int64_t i = 0; i < logits; ++i)
        known.add(edges.columns(0) + i, logitRows.data_ptr<float>() + i * logitRows.size(1),
            logitRows.size(1));

    if (!addFeatureRows(edges, cost->tracedFeatures, matrix.logitWeights(), options, known))
        return cancelled();
    known.moveInto(matrix);
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
