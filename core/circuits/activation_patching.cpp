#include "core/circuits/activation_patching.h"

#include "core/model/resources.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// Where a pass must have a row for each cell: a layer, -1 from the start, n_layers behind them.
int startOf(const PatchCell& cell, int n_layers)
{
    const HookPoint hook = cell.writes.front().hook;
    if (hook.layer.isValid())
        return hook.layer.value;
    return hook.kind < HookKind::ResidPre ? -1 : n_layers;
}

/// Enough tokens for full matrix products, in at most a quarter of the memory that is free; more
/// would only make a pass longer, and so the wait for a cancelled one.
std::int64_t rowsThatFit(const Transformer& model, std::int64_t tokens)
{
    constexpr std::int64_t kTokensOnCpu = 1024, kTokensOnGpu = 16384;
    const ModelConfig& config = model.config();
    const std::int64_t attended = 2 * config.n_heads * tokens;
    const std::int64_t numbers
        = tokens * (8 * config.d_model + 3 * config.d_mlp + attended) + 2 * config.d_vocab;
    const std::int64_t free = freeBytesOn(model.device());
    const bool isOnCpu = model.device().is_cpu();
    const std::int64_t busy = (isOnCpu ? kTokensOnCpu : kTokensOnGpu) / tokens;
    const std::int64_t fit = free > 0 ? free / 4 / (4 * numbers) : busy;
    return std::max<std::int64_t>(1, std::min(busy, fit));
}

at::Tensor expanded(const at::Tensor& value, std::int64_t rows)
{
    if (value.size(0) == rows)
        return value;
    auto sizes = value.sizes().vec();
    sizes[0] = rows;
    return value.expand(sizes);
}

/// What a write is about, of a value [T, ..].
at::Tensor partOf(at::Tensor value, const PatchWrite& write)
{
    if (write.position >= 0)
        value = value[write.position];
    return write.head >= 0 ? value.select(-2, write.head) : value;
}

/// Carries out one write on its row of a value [B, T, ..], which is this function's own memory.
void apply(PatchWrite write, const at::Tensor& row, std::int64_t tokens)
{
    if (write.position >= 0 && row.size(0) < tokens) { // only the last position goes on
        write.position -= static_cast<int>(tokens - row.size(0));
        if (write.position < 0)
            return;
    }
    const at::Tensor part = partOf(row, write), value = write.value.to(row.scalar_type());
    if (write.isAdded)
        part.add_(value);
    else
        part.copy_(value);
}

/// Differences of the metric that are only rounding: rows of a product do not all round alike.
double roundingOf(const PatchMetric& metric, const at::Tensor& logits)
{
    constexpr double kLastPlaces = 8.0;
    const double unit = logits.scalar_type() == at::kDouble ? std::numeric_limits<double>::epsilon()
                                                            : std::numeric_limits<float>::epsilon();
    return kLastPlaces * unit
        * (std::fabs(logits[metric.answer.value].item<double>())
            + std::fabs(logits[metric.other.value].item<double>()));
}

struct RowWrite {
    std::int64_t row;
    const PatchWrite* write;
};

/// One for each cell, and a last one that stays as it is: effects are measured against it, so that
/// a change without an effect gives 0 and not the rounding of another batch size.
std::int64_t rowsFor(std::span<const std::size_t> chosen)
{
    return std::ssize(chosen) + 1;
}

Hooks hooksFor(const std::vector<PatchCell>& cells, std::span<const std::size_t> chosen, int start,
    int n_layers, std::int64_t tokens)
{
    const std::int64_t rows = rowsFor(chosen);
    Hooks hooks;
    if (start >= 0 && start < n_layers)
        hooks.on({HookKind::ResidPre, Layer(start)},
            [rows](at::Tensor& value) { value = expanded(value, rows).contiguous(); });
    std::map<HookPoint, std::vector<RowWrite>> byHook;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        for (const PatchWrite& write : cells[chosen[i]].writes)
            byHook[write.hook].push_back({static_cast<std::int64_t>(i), &write});
    for (auto& [hook, writes] : byHook)
        hooks.on(hook, [writes = std::move(writes), rows, tokens](at::Tensor& value) {
            value = expanded(value, rows).clone(at::MemoryFormat::Contiguous);
            for (const RowWrite& one : writes)
                apply(*one.write, value[one.row], tokens);
        });
    return hooks;
}

} // namespace

PatchCell positionCell(HookPoint hook, int position, const PatchRun& other)
{
    return {{{hook, position, -1, other.cache.at(hook)[0][position]}}};
}

PatchCell headCell(HookPoint hook, int head, const PatchRun& other)
{
    return {{{hook, -1, head, other.cache.at(hook)[0].select(1, head)}}};
}

bool changesNothing(const PatchCell& cell, const PatchRun& base)
{
    return std::all_of(cell.writes.begin(), cell.writes.end(), [&](const PatchWrite& write) {
        if (write.isAdded)
            return !write.value.any().item<bool>();
        return at::equal(partOf(base.cache.at(write.hook)[0], write), write.value);
    });
}

Result<ExactEffects> patchExactly(const Transformer& model, const PatchRun& base,
    const PatchMetric& metric, const std::vector<PatchCell>& cells, const PatchOptions& options)
{
    const at::NoGradGuard noGrad;
    const int n_layers = model.config().n_layers;
    const auto total = std::ssize(cells);
    std::vector<std::size_t> order(cells.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return startOf(cells[a], n_layers) < startOf(cells[b], n_layers);
    });
    const std::int64_t most = options.rows > 0 ? options.rows : rowsThatFit(model, base.tokens());
    const double rounding = roundingOf(metric, base.logits);
    ExactEffects out;
    out.effects.assign(cells.size(), 0.0);
    for (std::int64_t first = 0; first < total; first += most) {
        if (options.progress)
            options.progress({"Patching", first, total, "cells"});
        const std::span<const std::size_t> chosen(
            order.data() + first, static_cast<std::size_t>(std::min(most, total - first)));
        const int start = startOf(cells[chosen.front()], n_layers);
        const Hooks hooks = hooksFor(cells, chosen, start, n_layers, base.tokens());
        ForwardOptions forward;
        forward.isLastLogitsOnly = true;
        forward.stop = options.stop;
        const at::Tensor ids = start < 0 ? base.ids.repeat({rowsFor(chosen), 1}) : base.ids;
        const auto logits = model.forward(ids, hooks, forward);
        if (!logits)
            return fail(logits.error());
        const at::Tensor metrics = metric.of(logits->select(1, 0));
        const at::Tensor effects = (metrics - metrics[-1]).to(at::kCPU).contiguous();
        for (std::size_t i = 0; i < chosen.size(); ++i)
            if (const double effect = effects.data_ptr<double>()[i]; std::fabs(effect) > rounding)
                out.effects[chosen[i]] = effect;
        ++out.passes;
    }
    if (options.progress)
        options.progress({"Patching", total, total, "cells"});
    return out;
}

} // namespace core
