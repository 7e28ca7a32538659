#include "core/model/transformer.h"

#include "core/model/architectures.h"
#include "core/model/attention.h"
#include "core/model/mlp.h"
#include "core/model/norm.h"
#include "core/model/skinny_matmul.h"
#include "core/model/thread_choice.h"

#include <algorithm>
#include <cmath>

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
NormHookPoints firstPostNorm(Layer layer)
{
    return {{HookKind::Ln1PostScale, layer}, {HookKind::Ln1PostNormalized, layer}};
}
NormHookPoints secondPostNorm(Layer layer)
{
    return {{HookKind::Ln2PostScale, layer}, {HookKind::Ln2PostNormalized, layer}};
}
constexpr NormHookPoints kFinalNorm{
    {HookKind::FinalScale, kOutside}, {HookKind::FinalNormalized, kOutside}};

bool isAnyWanted(const Hooks& hooks, Layer layer)
{
    for (int kind = static_cast<int>(HookKind::ResidPre);
         kind <= static_cast<int>(HookKind::ResidPost); ++kind)
        if (hooks.wants({static_cast<HookKind>(kind), layer}))
            return true;
    return false;
}

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

at::Tensor Transformer::embed(const at::Tensor& ids, std::int64_t start, const Hooks& hooks) const
{
    at::Tensor resid = m_weights.W_E.rows(ids);
    if (m_config.scalesEmbedding) {
        // The reference rounds the factor to the type it computes in.
        const double factor = std::sqrt(static_cast<double>(m_config.d_model));
        resid = resid * at::scalar_tensor(factor, resid.options());
    }
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
    at::Tensor attentionOut = applyAttention(block.attention, context, layer, attentionIn);
    if (m_config.hasPostNorms)
        attentionOut
            = applyNorm(block.ln1Post, m_config, attentionOut, hooks, firstPostNorm(layer));
    hooks.visit({HookKind::AttnOut, layer}, attentionOut);
    if (context.isLastOnly)
        resid = resid.narrow(1, resid.size(1) - 1, 1);
    // A parallel MLP reads the stream as it came in; a hook there changes what it reads, no more.
    at::Tensor mid = m_config.isParallel ? resid : resid + attentionOut;
    if (const HookPoint point{HookKind::ResidMid, layer}; hooks.wants(point)) {
        mid = m_config.isParallel ? mid.clone() : mid;
        hooks.visit(point, mid);
    }
    at::Tensor mlpIn = applyNorm(block.ln2, m_config, mid, hooks, secondNorm(layer));
    hooks.visit({HookKind::MlpIn, layer}, mlpIn);
    at::Tensor mlpOut = applyMlp(block.mlp, m_config, hooks, layer, mlpIn);
    if (m_config.hasPostNorms)
        mlpOut = applyNorm(block.ln2Post, m_config, mlpOut, hooks, secondPostNorm(layer));
    hooks.visit({HookKind::MlpOut, layer}, mlpOut);
    resid = m_config.isParallel ? resid + attentionOut + mlpOut : mid + mlpOut;
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

    if (options.startAtLayer < 0 || options.startAtLayer > m_config.n_layers
        || (options.startAtLayer > 0 && !options.stream.defined()))
        return fail(Error::Code::Internal,
            "A pass can start at layer 0 to n_layers, and behind layer 0 needs the stream there.");

    chooseTorchThreads(std::max(m_config.d_model, m_config.d_mlp));
    const DecodeScope scope(ids.numel() <= kMaxSkinnyRows);
    const std::int64_t start = options.cache ? options.cache->length() : 0;
    AttentionContext context{m_config, *m_tables, hooks, options.cache};
    at::Tensor resid
        = options.stream.defined() ? options.stream : embed(ids.to(device()), start, hooks);
    const int end = stopsEarly ? options.stopAtLayer : m_config.n_layers;
    for (int layer = options.startAtLayer; layer < end; ++layer) {
        if (options.stop.stop_requested())
            return cancelled();
        // Of the last block other positions give keys and values, and nothing that is read.
        context.isLastOnly = options.isLastLogitsOnly && layer == m_config.n_layers - 1
            && !stopsEarly && ids.size(1) > 1 && !isAnyWanted(hooks, Layer(layer));
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
    return logits(last);
}

at::Tensor Transformer::logits(const at::Tensor& normed) const
{
    const at::Tensor out = m_weights.W_U.apply(normed);
    const double cap = m_config.finalSoftcap;
    return cap > 0.0 ? (out / cap).tanh() * cap : out;
}

at::Tensor Transformer::unembed(const at::Tensor& resid) const
{
    return logits(applyNorm(m_weights.final, m_config, resid, {}, kFinalNorm));
}

} // namespace core
