#include "core/circuits/edge_rows.h"

#include "core/circuits/frozen_gradient.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr std::int64_t kGradientFloats = 24
    << 20; ///< 96 MB: the gradient of one group, and about thrice that in passing.

at::Tensor toTensor(const std::vector<std::int64_t>& values)
{
    return at::from_blob(const_cast<std::int64_t*>(values.data()),
        {static_cast<std::int64_t>(values.size())}, at::kLong)
        .clone();
}

} // namespace

struct EdgeRows::Group {
    std::int64_t position = 0;
    std::vector<at::Tensor>
        startAt; // [L] of int64: places of the targets inside their layer's active list.
    at::Tensor
        start; // [n, d_model]: gradients with respect to the last residual stream, for logits.
    std::int64_t count = 0;
};

EdgeRows::EdgeRows(const ReplacementModel& replacement)
    : m_replacement(replacement)
    , m_positions(static_cast<std::int64_t>(replacement.ids.size()))
{
    m_firstFeature.push_back(0);
    for (const ReplacementLayer& layer : replacement.layers) {
        const std::int64_t n = layer.active.size(0), first = m_firstFeature.back();
        std::vector<std::int64_t> firstAt(static_cast<std::size_t>(m_positions + 1), first + n);
        const at::Tensor positions = layer.active.select(1, 0).contiguous();
        for (std::int64_t i = n - 1; i >= 0; --i)
            firstAt[static_cast<std::size_t>(positions.data_ptr<std::int64_t>()[i])] = first + i;
        for (std::int64_t p = m_positions - 1; p >= 0; --p)
            firstAt[static_cast<std::size_t>(p)] = std::min(
                firstAt[static_cast<std::size_t>(p)], firstAt[static_cast<std::size_t>(p + 1)]);
        m_firstAt.push_back(std::move(firstAt));
        m_firstFeature.push_back(first + n);
        if (n == 0) {
            m_sources.emplace_back();
            continue;
        }
        std::vector<at::Tensor>& written = m_sources.emplace_back();
        for (int offset = 0; offset < layer.transcoder->config().layersWritten; ++offset)
            written.push_back(layer.transcoder->decoderRowsAt(layer.active.select(1, 1), offset)
                * layer.activations.unsqueeze(1));
    }
    m_firstError = m_firstFeature.back();
    m_firstToken
        = m_firstError + static_cast<std::int64_t>(replacement.layers.size()) * m_positions;
}

at::Tensor EdgeRows::encoderRows(int layer, const at::Tensor& targets) const
{
    const ReplacementLayer& frozen = m_replacement.layers[static_cast<std::size_t>(layer)];
    return frozen.transcoder->encoderRows(frozen.active.select(1, 1).index_select(0, targets));
}

void EdgeRows::writeEdges(const at::Tensor& gradient, int layer, at::Tensor& rows) const
{
    const std::int64_t n = gradient.size(0), P = gradient.size(1);
    at::Tensor out = rows.narrow(0, 0, n);
    const at::Tensor byPosition = gradient.transpose(0, 1); // [P, n, d_model]
    const auto l = static_cast<std::size_t>(layer);
    const at::Tensor errors = m_replacement.layers[l].errors.narrow(0, 0, P).unsqueeze(2);
    out.narrow(1, m_firstError + layer * m_positions, P)
        .copy_(at::bmm(byPosition, errors).squeeze(2).t());
    for (std::size_t from = 0; from <= l; ++from) { // Cross-layer features write here too.
        const std::vector<at::Tensor>& written = m_sources[from];
        if (l - from >= written.size())
            continue;
        for (std::int64_t q = 0; q < P; ++q) {
            const std::int64_t first = m_firstAt[from][static_cast<std::size_t>(q)];
            const std::int64_t count = m_firstAt[from][static_cast<std::size_t>(q + 1)] - first;
            if (count == 0)
                continue;
            const at::Tensor sources
                = written[l - from].narrow(0, first - m_firstFeature[from], count);
            out.narrow(1, first, count).add_(at::mm(byPosition[q], sources.t()));
        }
    }
}

at::Tensor EdgeRows::carryDown(const Group& group, const std::stop_token& stop) const
{
    const at::Tensor& like = m_replacement.tokenVectors;
    const std::int64_t P = group.position + 1, d_model = like.size(1);
    at::Tensor rows = at::zeros({group.count, columns(0)}, like.options());
    at::Tensor gradient
        = at::zeros({group.start.defined() ? group.start.size(0) : 0, P, d_model}, like.options());
    if (group.start.defined())
        gradient.select(1, group.position).copy_(group.start);
    for (int layer = static_cast<int>(m_replacement.layers.size()) - 1; layer >= 0; --layer) {
        if (stop.stop_requested())
            return {};
        const ReplacementLayer& frozen = m_replacement.layers[static_cast<std::size_t>(layer)];
        // In a parallel block attention does not read what the MLP reads from: only what leaves
        // the block comes back through it.
        const at::Tensor behind = gradient;
        if (gradient.size(0) > 0) {
            const at::Tensor written = throughWrite(gradient, m_replacement, layer);
            writeEdges(written, layer, rows);
            if (frozen.transcoder && frozen.transcoder->W_skip().defined())
                gradient = gradient
                    + fromReadPoint(
                        at::matmul(written, frozen.transcoder->W_skip()), m_replacement, layer, 0);
        }
        if (!group.startAt.empty() && group.startAt[static_cast<std::size_t>(layer)].numel() > 0) {
            const at::Tensor encoders
                = encoderRows(layer, group.startAt[static_cast<std::size_t>(layer)]);
            at::Tensor fresh = at::zeros({encoders.size(0), P, d_model}, like.options());
            fresh.select(1, group.position)
                .copy_(fromReadPoint(encoders.unsqueeze(1), m_replacement, layer, group.position)
                           .squeeze(1));
            gradient = gradient.size(0) > 0 ? at::cat({gradient, fresh}) : fresh;
        }
        const at::Tensor& attended = m_replacement.model->config().isParallel ? behind : gradient;
        if (attended.size(0) > 0)
            gradient.narrow(0, 0, attended.size(0))
                .add_(throughAttention(attended, m_replacement, layer));
    }
    const at::Tensor tokens = m_replacement.tokenVectors.narrow(0, 0, P).unsqueeze(2);
    rows.narrow(1, m_firstToken, P).copy_(at::bmm(gradient.transpose(0, 1), tokens).squeeze(2).t());
    return rows;
}

at::Tensor EdgeRows::ofLogits(const at::Tensor& directions, const std::stop_token& stop) const
{
    const Transformer& model = *m_replacement.model;
    Group group;
    group.position = m_positions - 1;
    group.count = directions.size(0);
    group.start = throughNorm(directions, model.weights().final, model.config().norm,
        m_replacement.finalScale.narrow(0, group.position, 1));
    return carryDown(group, stop);
}

bool EdgeRows::ofFeatures(std::span<const std::int64_t> targets, const Sink& sink,
    const std::function<void(std::int64_t)>& onRows, const std::stop_token& stop) const
{
    // Numbers rise with the layer, then the position; each position's targets from the last layer
    // to the first.
    std::vector<std::vector<std::int64_t>> byPosition(static_cast<std::size_t>(m_positions));
    std::vector<std::int64_t> falling(targets.begin(), targets.end());
    std::sort(falling.rbegin(), falling.rend());
    const auto layerOf = [&](std::int64_t feature) {
        return static_cast<std::size_t>(
            std::upper_bound(m_firstFeature.begin(), m_firstFeature.end(), feature)
            - m_firstFeature.begin() - 1);
    };
    for (const std::int64_t feature : falling) {
        const std::vector<std::int64_t>& firstAt = m_firstAt[layerOf(feature)];
        const auto position
            = std::upper_bound(firstAt.begin(), firstAt.end(), feature) - firstAt.begin() - 1;
        byPosition[static_cast<std::size_t>(position)].push_back(feature);
    }
    std::int64_t done = 0;
    for (std::int64_t p = 0; p < m_positions; ++p) {
        const std::vector<std::int64_t>& all = byPosition[static_cast<std::size_t>(p)];
        const std::int64_t width
            = std::max<std::int64_t>(m_replacement.tokenVectors.size(1), 1) * (p + 1);
        const auto most
            = static_cast<std::size_t>(std::max<std::int64_t>(kGradientFloats / width, 16));
        for (std::size_t begin = 0; begin < all.size(); begin += most) {
            const std::vector<std::int64_t> chunk(all.begin() + static_cast<std::ptrdiff_t>(begin),
                all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + most, all.size())));
            std::vector<std::vector<std::int64_t>> places(m_replacement.layers.size());
            for (const std::int64_t feature : chunk)
                places[layerOf(feature)].push_back(feature - m_firstFeature[layerOf(feature)]);
            Group group;
            group.position = p;
            group.count = static_cast<std::int64_t>(chunk.size());
            for (const auto& place : places)
                group.startAt.push_back(toTensor(place));
            const at::Tensor rows = carryDown(group, stop);
            if (!rows.defined())
                return false;
            sink(toTensor(chunk), rows);
            if (onRows)
                onRows(done += group.count);
        }
    }
    return true;
}

} // namespace core
