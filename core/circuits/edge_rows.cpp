#include "core/circuits/edge_rows.h"

#include "core/circuits/fast_product.h"
#include "core/circuits/frozen_attention.h"
#include "core/circuits/frozen_gradient.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

namespace {

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

/// Targets on their way down: the last rows of a group's [count, columns], since those that ended
/// at a cut come first.
struct EdgeRows::Carried {
    at::Tensor memory; // [count, P, d_model]
    at::Tensor rows; // [count, columns]
    std::int64_t ended = 0, count = 0;

    bool isEmpty() const { return count == 0; }
    at::Tensor gradient() const { return memory.narrow(0, ended, count); }
    at::Tensor out() const { return rows.narrow(0, ended, count); }
    /// Targets that read at one position, [n, d_model].
    void add(const at::Tensor& fresh, std::int64_t position)
    {
        if (!fresh.defined())
            return;
        at::Tensor place = memory.narrow(0, ended + count, fresh.size(0));
        place.zero_();
        place.select(1, position).copy_(fresh);
        count += fresh.size(0);
    }
    void end()
    {
        ended += count;
        count = 0;
    }
};

struct EdgeRows::WorkSpace {
    at::Tensor gradient, rows;

    /// Numbers of a shape, in memory that is kept.
    static at::Tensor take(
        at::Tensor& memory, at::IntArrayRef shape, const at::TensorOptions& options)
    {
        std::int64_t needed = 1;
        for (const std::int64_t size : shape)
            needed *= size;
        if (!memory.defined() || memory.numel() < needed)
            memory = at::empty({needed}, options);
        return memory.narrow(0, 0, needed).view(shape);
    }
};

EdgeRows::EdgeRows(const ReplacementModel& replacement, std::int64_t workBytes)
    : m_replacement(replacement)
    , m_workBytes(workBytes)
    , m_positions(static_cast<std::int64_t>(replacement.ids.size()))
{
    m_firstFeature.push_back(0);
    for (const ReplacementLayer& layer : replacement.layers) {
        const std::int64_t n = layer.active.size(0), first = m_firstFeature.back();
        std::vector<std::int64_t> firstAt(static_cast<std::size_t>(m_positions + 1), first + n);
        const at::Tensor positions = layer.active.select(1, 0).to(at::kCPU).contiguous();
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
        for (int offset = 0; offset < layer.dictionary->config().layersWritten; ++offset)
            written.push_back(layer.dictionary->decoderRowsAt(layer.active.select(1, 1), offset)
                * layer.activations.unsqueeze(1));
    }
    m_firstError = m_firstFeature.back();
    m_firstToken
        = m_firstError + static_cast<std::int64_t>(replacement.layers.size()) * m_positions;
}

at::Tensor EdgeRows::freshTargets(const Group& group, int layer) const
{
    const auto l = static_cast<std::size_t>(layer);
    if (group.startAt.empty() || group.startAt[l].numel() == 0)
        return {};
    const ReplacementLayer& frozen = m_replacement.layers[l];
    const at::Tensor encoders = frozen.dictionary->encoderRows(
        frozen.active.select(1, 1).index_select(0, group.startAt[l]));
    return m_replacement.isOverSaes
        ? encoders
        : fromReadPoint(encoders.unsqueeze(1), m_replacement, layer, group.position).squeeze(1);
}

void EdgeRows::writeEdges(const at::Tensor& gradient, int layer, at::Tensor out) const
{
    const std::int64_t P = gradient.size(1);
    const auto l = static_cast<std::size_t>(layer);
    out.narrow(1, m_firstError + layer * m_positions, P)
        .copy_(dotsByPosition(gradient, m_replacement.layers[l].errors.narrow(0, 0, P)));
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
            at::Tensor edges = out.narrow(1, first, count);
            edges.add_(product(gradient.select(1, q), forProducts(sources)));
        }
    }
}

void EdgeRows::throughBlock(const Group& group, int layer, Carried& carried) const
{
    const ReplacementLayer& frozen = m_replacement.layers[static_cast<std::size_t>(layer)];
    const FrozenAttention attention(m_replacement, layer, group.position + 1);
    // In a parallel block attention does not read what the MLP reads from: only what leaves
    // the block comes back through it.
    const bool isParallel = m_replacement.model->config().isParallel;
    const at::Tensor behind = carried.gradient();
    at::Tensor skipped;
    if (!carried.isEmpty()) {
        const at::Tensor written = throughWrite(behind, m_replacement, layer);
        writeEdges(written, layer, carried.out());
        if (frozen.dictionary && frozen.dictionary->W_skip().defined())
            skipped = fromReadPoint(
                at::matmul(written, frozen.dictionary->W_skip()), m_replacement, layer, 0);
    }
    if (isParallel)
        attention.addThrough(behind);
    if (skipped.defined())
        behind.add_(skipped);
    carried.add(freshTargets(group, layer), group.position);
    if (!isParallel)
        attention.addThrough(carried.gradient());
}

void EdgeRows::throughCut(const Group& group, int layer, HookKind at, Carried& carried) const
{
    const ReplacementLayer& frozen = m_replacement.layers[static_cast<std::size_t>(layer)];
    if (!frozen.dictionary || frozen.dictionary->config().hookIn.kind != at)
        return;
    if (!carried.isEmpty())
        writeEdges(carried.gradient(), layer, carried.out());
    carried.end();
    carried.add(freshTargets(group, layer), group.position);
}

void EdgeRows::throughOpenBlock(int layer, Carried& carried) const
{
    if (carried.isEmpty())
        return;
    const at::Tensor gradient = carried.gradient();
    const FrozenAttention attention(m_replacement, layer, gradient.size(1));
    const at::Tensor mlp = throughMlp(gradient, m_replacement, layer);
    if (m_replacement.model->config().isParallel) {
        attention.addThrough(gradient);
        gradient.add_(mlp);
    } else {
        gradient.add_(mlp);
        attention.addThrough(gradient);
    }
}

at::Tensor EdgeRows::carryDown(
    const Group& group, WorkSpace& work, const std::stop_token& stop) const
{
    const at::Tensor& like = m_replacement.tokenVectors;
    const std::int64_t P = group.position + 1;
    Carried carried;
    carried.memory = WorkSpace::take(work.gradient, {group.count, P, like.size(1)}, like.options());
    carried.rows = WorkSpace::take(work.rows, {group.count, columns(0)}, like.options()).zero_();
    carried.add(group.start, group.position);
    for (int layer = static_cast<int>(m_replacement.layers.size()) - 1; layer >= 0; --layer) {
        if (stop.stop_requested())
            return {};
        if (m_replacement.isOverSaes) {
            throughCut(group, layer, HookKind::ResidPost, carried);
            throughOpenBlock(layer, carried);
            throughCut(group, layer, HookKind::ResidPre, carried);
        } else {
            throughBlock(group, layer, carried);
        }
    }
    if (!carried.isEmpty()) {
        carried.out()
            .narrow(1, m_firstToken, P)
            .copy_(dotsByPosition(carried.gradient(), m_replacement.tokenVectors.narrow(0, 0, P)));
    }
    return carried.rows;
}

at::Tensor EdgeRows::ofLogits(const at::Tensor& directions, std::span<const std::int64_t> positions,
    const std::stop_token& stop) const
{
    const Transformer& model = *m_replacement.model;
    at::Tensor all = at::zeros({directions.size(0), columns(0)}, directions.options());
    WorkSpace work;
    std::vector<std::int64_t> distinct(positions.begin(), positions.end());
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (const std::int64_t position : distinct) {
        std::vector<std::int64_t> mine;
        for (std::size_t i = 0; i < positions.size(); ++i)
            if (positions[i] == position)
                mine.push_back(static_cast<std::int64_t>(i));
        const at::Tensor index = toTensor(mine).to(directions.device());
        Group group;
        group.position = position;
        group.count = std::ssize(mine);
        group.start = throughNorm(directions.index_select(0, index), model.weights().final,
            model.config().norm, m_replacement.finalScale.narrow(0, position, 1));
        const at::Tensor rows = carryDown(group, work, stop);
        if (!rows.defined())
            return {};
        all.index_copy_(0, index, rows);
    }
    return all;
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
    // Over SAEs the gradient also passes the MLP's hidden layer.
    const std::int64_t widest = m_replacement.isOverSaes
        ? m_replacement.model->config().d_mlp
        : std::max<std::int64_t>(m_replacement.tokenVectors.size(1), 1);
    WorkSpace work;
    std::int64_t done = 0;
    for (std::int64_t p = 0; p < m_positions; ++p) {
        const std::vector<std::int64_t>& all = byPosition[static_cast<std::size_t>(p)];
        const std::int64_t width = widest * (p + 1);
        const auto most
            = static_cast<std::size_t>(std::max<std::int64_t>(m_workBytes / 4 / width, 16));
        for (std::size_t begin = 0; begin < all.size(); begin += most) {
            const std::vector<std::int64_t> chunk(all.begin() + static_cast<std::ptrdiff_t>(begin),
                all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + most, all.size())));
            // Chunks fall through the layers, so each layer's places lie side by side.
            std::vector<std::int64_t> places, perLayer(m_replacement.layers.size(), 0);
            for (const std::int64_t feature : chunk) {
                places.push_back(feature - m_firstFeature[layerOf(feature)]);
                ++perLayer[layerOf(feature)];
            }
            Group group;
            group.position = p;
            group.count = static_cast<std::int64_t>(chunk.size());
            group.startAt.resize(perLayer.size());
            const at::Tensor all = toTensor(places).to(m_replacement.tokenVectors.device());
            std::int64_t first = 0;
            for (std::size_t layer = perLayer.size(); layer-- > 0; first += perLayer[layer])
                group.startAt[layer] = all.narrow(0, first, perLayer[layer]);
            const at::Tensor rows = carryDown(group, work, stop);
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
