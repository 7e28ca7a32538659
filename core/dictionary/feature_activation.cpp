#include "core/dictionary/feature_activation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace core {

namespace {

bool canOverwrite(const at::Tensor& h)
{
    const bool asksGradient = at::GradMode::is_enabled() && h.requires_grad();
    return !asksGradient && h.device().is_cpu() && h.scalar_type() == at::kFloat
        && h.is_contiguous();
}

/// Calls `work(row of h, number of features)` for every token.
template <class Work> at::Tensor overwriteRows(at::Tensor h, const Work& work)
{
    const std::int64_t width = h.size(-1);
    float* data = h.data_ptr<float>();
    constexpr std::int64_t kNumbersPerTask = 1 << 16;
    const std::int64_t grain = std::max<std::int64_t>(kNumbersPerTask / width, 1);
    at::parallel_for(0, h.numel() / width, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            work(data + row * width, width);
    });
    return h;
}

const float* numbers(const at::Tensor& vector)
{
    return vector.data_ptr<float>();
}

at::Tensor jumpRelu(const at::Tensor& h, const at::Tensor& threshold, bool reluAfter)
{
    if (canOverwrite(h) && threshold.is_contiguous() && threshold.numel() == h.size(-1)) {
        const float* t = numbers(threshold);
        const float floor = reluAfter ? 0.0f : -std::numeric_limits<float>::infinity();
        return overwriteRows(h, [t, floor](float* row, std::int64_t width) {
            for (std::int64_t i = 0; i < width; ++i)
                row[i] = row[i] > t[i] ? std::max(row[i], floor) : 0.0f;
        });
    }
    const at::Tensor isShut = at::logical_not(at::gt(h, threshold));
    return (reluAfter ? at::relu(h) : h).masked_fill(isShut, 0.0);
}

/// The k largest of a row by a heap: nearly every block of numbers holds none and is passed over by
/// one vectorised comparison.
template <class Key> class LargestOfRow {
public:
    explicit LargestOfRow(std::int64_t k)
        : m_k(static_cast<std::size_t>(k))
    {
        m_best.reserve(m_k);
    }

    void keep(float* row, std::int64_t width, bool reluAfter)
    {
        m_best.clear();
        const auto first = std::min(static_cast<std::int64_t>(m_k), width);
        for (std::int64_t i = 0; i < first; ++i)
            m_best.push_back({Key()(row[i]), row[i], i});
        std::make_heap(m_best.begin(), m_best.end(), isLarger);
        constexpr std::int64_t kBlock = 64;
        for (std::int64_t block = first; block < width; block += kBlock) {
            const std::int64_t end = std::min(block + kBlock, width);
            const float least = m_best.front().key;
            int larger = 0;
            for (std::int64_t i = block; i < end; ++i)
                larger += Key()(row[i]) > least;
            if (larger > 0)
                take(row, block, end);
        }
        std::fill(row, row + width, 0.0f);
        for (const Entry& entry : m_best)
            row[entry.index] = reluAfter ? std::max(entry.value, 0.0f) : entry.value;
    }

private:
    struct Entry {
        float key, value;
        std::int64_t index;
    };
    static bool isLarger(const Entry& a, const Entry& b) { return a.key > b.key; }

    void take(const float* row, std::int64_t begin, std::int64_t end)
    {
        for (std::int64_t i = begin; i < end; ++i) {
            const float key = Key()(row[i]);
            if (!(key > m_best.front().key))
                continue;
            std::pop_heap(m_best.begin(), m_best.end(), isLarger);
            m_best.back() = {key, row[i], i};
            std::push_heap(m_best.begin(), m_best.end(), isLarger);
        }
    }

    std::size_t m_k;
    std::vector<Entry> m_best;
};

struct ByValue {
    float operator()(float h) const { return h; }
};
struct BySize {
    float operator()(float h) const { return std::fabs(h); }
};

template <class Key> at::Tensor keepLargest(const at::Tensor& h, std::int64_t k, bool reluAfter)
{
    return overwriteRows(h, [k, reluAfter](float* row, std::int64_t width) {
        LargestOfRow<Key>(k).keep(row, width, reluAfter);
    });
}

at::Tensor topK(const at::Tensor& h, const DictionaryConfig& config)
{
    if (canOverwrite(h))
        return config.picksBySize ? keepLargest<BySize>(h, config.k, config.reluAfterGate)
                                  : keepLargest<ByValue>(h, config.k, config.reluAfterGate);
    const at::Tensor indices
        = std::get<1>(at::topk(config.picksBySize ? h.abs() : h, config.k, -1));
    const at::Tensor values = h.gather(-1, indices);
    return at::zeros_like(h).scatter(-1, indices, config.reluAfterGate ? at::relu(values) : values);
}

at::Tensor groupMax(const at::Tensor& h, std::int64_t groups)
{
    const at::Tensor grouped
        = at::relu(h.unflatten(-1, at::IntArrayRef{groups, h.size(-1) / groups}));
    const at::Tensor indices = grouped.argmax(-1, /*keepdim=*/true);
    return at::zeros_like(grouped).scatter(-1, indices, grouped.gather(-1, indices)).flatten(-2);
}

at::Tensor gated(const at::Tensor& p, const ActivationWeights& weights)
{
    if (canOverwrite(p) && weights.r_mag.is_contiguous()) {
        const at::Tensor scale = weights.r_mag.exp();
        const float *s = numbers(scale), *b = numbers(weights.b_mag), *g = numbers(weights.b_gate);
        return overwriteRows(p, [s, b, g](float* row, std::int64_t width) {
            for (std::int64_t i = 0; i < width; ++i) {
                const float magnitude = std::max(row[i] * s[i] + b[i], 0.0f);
                row[i] = row[i] + g[i] > 0.0f ? magnitude : 0.0f;
            }
        });
    }
    const at::Tensor isShut = at::le(p + weights.b_gate, 0.0);
    return at::relu(gatedMagnitude(p, weights)).masked_fill(isShut, 0.0);
}

} // namespace

at::Tensor gatedMagnitude(const at::Tensor& p, const ActivationWeights& weights)
{
    return p * weights.r_mag.exp() + weights.b_mag;
}

at::Tensor activate(
    at::Tensor hidden_pre, const DictionaryConfig& config, const ActivationWeights& weights)
{
    switch (config.activation) {
    case FeatureActivation::Relu:
        return canOverwrite(hidden_pre) ? hidden_pre.relu_() : at::relu(hidden_pre);
    case FeatureActivation::JumpRelu:
        return jumpRelu(hidden_pre, weights.threshold, config.reluAfterGate);
    case FeatureActivation::TopK:
        return topK(hidden_pre, config);
    case FeatureActivation::Gated:
        return gated(hidden_pre, weights);
    case FeatureActivation::GroupMax:
        return groupMax(hidden_pre, config.k);
    case FeatureActivation::TanhRelu:
        return canOverwrite(hidden_pre) ? hidden_pre.relu_().tanh_()
                                        : at::tanh(at::relu(hidden_pre));
    }
    return hidden_pre;
}

} // namespace core
