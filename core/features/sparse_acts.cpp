#include "core/features/sparse_acts.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace core {

namespace {

constexpr std::int64_t kBlock
    = 16; // Most blocks hold nothing: one vectorised look passes over them.

bool isAnyFiring(const float* values)
{
    int count = 0;
    for (std::int64_t i = 0; i < kBlock; ++i)
        count += values[i] != 0.0f;
    return count != 0;
}

template <typename Visit> void forEachFiring(const float* row, std::int64_t size, Visit&& visit)
{
    std::int64_t i = 0;
    for (; i + kBlock <= size; i += kBlock) {
        if (!isAnyFiring(row + i))
            continue;
        for (std::int64_t j = i; j < i + kBlock; ++j)
            if (row[j] != 0.0f)
                visit(j);
    }
    for (; i < size; ++i)
        if (row[i] != 0.0f)
            visit(i);
}

} // namespace

float SparseActs::at(std::size_t row, std::uint32_t feature) const
{
    const auto begin = features.begin() + rowBegin[row], end = features.begin() + rowBegin[row + 1];
    const auto found = std::lower_bound(begin, end, feature);
    return found != end && *found == feature
        ? values[static_cast<std::size_t>(found - features.begin())]
        : 0.0f;
}

namespace {

/// Of a device: what fires alone comes down, as most features rest.
SparseActs sparseActsOfDevice(const at::Tensor& feature_acts, std::span<const char> isCounted)
{
    const at::Tensor active = feature_acts.nonzero(); // [n, 2], by row and feature
    const at::Tensor acts
        = feature_acts.index({active.select(1, 0), active.select(1, 1)}).to(at::kCPU, at::kFloat);
    const at::Tensor places = active.to(at::kCPU).contiguous();
    const auto* place = places.data_ptr<std::int64_t>();
    const auto* value = acts.data_ptr<float>();
    SparseActs sparse;
    sparse.rowBegin.assign(static_cast<std::size_t>(feature_acts.size(0)) + 1, 0);
    for (std::int64_t i = 0; i < acts.numel(); ++i) {
        const auto row = static_cast<std::size_t>(place[2 * i]);
        if (!isCounted[row])
            continue;
        ++sparse.rowBegin[row + 1];
        sparse.features.push_back(static_cast<std::uint32_t>(place[2 * i + 1]));
        sparse.values.push_back(value[i]);
    }
    for (std::size_t r = 1; r < sparse.rowBegin.size(); ++r)
        sparse.rowBegin[r] += sparse.rowBegin[r - 1];
    return sparse;
}

} // namespace

SparseActs sparseActs(const at::Tensor& feature_acts, std::span<const char> isCounted)
{
    if (!feature_acts.is_cpu())
        return sparseActsOfDevice(feature_acts, isCounted);
    const at::Tensor dense = feature_acts.to(at::kCPU, at::kFloat).contiguous();
    const std::int64_t rows = dense.size(0), size = dense.size(1);
    const float* values = dense.data_ptr<float>();
    SparseActs sparse;
    sparse.rowBegin.assign(static_cast<std::size_t>(rows) + 1, 0);
    std::vector<std::vector<std::uint32_t>> found(static_cast<std::size_t>(rows));
    at::parallel_for(0, rows, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r)
            if (isCounted[static_cast<std::size_t>(r)])
                forEachFiring(values + r * size, size, [&](std::int64_t i) {
                    found[static_cast<std::size_t>(r)].push_back(static_cast<std::uint32_t>(i));
                });
    });
    for (std::size_t r = 0; r < found.size(); ++r)
        sparse.rowBegin[r + 1] = sparse.rowBegin[r] + static_cast<std::uint32_t>(found[r].size());
    sparse.features.reserve(sparse.rowBegin.back());
    sparse.values.reserve(sparse.rowBegin.back());
    for (std::size_t r = 0; r < found.size(); ++r)
        for (const std::uint32_t feature : found[r]) {
            sparse.features.push_back(feature);
            sparse.values.push_back(values[static_cast<std::int64_t>(r) * size + feature]);
        }
    return sparse;
}

} // namespace core
