#include "core/engine/patch_maps.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

void fillApproximate(const PatchWork& work, PatchMap& map, HookPoint hook, float* to)
{
    const at::Tensor &base = work.base.cache.at(hook), &other = work.other.cache.at(hook),
                     &gradient = work.gradients.at(hook);
    const at::Tensor effects
        = (map.site == PatchSite::Head ? approximateByHead(base, other, gradient)
                                       : approximateByPosition(base, other, gradient))
              .to(at::kCPU, at::kFloat)
              .contiguous();
    std::copy_n(effects.data_ptr<float>(), map.columns, to);
}

} // namespace

void PatchWork::addCell(PatchCell cell, float* target)
{
    ++result.exactCells;
    *target = 0.0f;
    if (changesNothing(cell, base))
        return;
    cells.push_back(std::move(cell));
    targets.push_back(target);
}

PatchMap PatchWork::emptyMap(
    PatchSite site, std::string hook, std::size_t rows, std::int64_t columns) const
{
    PatchMap map;
    map.site = site;
    map.hook = std::move(hook);
    map.rows = static_cast<int>(rows);
    map.columns = static_cast<int>(columns);
    const std::size_t cellCount = rows * static_cast<std::size_t>(columns);
    if (request.isExact)
        map.exact.assign(cellCount, kNone);
    if (request.isApproximate)
        map.approximate.assign(cellCount, kNone);
    return map;
}

void addPlaceMaps(PatchWork& work, const std::vector<PatchPlace>& places)
{
    const std::int64_t n_heads = work.model.transformer->config().n_heads;
    for (const PatchPlace& place : places) {
        const bool isByHead = place.site == PatchSite::Head;
        const std::int64_t columns = isByHead ? n_heads : work.base.tokens();
        PatchMap map = work.emptyMap(place.site, place.hook, place.rows.size(), columns);
        bool isReached = false;
        for (std::size_t row = 0; row < place.rows.size(); ++row) {
            const HookPoint hook = place.rows[row];
            if (!place.isWanted[row] || !work.base.cache.has(hook))
                continue;
            isReached = true;
            const std::size_t first = row * static_cast<std::size_t>(columns);
            if (work.request.isApproximate)
                fillApproximate(work, map, hook, map.approximate.data() + first);
            for (int column = 0; work.request.isExact && column < columns; ++column)
                work.addCell(isByHead ? headCell(hook, column, work.other)
                                      : positionCell(hook, column, work.other),
                    map.exact.data() + first + column);
        }
        if (isReached)
            work.result.maps.push_back(std::move(map));
    }
}

} // namespace core
