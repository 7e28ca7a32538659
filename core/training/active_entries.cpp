#include "core/training/active_entries.h"

#include "core/training/tiles.h"
#include "core/training/vector_kernels.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

namespace {

constexpr std::int64_t kTokensPerTask = 64;
constexpr std::int64_t kFeaturesPerTask = 16;
// Above this share of active features dense products are faster than walking rows (the start of a
// ReLU run). Measured at d 128 and d_sae 1024.
constexpr std::int64_t kDenseShare = 16;

bool isDense(const ActiveEntries& acts, std::int64_t d_sae)
{
    return acts.entries() * kDenseShare > acts.tokens() * d_sae;
}

/// Calls `work` with tiles of rows [first, first + n) whose dense form stays below 16 MB.
template <typename Work> void forTiles(std::int64_t tokens, std::int64_t d_sae, Work work)
{
    const std::int64_t tile = std::max<std::int64_t>(1, kTileFloats / d_sae);
    for (std::int64_t first = 0; first < tokens; first += tile)
        work(first, std::min(tile, tokens - first));
}

/// [n, d_sae]: the tile's entries of `values` at their features, 0 elsewhere.
at::Tensor densify(const ActiveEntries& acts, const std::vector<float>& values, std::int64_t first,
    std::int64_t n, std::int64_t d_sae)
{
    at::Tensor dense = at::zeros({n, d_sae}, at::kFloat);
    float* data = dense.data_ptr<float>();
    at::parallel_for(0, n, kTokensPerTask, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const auto row = static_cast<std::size_t>(first + t);
            for (auto e = static_cast<std::size_t>(acts.rowBegin[row]);
                 e < static_cast<std::size_t>(acts.rowBegin[row + 1]); ++e)
                data[t * d_sae + acts.features[e]] = values[e];
        }
    });
    return dense;
}

/// The same entries feature after feature: entry `order[i]` of the token order, of token
/// `token[i]`.
struct FeatureMajor {
    std::vector<std::int64_t> begin; // [d_sae + 1]
    std::vector<std::int32_t> order;
    std::vector<std::int32_t> token;

    FeatureMajor(const ActiveEntries& acts, std::int64_t d_sae)
        : begin(static_cast<std::size_t>(d_sae) + 1, 0)
        , order(acts.features.size())
        , token(acts.features.size())
    {
        for (const std::int32_t feature : acts.features)
            ++begin[static_cast<std::size_t>(feature) + 1];
        for (std::size_t f = 0; f < static_cast<std::size_t>(d_sae); ++f)
            begin[f + 1] += begin[f];
        std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
        for (std::int64_t t = 0; t < acts.tokens(); ++t) {
            const auto row = static_cast<std::size_t>(t);
            for (std::int64_t e = acts.rowBegin[row]; e < acts.rowBegin[row + 1]; ++e) {
                const auto feature
                    = static_cast<std::size_t>(acts.features[static_cast<std::size_t>(e)]);
                const auto place = static_cast<std::size_t>(next[feature]++);
                order[place] = static_cast<std::int32_t>(e);
                token[place] = static_cast<std::int32_t>(t);
            }
        }
    }
};

} // namespace

void ActiveEntries::clear()
{
    rowBegin.assign(1, 0);
    features.clear();
    hidden_pre.clear();
    feature_acts.clear();
}

void ActiveEntries::append(const ActiveEntries& rows)
{
    const std::int64_t base = entries();
    for (std::int64_t t = 1; t <= rows.tokens(); ++t)
        rowBegin.push_back(base + rows.rowBegin[static_cast<std::size_t>(t)]);
    features.insert(features.end(), rows.features.begin(), rows.features.end());
    hidden_pre.insert(hidden_pre.end(), rows.hidden_pre.begin(), rows.hidden_pre.end());
    feature_acts.insert(feature_acts.end(), rows.feature_acts.begin(), rows.feature_acts.end());
}

void ActiveEntries::addRow(
    const std::int32_t* rowFeatures, const float* pre, const float* acts, std::size_t count)
{
    features.insert(features.end(), rowFeatures, rowFeatures + count);
    hidden_pre.insert(hidden_pre.end(), pre, pre + count);
    feature_acts.insert(feature_acts.end(), acts, acts + count);
    rowBegin.push_back(entries());
}

void addDecoded(const ActiveEntries& acts, const at::Tensor& W_dec, at::Tensor& out)
{
    if (const std::int64_t d_sae = W_dec.size(0); isDense(acts, d_sae)) {
        forTiles(acts.tokens(), d_sae, [&](std::int64_t first, std::int64_t n) {
            out.narrow(0, first, n)
                .addmm_(densify(acts, acts.feature_acts, first, n, d_sae), W_dec);
        });
        return;
    }
    const auto d = static_cast<std::size_t>(out.size(1));
    const auto stride = static_cast<std::size_t>(out.stride(0));
    const float* rows = W_dec.data_ptr<float>();
    float* to = out.data_ptr<float>();
    at::parallel_for(0, acts.tokens(), kTokensPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto t = static_cast<std::size_t>(first); t < static_cast<std::size_t>(last); ++t)
            for (auto e = static_cast<std::size_t>(acts.rowBegin[t]);
                 e < static_cast<std::size_t>(acts.rowBegin[t + 1]); ++e)
                if (acts.feature_acts[e] != 0.0f)
                    addScaled(to + t * stride, acts.feature_acts[e],
                        rows + static_cast<std::size_t>(acts.features[e]) * d, d);
    });
}

std::vector<float> actGradients(
    const ActiveEntries& acts, const at::Tensor& W_dec, const at::Tensor& error, float scale)
{
    std::vector<float> gradients(acts.features.size());
    if (const std::int64_t d_sae = W_dec.size(0); isDense(acts, d_sae)) {
        forTiles(acts.tokens(), d_sae, [&](std::int64_t first, std::int64_t n) {
            const at::Tensor all = at::mm(error.narrow(0, first, n), W_dec.t());
            const float* data = all.data_ptr<float>();
            for (std::int64_t t = 0; t < n; ++t) {
                const auto row = static_cast<std::size_t>(first + t);
                for (auto e = static_cast<std::size_t>(acts.rowBegin[row]);
                     e < static_cast<std::size_t>(acts.rowBegin[row + 1]); ++e)
                    gradients[e] = scale * data[t * d_sae + acts.features[e]];
            }
        });
        return gradients;
    }
    const auto d = static_cast<std::size_t>(error.size(1));
    const auto stride = static_cast<std::size_t>(error.stride(0));
    const float* rows = W_dec.data_ptr<float>();
    const float* errors = error.data_ptr<float>();
    at::parallel_for(0, acts.tokens(), kTokensPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto t = static_cast<std::size_t>(first); t < static_cast<std::size_t>(last); ++t)
            for (auto e = static_cast<std::size_t>(acts.rowBegin[t]);
                 e < static_cast<std::size_t>(acts.rowBegin[t + 1]); ++e)
                gradients[e] = scale
                    * dot(errors + t * stride,
                        rows + static_cast<std::size_t>(acts.features[e]) * d, d);
    });
    return gradients;
}

void addWeightGradients(const ActiveEntries& acts, const std::vector<float>& preGradients,
    const at::Tensor& sae_in, const at::Tensor& error, float scale, at::Tensor& W_enc,
    at::Tensor& b_enc, at::Tensor& W_dec)
{
    if (const std::int64_t d_sae = W_enc.size(0); isDense(acts, d_sae)) {
        forTiles(acts.tokens(), d_sae, [&](std::int64_t first, std::int64_t n) {
            const at::Tensor g = densify(acts, preGradients, first, n, d_sae);
            W_enc.addmm_(g.t(), sae_in.narrow(0, first, n));
            b_enc.add_(g.sum(0));
            W_dec.addmm_(densify(acts, acts.feature_acts, first, n, d_sae).t(),
                error.narrow(0, first, n), 1, scale);
        });
        return;
    }
    const FeatureMajor byFeature(acts, W_enc.size(0));
    const auto d_in = static_cast<std::size_t>(sae_in.size(1));
    const auto d_out = static_cast<std::size_t>(error.size(1));
    const auto stride = static_cast<std::size_t>(error.stride(0));
    const float* in = sae_in.data_ptr<float>();
    const float* errors = error.data_ptr<float>();
    float* encoder = W_enc.data_ptr<float>();
    float* bias = b_enc.data_ptr<float>();
    float* decoder = W_dec.data_ptr<float>();
    at::parallel_for(
        0, W_enc.size(0), kFeaturesPerTask, [&](std::int64_t first, std::int64_t last) {
            for (auto f = static_cast<std::size_t>(first); f < static_cast<std::size_t>(last);
                 ++f) {
                float biasSum = 0.0f;
                const auto end = static_cast<std::size_t>(byFeature.begin[f + 1]);
                for (auto i = static_cast<std::size_t>(byFeature.begin[f]); i < end; ++i) {
                    const auto e = static_cast<std::size_t>(byFeature.order[i]);
                    const auto t = static_cast<std::size_t>(byFeature.token[i]);
                    if (acts.feature_acts[e] != 0.0f)
                        addScaled(decoder + f * d_out, scale * acts.feature_acts[e],
                            errors + t * stride, d_out);
                    if (preGradients[e] != 0.0f)
                        addScaled(encoder + f * d_in, preGradients[e], in + t * d_in, d_in);
                    biasSum += preGradients[e];
                }
                bias[f] += biasSum;
            }
        });
}

} // namespace core
