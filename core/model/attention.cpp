#include "core/model/attention.h"

#include "core/model/blocked_attention.h"
#include "core/model/norm.h"
#include "core/model/skinny_matmul.h"

#include <array>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

struct Heads {
    at::Tensor q, k, v; // [B, T, H, d_head]; k and v have fewer heads when queries are grouped.
};

/// Queries of the positions from `first` on alone.
Heads project(const AttentionWeights& weights, const ModelConfig& config, const at::Tensor& x,
    std::int64_t first)
{
    const std::int64_t d_head = config.d_head;
    const auto split = [d_head](const at::Tensor& rows, std::int64_t heads) {
        return rows.view({rows.size(0), rows.size(1), heads, d_head});
    };
    const std::int64_t H = config.n_heads;
    const std::int64_t H_kv = config.n_key_value_heads;
    const std::int64_t count = x.size(1) - first;
    // q, k and v as one product are read once, but then queries are made of every position.
    if (!weights.qkv.weight.defined() || (first > 0 && !weights.isQkvByHead))
        return {split(weights.q.apply(x.narrow(1, first, count)), H),
            split(weights.k.apply(x), H_kv), split(weights.v.apply(x), H_kv)};
    const at::Tensor all = weights.qkv.apply(x);
    if (weights.isQkvByHead) {
        const at::Tensor byHead = all.view({all.size(0), all.size(1), H, 3, d_head});
        return {
            byHead.select(3, 0).narrow(1, first, count), byHead.select(3, 1), byHead.select(3, 2)};
    }
    return {split(all.narrow(2, 0, H * d_head), H),
        split(all.narrow(2, H * d_head, H_kv * d_head), H_kv),
        split(all.narrow(2, (H + H_kv) * d_head, H_kv * d_head), H_kv)};
}

/// One matrix for each row group: a decoding step takes the kernel for few rows, all else torch's
/// product.
at::Tensor batchProduct(const at::Tensor& rows, const at::Tensor& stored, bool isInOut)
{
    if (!ReferenceScope::isActive() && isSkinnyBatch(rows, stored))
        return skinnyBatch(rows, stored, isInOut);
    return at::bmm(rows, isInOut ? stored : stored.transpose(1, 2));
}

double scoreScale(const ModelConfig& config, Layer layer)
{
    const double scalar
        = config.queryScalar > 0.0 ? config.queryScalar : static_cast<double>(config.d_head);
    double scale = config.scaleAttention ? 1.0 / std::sqrt(scalar) : 1.0;
    if (config.scaleByInverseLayer)
        scale /= layer.value + 1;
    return scale;
}

/// [B, H, T, T_all] before softmax. Queries that share a key head are rows of one product, so keys
/// are never repeated.
at::Tensor scoresOf(
    const at::Tensor& q, const at::Tensor& keys, const AttentionContext& context, Layer layer)
{
    const ModelConfig& config = context.config;
    const std::int64_t B = q.size(0), T = q.size(1), T_all = keys.size(2), d_head = config.d_head;
    const std::int64_t H_kv = config.n_key_value_heads, groups = config.n_heads / H_kv;
    const std::int64_t window = config.windowOf(layer.value);
    const at::Tensor queries = q.reshape({B, T, H_kv, groups, d_head})
                                   .permute({0, 2, 3, 1, 4})
                                   .reshape({B * H_kv, groups * T, d_head});
    const at::Tensor allKeys = keys.reshape({B * H_kv, T_all, d_head});
    const double scale = scoreScale(config, layer), softcap = config.attentionSoftcap;
    const bool isMasked = T > 1 || (window > 0 && T_all > window);
    at::Tensor mask;
    if (isMasked) {
        const CausalMask& masks = window > 0 ? context.tables.slidingMask : context.tables.mask;
        mask = masks.get(groups, T, T_all, window, queries).unsqueeze(0);
    }
    at::Tensor scores;
    if (isMasked && T > 1 && softcap == 0.0) {
        scores = at::baddbmm(mask, queries, allKeys.transpose(1, 2), 1, scale);
    } else {
        scores = batchProduct(queries * scale, allKeys, false);
        if (softcap > 0.0)
            scores = (scores / softcap).tanh() * softcap;
        if (isMasked)
            scores = scores + mask;
    }
    return scores.view({B, config.n_heads, T, T_all});
}

/// Softmax of 16-bit scores is taken in float32.
at::Tensor patternOf(const at::Tensor& scores)
{
    const at::ScalarType type = scores.scalar_type();
    const bool isNarrow = type == at::kHalf || type == at::kBFloat16;
    return isNarrow ? at::softmax(scores, -1, at::kFloat).to(type) : scores.softmax(-1);
}

/// pattern [B, H, T, T_all] times values [B, H_kv, T_all, d_head]: [B, T, H, d_head]
at::Tensor mixed(const at::Tensor& pattern, const at::Tensor& values)
{
    const std::int64_t B = pattern.size(0), H = pattern.size(1), T = pattern.size(2);
    const std::int64_t H_kv = values.size(1), T_all = values.size(2), d_head = values.size(3);
    return batchProduct(pattern.reshape({B * H_kv, H / H_kv * T, T_all}),
        values.reshape({B * H_kv, T_all, d_head}), true)
        .view({B, H, T, d_head})
        .transpose(1, 2);
}

} // namespace

const at::Tensor& CausalMask::get(std::int64_t groups, std::int64_t queries, std::int64_t keys,
    std::int64_t window, const at::Tensor& like) const
{
    const bool fits = m_mask.defined() && m_groups == groups && m_window == window
        && m_mask.size(0) == groups * queries && m_mask.size(1) == keys
        && m_mask.scalar_type() == like.scalar_type() && m_mask.device() == like.device();
    if (!fits) {
        const c10::InferenceMode noInference(false);
        const at::NoGradGuard noGrad;
        const at::Tensor hidden
            = at::full({queries, keys}, -std::numeric_limits<double>::infinity(), like.options());
        at::Tensor mask = hidden.triu(keys - queries + 1);
        if (window > 0) // Query i stands at keys - queries + i and sees the `window` keys up to it.
            mask = mask + hidden.tril(keys - queries - window);
        m_mask = groups == 1 ? mask : mask.repeat({groups, 1});
        m_groups = groups;
        m_window = window;
    }
    return m_mask;
}

at::Tensor applyAttention(const AttentionWeights& weights, const AttentionContext& context,
    Layer layer, const at::Tensor& x)
{
    const ModelConfig& config = context.config;
    const Hooks& hooks = context.hooks;
    const std::int64_t B = x.size(0);
    const std::int64_t window = config.windowOf(layer.value);
    const std::int64_t first = context.isLastOnly ? x.size(1) - 1 : 0, T = x.size(1) - first;

    auto [q, k, v] = project(weights, config, x, first);
    hooks.visit({HookKind::Q, layer}, q);
    hooks.visit({HookKind::K, layer}, k);
    hooks.visit({HookKind::V, layer}, v);
    if (config.hasQkNorm) {
        q = applyNorm(weights.qNorm, config, q);
        k = applyNorm(weights.kNorm, config, k);
    }
    if (config.hasRotary) {
        const Rotary& rotary = window > 0 ? context.tables.localRotary : context.tables.rotary;
        const std::int64_t start = context.cache ? context.cache->length() : 0;
        q = rotary.rotate(q, start + first);
        k = rotary.rotate(k, start);
        hooks.visit({HookKind::RotQ, layer}, q);
        hooks.visit({HookKind::RotK, layer}, k);
    }
    at::Tensor keys = k.transpose(1, 2); // [B, H_kv, T, d_head]
    at::Tensor values = v.transpose(1, 2);
    if (context.cache)
        std::tie(keys, values) = context.cache->append(layer.value, keys, values);

    const bool isInsideWanted
        = hooks.wants({HookKind::AttnScores, layer}) || hooks.wants({HookKind::Pattern, layer});
    at::Tensor z;
    if (!isInsideWanted && canBlockAttention(q, keys, values)) {
        z = blockedAttention(
            q, keys, values, scoreScale(config, layer), config.attentionSoftcap, window);
    } else {
        at::Tensor scores = scoresOf(q, keys, context, layer);
        hooks.visit({HookKind::AttnScores, layer}, scores);
        at::Tensor pattern = patternOf(scores);
        hooks.visit({HookKind::Pattern, layer}, pattern);
        z = mixed(pattern, values);
    }
    hooks.visit({HookKind::Z, layer}, z);
    at::Tensor out
        = weights.o.apply(z.reshape({B, T, std::int64_t{config.n_heads} * config.d_head}));
    hooks.visit({HookKind::AttnRawOut, layer}, out);
    return out;
}

Linear valueProjection(const AttentionWeights& weights, const ModelConfig& config)
{
    if (!weights.isQkvByHead)
        return weights.v;
    const std::int64_t H = config.n_heads, d_head = config.d_head;
    Linear v;
    v.weight = weights.qkv.values()
                   .view({H, 3, d_head, config.d_model})
                   .select(1, 2)
                   .reshape({H * d_head, config.d_model});
    if (weights.qkv.bias.defined())
        v.bias = weights.qkv.bias.view({H, 3, d_head}).select(1, 2).reshape({H * d_head});
    return v;
}

} // namespace core
