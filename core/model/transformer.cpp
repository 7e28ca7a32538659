#include "core/model/transformer.h"

#include "core/model/architectures.h"
#include "core/model/attention.h"
#include "core/model/mlp.h"
#include "core/model/norm.h"
#include "core/model/skinny_matmul.h"

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr Layer kOutside;

NormHookPoints firstNorm(Layer layer)
{
    return {{HookKind::Ln1Scale, layer}, {HookKind::Ln1Normalized, layer}};
}
NormHookPoints secondNorm(Layer layer)
{
    return {{HookKind::Ln2Scale, layer}, {HookKind::Ln2Normalized, layer}};
}
constexpr NormHookPoints kFinalNorm{
    {HookKind::FinalScale, kOutside}, {HookKind::FinalNormalized, kOutside}};

Result<void> checkIds(
    const ModelConfig& config, const at::Tensor& ids, const ForwardOptions& options)
{
    if (ids.dim() != 2 || ids.scalar_type() != at::kLong)
        return fail(Error::Code::Internal, "Token ids must be int64 of shape [batch, positions].");
    if (ids.numel() == 0)
        return fail(Error::Code::Unsupported,
            "The prompt is empty: there is no token to run the model on.");
    const std::int64_t past = options.cache ? options.cache->length() : 0;
    const std::int64_t positions = past + ids.size(1);
    if (positions > config.n_ctx)
        return fail(Error::Code::Unsupported,
            "The text has " + std::to_string(positions) + " tokens; the context of " + config.name
                + " is " + std::to_string(config.n_ctx) + ". Shorten the text.");
    if (options.cache && positions > options.cache->capacity())
        return fail(Error::Code::Internal,
            "The key-value cache has room for " + std::to_string(options.cache->capacity())
                + " tokens; " + std::to_string(positions) + " are needed.");
    const auto least = ids.min().item<std::int64_t>();
    const auto most = ids.max().item<std::int64_t>();
    if (least < 0 || most >= config.d_vocab)
        return fail(Error::Code::Unsupported,
            "Token id " + std::to_string(least < 0 ? least : most)
                + " is out of range: the vocabulary of " + config.name + " has "
                + std::to_string(config.d_vocab)
                + " entries. The tokenizer may belong to another model.");
    return {};
}

} // namespace

at::Tensor Linear::matrix() const
{
    return isInOut ? weight : weight.t();
}

at::Tensor Linear::apply(const at::Tensor& x) const
{
    const at::Tensor rows = x.reshape({-1, x.size(-1)});
    at::Tensor out;
    if (isSkinny(rows, weight, bias))
        out = skinnyMatmul(rows, weight, isInOut, bias);
    else
        out = bias.defined() ? at::addmm(bias, rows, matrix()) : at::mm(rows, matrix());
    auto shape = x.sizes().vec();
    shape.back() = out.size(1);
    return out.view(shape);
}

at::Tensor Transformer::embed(const at::Tensor& ids, std::int64_t start, const Hooks& hooks) const
{
    at::Tensor resid = at::embedding(m_weights.W_E, ids);
    hooks.visit({HookKind::Embed, kOutside}, resid);
    if (!m_weights.W_pos.defined())
        return resid;
    at::Tensor positions = m_weights.W_pos.narrow(0, start, ids.size(1)).unsqueeze(0);
    if (const HookPoint point{HookKind::PosEmbed, kOutside}; hooks.wants(point)) {
        // A hook gets memory of its own, never the weights.
        positions = positions.repeat({ids.size(0), 1, 1});
        hooks.visit(point, positions);
    }
    return resid + positions;
}

at::Tensor Transformer::runBlock(int index, at::Tensor resid, const AttentionContext& context) const
{
    const Layer layer(index);
    const Hooks& hooks = context.hooks;
    const BlockWeights& block = m_weights.blocks[static_cast<std::size_t>(index)];
    hooks.visit({HookKind::ResidPre, layer}, resid);
    const at::Tensor attentionIn = applyNorm(block.ln1, m_config, resid, hooks, firstNorm(layer));
    resid = resid + applyAttention(block.attention, context, layer, attentionIn);
    hooks.visit({HookKind::ResidMid, layer}, resid);
    at::Tensor mlpIn = applyNorm(block.ln2, m_config, resid, hooks, secondNorm(layer));
    hooks.visit({HookKind::MlpIn, layer}, mlpIn);
    resid = resid + applyMlp(block.mlp, m_config, hooks, layer, mlpIn);
    hooks.visit({HookKind::ResidPost, layer}, resid);
    return resid;
}

Result<at::Tensor> Transformer::forward(
    const at::Tensor& ids, const Hooks& hooks, const ForwardOptions& options) const
{
    if (auto checked = checkIds(m_config, ids, options); !checked)
        return fail(checked.error());
    const bool stopsEarly = options.stopAtLayer >= 0;
    if (options.stopAtLayer > m_config.n_layers || (stopsEarly && options.cache))
        return fail(Error::Code::Internal,
            "A pass can stop at layer 0 to n_layers, and only without a cache.");

    const DecodeScope scope(ids.numel() <= kMaxSkinnyRows);
    const std::int64_t start = options.cache ? options.cache->length() : 0;
    const AttentionContext context{
        m_config, m_tables->rotary, m_tables->mask, hooks, options.cache};
    at::Tensor resid = embed(ids, start, hooks);
    const int end = stopsEarly ? options.stopAtLayer : m_config.n_layers;
    for (int layer = 0; layer < end; ++layer) {
        if (options.stop.stop_requested())
            return cancelled();
        resid = runBlock(layer, std::move(resid), context);
    }
    if (options.stop.stop_requested())
        return cancelled();
    if (options.cache)
        options.cache->advance(ids.size(1));
    if (stopsEarly)
        return resid;

    if (options.isLastLogitsOnly)
        resid = resid.narrow(1, resid.size(1) - 1, 1);
    at::Tensor last = applyNorm(m_weights.final, m_config, resid, hooks, kFinalNorm);
    hooks.visit({HookKind::UnembedPre, kOutside}, last);
    return Linear{m_weights.W_U, {}, false}.apply(last);
}

at::Tensor Transformer::unembed(const at::Tensor& resid) const
{
    return Linear{m_weights.W_U, {}, false}.apply(
        applyNorm(m_weights.final, m_config, resid, {}, kFinalNorm));
}

} // namespace core
