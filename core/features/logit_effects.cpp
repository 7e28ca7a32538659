#include "core/features/logit_effects.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace core {

namespace {

constexpr std::int64_t kRows = 256; // At a vocabulary of 256,000 a chunk takes 260 MB.

std::vector<std::pair<TokenId, float>> strongest(
    const at::Tensor& values, const at::Tensor& ids, std::int64_t row)
{
    std::vector<std::pair<TokenId, float>> pairs;
    const std::int64_t count = values.size(1);
    const float* v = values.data_ptr<float>() + row * count;
    const std::int64_t* id = ids.data_ptr<std::int64_t>() + row * count;
    for (std::int64_t i = 0; i < count; ++i)
        pairs.emplace_back(TokenId(id[i]), v[i]);
    return pairs;
}

/// Rows of W_U that tokens use, [d_vocab, d_model] float32.
at::Tensor usedUnembedding(const Transformer& model, std::int64_t vocabulary)
{
    const at::Tensor W_U = model.weights().W_U.values();
    return W_U.narrow(0, 0, std::clamp<std::int64_t>(vocabulary, 1, W_U.size(0))).to(at::kFloat);
}

/// Directions [n, d_model] behind the final norm, but for its scale.
at::Tensor behindNorm(const Transformer& model, at::Tensor rows)
{
    if (model.config().norm == NormKind::LayerNorm)
        rows = rows - rows.mean(1, true); // LayerNorm takes the mean out of what it reads.
    return rows * model.weights().final.gain;
}

/// [rows, d_vocab], relative to each row's mean.
at::Tensor movedLogits(const at::Tensor& unembedded, const at::Tensor& W_U)
{
    const at::Tensor logits = at::matmul(unembedded, W_U.t());
    return logits - logits.mean(1, true);
}

} // namespace

at::Tensor effectsOnVocabulary(
    const Transformer& model, const at::Tensor& directions, std::int64_t vocabulary)
{
    const at::Tensor W_U = usedUnembedding(model, vocabulary);
    return directions.size(1) == W_U.size(1) ? movedLogits(behindNorm(model, directions), W_U)
                                             : at::Tensor();
}

Result<std::vector<StoredEffects>> logitEffects(const Transformer& model,
    const at::Tensor& directions, int count, std::int64_t vocabulary, std::stop_token stop,
    const std::function<void()>& pause)
{
    if (directions.size(1) != model.config().d_model)
        return std::vector<StoredEffects>(static_cast<std::size_t>(directions.size(0)));
    return unembeddedEffects(
        model, behindNorm(model, directions), count, vocabulary, std::move(stop), pause);
}

Result<std::vector<StoredEffects>> unembeddedEffects(const Transformer& model,
    const at::Tensor& unembedded, int count, std::int64_t vocabulary, std::stop_token stop,
    const std::function<void()>& pause)
{
    const at::Tensor W_U = usedUnembedding(model, vocabulary);
    std::vector<StoredEffects> all(static_cast<std::size_t>(unembedded.size(0)));
    const std::int64_t kept = std::min<std::int64_t>(count, W_U.size(0));
    for (std::int64_t from = 0; from < unembedded.size(0); from += kRows) {
        if (pause)
            pause();
        if (stop.stop_requested())
            return cancelled();
        const at::Tensor rows
            = unembedded.narrow(0, from, std::min(kRows, unembedded.size(0) - from));
        const at::Tensor logits = movedLogits(rows, W_U);
        const auto [up, upIds] = at::topk(logits, kept, 1);
        const auto [down, downIds] = at::topk(logits, kept, 1, /*largest=*/false);
        const auto plain = [](const at::Tensor& t) { return t.to(at::kCPU).contiguous(); };
        const at::Tensor tables[] = {plain(up), plain(upIds), plain(down), plain(downIds)};
        for (std::int64_t row = 0; row < rows.size(0); ++row)
            all[static_cast<std::size_t>(from + row)]
                = {strongest(tables[0], tables[1], row), strongest(tables[2], tables[3], row)};
    }
    return all;
}

at::Tensor addedDirections(
    const Transformer& model, const Dictionary& dictionary, const at::Tensor& features)
{
    const DictionaryConfig& config = dictionary.config();
    const HookKind kind = config.hookOut.kind;
    const bool isBeforeNorm = model.config().hasPostNorms
        && (kind == HookKind::AttnRawOut || kind == HookKind::MlpRawOut);
    if (!isBeforeNorm)
        return dictionary.decoderRows(features);
    at::Tensor sum;
    const auto& blocks = model.weights().blocks;
    for (int offset = 0; offset < config.layersWritten; ++offset) {
        const auto layer = static_cast<std::size_t>(config.hookOut.layer.value + offset);
        if (layer >= blocks.size())
            break; // Behind the model's last layer.
        const Norm& norm
            = kind == HookKind::AttnRawOut ? blocks[layer].ln1Post : blocks[layer].ln2Post;
        const at::Tensor rows = dictionary.decoderRowsAt(features, offset) * norm.gain;
        sum = sum.defined() ? sum + rows : rows;
    }
    return sum;
}

Result<std::vector<StoredNearest>> nearestFeatures(const Dictionary& dictionary, std::int64_t from,
    std::int64_t to, int count, std::stop_token stop, const std::function<void()>& pause)
{
    const at::Tensor W_dec = dictionary.W_dec();
    const at::Tensor unit = W_dec / W_dec.norm(2, 1, true).clamp_min(1e-12);
    const std::int64_t kept = std::min<std::int64_t>(count, unit.size(0) - 1);
    std::vector<StoredNearest> all;
    for (std::int64_t at = from; at < to; at += kRows) {
        if (pause)
            pause();
        if (stop.stop_requested())
            return cancelled();
        const std::int64_t rows = std::min(kRows, to - at);
        at::Tensor cosines = at::matmul(unit.narrow(0, at, rows), unit.t()); // [rows, d_sae]
        cosines.narrow(1, at, rows).fill_diagonal_(-2.0f); // A feature is not its own neighbour.
        if (kept <= 0) {
            all.resize(all.size() + static_cast<std::size_t>(rows));
            continue;
        }
        const auto [values, ids] = at::topk(cosines, kept, 1);
        const at::Tensor v = values.to(at::kCPU).contiguous(), i = ids.to(at::kCPU).contiguous();
        for (std::int64_t row = 0; row < rows; ++row) {
            StoredNearest nearest;
            for (const auto& [token, cosine] : strongest(v, i, row))
                nearest.emplace_back(FeatureId(token.value), cosine);
            all.push_back(std::move(nearest));
        }
    }
    return all;
}

} // namespace core
