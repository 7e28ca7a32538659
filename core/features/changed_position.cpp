#include "core/features/changed_position.h"

#include "core/model/token_ids.h"

#include <ATen/ATen.h>

#include <optional>
#include <vector>

namespace core {

namespace {

/// Where a pass begins that holds a feature's first change and as few layers as can be.
struct ChangedPass {
    int startAtLayer = 0;
    std::optional<HookPoint> stream; ///< What the pass begins with; none: the embedding.
    bool isAddedToStream = false; ///< The first change is added there; else at the hook itself.
};

ChangedPass passOf(const DictionaryConfig& config, const ModelConfig& model)
{
    const HookPoint out = config.hookOut;
    const int layer = out.layer.value;
    if (out.kind >= HookKind::FinalScale)
        return {model.n_layers, HookPoint{HookKind::ResidPost, Layer(model.n_layers - 1)}, false};
    switch (out.kind) {
    case HookKind::Embed:
    case HookKind::PosEmbed:
        return {};
    case HookKind::ResidPost:
    case HookKind::MlpOut: // What is added there is added to the stream behind the block.
        return {layer + 1, HookPoint{HookKind::ResidPost, Layer(layer)}, true};
    default:
        return {layer, HookPoint{HookKind::ResidPre, Layer(layer)}, out.kind == HookKind::ResidPre};
    }
}

} // namespace

UnchangedText::UnchangedText(
    const Transformer& model, const Dictionary& dictionary, std::span<const TokenId> tokens)
    : m_model(&model)
    , m_dictionary(&dictionary)
    , m_tokens(tokens.begin(), tokens.end())
    , m_cache(model.config().n_layers, std::ssize(tokens))
{
}

Result<UnchangedText> UnchangedText::read(const Transformer& model, const Dictionary& dictionary,
    std::span<const TokenId> tokens, const std::stop_token& stop)
{
    UnchangedText text(model, dictionary, tokens);
    const ChangedPass pass = passOf(dictionary.config(), model.config());
    std::vector<HookPoint> points{dictionary.config().hookIn};
    if (pass.stream && *pass.stream != points.front())
        points.push_back(*pass.stream);
    ForwardOptions options;
    options.cache = &text.m_cache;
    options.isLastLogitsOnly = true;
    options.stop = stop;
    auto run = runWithCache(model, idsTensor(text.m_tokens), points, {}, options);
    if (!run)
        return fail(run.error());
    text.m_values = std::move(run->cache);
    return text;
}

at::Tensor UnchangedText::readAt(std::int64_t position) const
{
    return m_values.at(m_dictionary->config().hookIn)[0].narrow(0, position, 1);
}

Result<at::Tensor> UnchangedText::changedLogits(std::int64_t position, const at::Tensor& index,
    const at::Tensor& units, const std::stop_token& stop, at::Tensor* unembedded) const
{
    const DictionaryConfig& config = m_dictionary->config();
    const ModelConfig& shape = m_model->config();
    const ChangedPass pass = passOf(config, shape);
    const std::int64_t n = units.size(0);
    const at::Tensor x = readAt(position);
    const at::Tensor scaled
        = (units * m_dictionary->outputScale(x).to(at::kFloat).max()).unsqueeze(1); // [n, 1]
    const auto change = [&](int offset) {
        const at::Tensor written = config.layersWritten == 1
            ? m_dictionary->decoderRows(index)
            : m_dictionary->decoderRowsAt(index, offset);
        return (scaled * written).to(x.options()).unsqueeze(1); // [n, 1, d_model]
    };
    Hooks hooks;
    const int last = shape.n_layers - config.hookOut.layer.value;
    for (int offset = pass.isAddedToStream ? 1 : 0;
         offset < config.layersWritten && (offset == 0 || offset < last); ++offset) {
        const HookPoint point = offset == 0
            ? config.hookOut
            : HookPoint{config.hookOut.kind, Layer(config.hookOut.layer.value + offset)};
        hooks.on(point, [delta = change(offset)](at::Tensor& value) { value = value + delta; });
    }
    if (unembedded)
        hooks.on({HookKind::UnembedPre, {}},
            [unembedded](at::Tensor& value) { *unembedded = value.squeeze(1).to(at::kFloat); });
    KvCache cache = m_cache;
    cache.truncate(position);
    cache.repeat(n); // also of one row: what is added must not touch the text's own
    ForwardOptions options;
    options.cache = &cache;
    options.stop = stop;
    options.startAtLayer = pass.startAtLayer;
    if (pass.stream) {
        const at::Tensor stream = m_values.at(*pass.stream).narrow(1, position, 1);
        options.stream = pass.isAddedToStream ? stream + change(0)
                                              : stream.expand({n, 1, shape.d_model}).clone();
    }
    const auto logits = m_model->forward(
        idsTensor(std::vector<TokenId>{m_tokens[static_cast<std::size_t>(position)]})
            .expand({n, 1}),
        hooks, options);
    if (!logits)
        return fail(logits.error());
    return logits->squeeze(1);
}

} // namespace core
