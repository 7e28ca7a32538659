#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// The active features of a batch: token after token, features ascending.
struct ActiveEntries {
    std::vector<std::int64_t> rowBegin{0}; ///< [tokens + 1]
    std::vector<std::int32_t> features;
    std::vector<float> hidden_pre;
    std::vector<float>
        feature_acts; ///< May be 0 where only a threshold's gradient needs the entry.

    std::int64_t tokens() const { return static_cast<std::int64_t>(rowBegin.size()) - 1; }
    std::int64_t entries() const { return static_cast<std::int64_t>(features.size()); }
    void clear();
    void append(const ActiveEntries& rows);
    void addRow(
        const std::int32_t* rowFeatures, const float* pre, const float* acts, std::size_t count);
};

// The three products of a training step behind the encoder's. Where few features are active they
// cost L0 rows a token, never d_sae; where many are (a ReLU run's first steps) they are dense.
// `out` and `error` may be columns of wider tensors.

/// out[t] += sum over the token's entries of act * W_dec[feature].
void addDecoded(const ActiveEntries& acts, const at::Tensor& W_dec, at::Tensor& out);

/// dL/d(feature_act) of every entry: scale * error[t] . W_dec[feature].
std::vector<float> actGradients(
    const ActiveEntries& acts, const at::Tensor& W_dec, const at::Tensor& error, float scale);

/// Adds the gradients of both weight matrices and of b_enc, given dL/d(hidden_pre) of every entry
/// and dL/d(output) = scale * error. Each feature is summed in token order by one thread.
void addWeightGradients(const ActiveEntries& acts, const std::vector<float>& preGradients,
    const at::Tensor& sae_in, const at::Tensor& error, float scale, at::Tensor& W_enc,
    at::Tensor& b_enc, at::Tensor& W_dec);

} // namespace core
