#include "core/model/attention.h"

#include "core/model/skinny_matmul.h"

#include <array>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

namespace core {

namespace {

struct Heads {
    at::Tensor q, k, v; // [B, T, H, d_head]; k and v have fewer heads when queries are grouped.
};

Heads project(const AttentionWeights& weights, const ModelConfig& config, const at::Tensor& x)
{
    const std::int64_t d_head = config.d_head;
    const auto split = [d_head](const at::Tensor& rows, std::int64_t heads) {
        return rows.view({rows.size(0), rows.size(1), heads, d_head});
    };
    const std::int64_t H = config.n_heads;
    const std::int64_t H_kv = config.n_key_value_heads;
    if (!weights.qkv.weight.defined())
        return {split(weights.q.apply(x), H), split(weights.k.apply(x), H_kv),
            split(weights.v.apply(x), H_kv)};
    const at::Tensor all = weights.qkv.apply(x);
    return {split(all.narrow(2, 0, H * d_head), H),
        split(all.narrow(2, H * d_head, H_kv * d_head), H_kv),
        split(all.narrow(2, (H + H_kv) * d_head, H_kv * d_head), H_kv)};
}

/// One matrix for each row group: a decoding step takes the kernel for few rows, all else torch's
/// product.
at::Tensor batchProduct(const at::Tensor& rows, const at::Tensor& stored, bool isInOut)
{
    if (isSkinnyBatch(rows, stored))
        return skinnyBatch(rows, stored, isInOut);
    return at::bmm(rows, isInOut ? stored : stored.transpose(1, 2));
}

double scoreScale(const ModelConfig& config, Layer layer)
{
    double scale
        = config.scaleAttention ? 1.0 / std::sqrt(static_cast<double>(config.d_head)) : 1.0;
    if (config.scaleByInverseLayer)
        scale /= layer.value + 1;
    return scale;
}

} // namespace

const at::Tensor& CausalMask::get(
    std::int64_t groups, std::int64_t queries, std::int64_t keys, const at::Tensor& like) const
{
    const bool fits = m_mask.defined() && m_groups == groups && m_mask.size(0) == groups * queries
        && m_mask.size(1) == keys && m_mask.scalar_type() == like.scalar_type()
        && m_mask.device() == like.device();
    if (!fits) {
        const c10::InferenceMode noInference(false);
        const at::NoGradGuard noGrad;
        const at::Tensor mask
            = at::full({queries, keys}, -std::numeric_limits<double>::infinity(), like.options())
                  .triu(keys - queries + 1);
        m_mask = groups == 1 ? mask : mask.repeat({groups, 1});
        m_groups = groups;
    }
    return m_mask;
}

at::Tensor applyAttention(const AttentionWeights& weights, const AttentionContext& context,
    Layer layer, const at::Tensor& x)
{
    const ModelConfig& config = context.config;
    const Hooks& hooks = context.hooks;
    const std::int64_t B = x.size(0), T = x.size(1), d_head = config.d_head;
    const std::int64_t H = config.n_heads, H_kv = config.n_key_value_heads, groups = H / H_kv;

    auto [q, k, v] = project(weights, config, x);
    hooks.visit({HookKind::Q, layer}, q);
    hooks.visit({HookKind::K, layer}, k);
    hooks.visit({HookKind::V, layer}, v);
    if (config.hasRotary) {
        const std::int64_t start = context.cache ? context.cache->length() : 0;
        q = context.rotary.rotate(q, start);
        k = context.rotary.rotate(k, start);
        hooks.visit({HookKind::RotQ, layer}, q);
        hooks.visit({HookKind::RotK, layer}, k);
    }
    at::Tensor keys = k.transpose(1, 2); // [B, H_kv, T, d_head]
    at::Tensor values = v.transpose(1, 2);
    if (context.cache)
        std::tie(keys, values) = context.cache->append(layer.value, keys, values);
    const std::int64_t T_all = keys.size(2);

    // Queries that share a key head are rows of one product, so keys are never repeated.
    const at::Tensor queries = q.reshape({B, T, H_kv, groups, d_head})
                                   .permute({0, 2, 3, 1, 4})
                                   .reshape({B * H_kv, groups * T, d_head});
    const at::Tensor allKeys = keys.reshape({B * H_kv, T_all, d_head});
    const double scale = scoreScale(config, layer);
    at::Tensor scores = T == 1
        ? batchProduct(queries * scale, allKeys, false)
        : at::baddbmm(context.mask.get(groups, T, T_all, queries).unsqueeze(0), queries,
            allKeys.transpose(1, 2), 1, scale);
    scores = scores.view({B, H, T, T_all});
    hooks.visit({HookKind::AttnScores, layer}, scores);
    at::Tensor pattern = scores.softmax(-1);
    hooks.visit({HookKind::Pattern, layer}, pattern);

    at::Tensor z = batchProduct(pattern.reshape({B * H_kv, groups * T, T_all}),
        values.reshape({B * H_kv, T_all, d_head}), true)
                       .view({B, H, T, d_head})
                       .transpose(1, 2);
    hooks.visit({HookKind::Z, layer}, z);
    at::Tensor out = weights.o.apply(z.reshape({B, T, H * d_head}));
    hooks.visit({HookKind::AttnOut, layer}, out);
    return out;
}

} // namespace core
