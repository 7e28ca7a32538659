#include "core/training/batch_threshold.h"

#include "core/training/tiles.h"
#include "core/training/vector_kernels.h"

#include <algorithm>
#include <functional>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

// L0 is then known to a few parts in a thousand, for the time of a few training steps.
constexpr std::int64_t kCalibrationRows = 1 << 14;

/// The largest of many values, in bounded memory.
class LargestValues {
public:
    explicit LargestValues(std::size_t count)
        : m_count(count)
    {
    }

    float least() const { return m_least; } ///< Values up to this one need not be shown.

    void add(const float* values, std::size_t n)
    {
        m_values.insert(m_values.end(), values, values + n);
        if (m_values.size() > 2 * m_count + 1)
            trim();
    }

    /// Between the last that is kept and the first that is not; 0 where all are kept.
    double threshold()
    {
        if (m_values.size() <= m_count)
            return 0.0;
        trim();
        const float kept = *std::min_element(m_values.begin(), m_values.end() - 1);
        return (static_cast<double>(kept) + static_cast<double>(m_values.back())) / 2.0;
    }

private:
    /// Down to the `count` largest and the one after them, which is the last.
    void trim()
    {
        const auto next = m_values.begin() + static_cast<std::ptrdiff_t>(m_count);
        std::nth_element(m_values.begin(), next, m_values.end(), std::greater<>());
        m_values.resize(m_count + 1);
        m_least = m_values.back();
    }

    std::size_t m_count;
    std::vector<float> m_values;
    float m_least = 0.0f;
};

} // namespace

double batchTopKThreshold(const ActivationStore& store, const DictionaryScaling& scaling,
    const DictionaryWeights& weights, const DictionaryTrainerOptions& options)
{
    const at::NoGradGuard noGrad;
    const std::int64_t stride = (store.tokens() + kCalibrationRows - 1) / kCalibrationRows;
    const at::Tensor rows = at::arange(0, store.tokens(), stride, at::kLong);
    const std::int64_t d_sae = weights.d_sae();
    LargestValues largest(static_cast<std::size_t>(options.k * rows.size(0)));
    std::vector<std::int32_t> features(static_cast<std::size_t>(d_sae) + 16);
    std::vector<float> values(features.size());
    const std::int64_t tile = std::max<std::int64_t>(kTileFloats / d_sae, 1);
    for (std::int64_t begin = 0; begin < rows.size(0); begin += tile) {
        const at::Tensor indices = rows.narrow(0, begin, std::min(tile, rows.size(0) - begin));
        at::Tensor x = scaling.batch(store, options, indices).x;
        if (!options.isTranscoder())
            x = x - weights.b_dec;
        const at::Tensor hidden_pre = at::addmm(weights.b_enc, x, weights.W_enc.t());
        const float* row = hidden_pre.data_ptr<float>();
        for (std::int64_t i = 0; i < indices.size(0); ++i, row += d_sae) {
            const float least = largest.least();
            largest.add(values.data(),
                selectAbove(row, &least, 0, static_cast<std::size_t>(d_sae), features.data(),
                    values.data()));
        }
    }
    return largest.threshold();
}

} // namespace core
