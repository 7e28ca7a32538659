#include "core/features/output_score.h"

#include "core/features/logit_effects.h"
#include "core/features/text_start.h"
#include "core/model/activation_cache.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

constexpr std::int64_t kMostLogits = 1 << 24; // Of one pass: 64 MB, a few times over.
constexpr const char* kNeutralText = "From my experience,"; // The paper's.

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

/// The prompt as the model reads it unchanged: keys and values of all positions but the last, and
/// what the last one's hook points hold.
struct UnchangedPrompt {
    KvCache before;
    ActivationCache last; ///< [1, 1, ..]
};

at::Tensor idsOf(std::span<const TokenId> tokens)
{
    at::Tensor ids = at::empty({1, std::ssize(tokens)}, at::kLong);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        ids.data_ptr<std::int64_t>()[i] = tokens[i].value;
    return ids;
}

Result<UnchangedPrompt> readPrompt(const Transformer& model, std::span<const TokenId> prompt,
    const std::vector<HookPoint>& points, const std::stop_token& stop)
{
    UnchangedPrompt unchanged{KvCache(model.config().n_layers, std::ssize(prompt)), {}};
    ForwardOptions options;
    options.cache = &unchanged.before;
    options.isLastLogitsOnly = true;
    options.stop = stop;
    if (prompt.size() > 1)
        if (auto read = model.forward(idsOf(prompt.first(prompt.size() - 1)), {}, options); !read)
            return fail(read.error());
    auto last = runWithCache(model, idsOf(prompt.last(1)), points, {}, options);
    if (!last)
        return fail(last.error());
    unchanged.before.truncate(std::ssize(prompt) - 1);
    unchanged.last = std::move(last->cache);
    return unchanged;
}

/// (1 - rank / d_vocab) p of the token among `lens` [n, k] that `logits` [n, d_vocab] hold most
/// probable.
at::Tensor scoreOf(const at::Tensor& logits, const at::Tensor& lens)
{
    const at::Tensor best = logits.gather(1, lens).amax(1, true); // [n, 1]
    const at::Tensor above
        = (logits > best).sum(1).to(at::kFloat) / static_cast<double>(logits.size(1));
    return (1 - above) * (best.squeeze(1) - logits.logsumexp(1)).exp();
}

} // namespace

Result<std::vector<TokenId>> neutralPrompt(
    const Tokenizer& tokenizer, const Dictionaries& dictionaries)
{
    const auto start = textStart(tokenizer, dictionaries);
    if (!start)
        return fail(start.error());
    auto tokens = tokenizer.encode(kNeutralText, true);
    if (!tokens)
        return fail(tokens.error());
    start->putBefore(tokens->ids, tokenizer);
    return std::move(tokens->ids);
}

Result<std::vector<float>> outputScores(const Transformer& model, const Dictionary& dictionary,
    const std::vector<TokenId>& prompt, std::int64_t vocabulary,
    const OutputScoreSettings& settings, std::stop_token stop,
    const std::function<void(std::int64_t done)>& pause)
{
    const c10::InferenceMode inference;
    const DictionaryConfig& config = dictionary.config();
    const ModelConfig& shape = model.config();
    std::vector<float> scores(
        static_cast<std::size_t>(config.d_sae), std::numeric_limits<float>::quiet_NaN());
    if (config.d_out != shape.d_model || config.headOut >= 0 || prompt.empty())
        return scores;
    const auto read = std::span(prompt).first(
        std::min(prompt.size(), static_cast<std::size_t>(std::max(1, shape.n_ctx))));
    const ChangedPass pass = passOf(config, shape);
    std::vector<HookPoint> points{config.hookIn};
    if (pass.stream && *pass.stream != config.hookIn)
        points.push_back(*pass.stream);
    const auto unchanged = readPrompt(model, read, points, stop);
    if (!unchanged)
        return fail(unchanged.error());

    const at::Tensor& x = unchanged->last.at(config.hookIn);
    const double strongest = dictionary.activations(x).max().item<double>();
    if (!(strongest > 0))
        return scores;
    const double strength = settings.amplification * strongest
        * dictionary.outputScale(x).to(at::kFloat).max().item<double>();
    const std::int64_t used = std::clamp<std::int64_t>(vocabulary, 1, shape.d_vocab);
    const std::int64_t kept = std::min<std::int64_t>(settings.tokens, used);
    const std::int64_t rows
        = std::clamp<std::int64_t>(kMostLogits / shape.d_vocab, 1, settings.rows);
    for (std::int64_t from = 0; from < config.d_sae; from += rows) {
        if (pause)
            pause(from);
        if (stop.stop_requested())
            return cancelled();
        const std::int64_t n = std::min<std::int64_t>(rows, config.d_sae - from);
        const at::Tensor index
            = at::arange(from, from + n, at::TensorOptions(at::kLong).device(model.device()));
        const at::Tensor lens = std::get<1>(model.unembed(addedDirections(model, dictionary, index))
                                                .narrow(1, 0, used)
                                                .topk(kept, 1));
        const auto change = [&](int offset) {
            const at::Tensor written = config.layersWritten == 1
                ? dictionary.decoderRows(index)
                : dictionary.decoderRowsAt(index, offset);
            return (written * strength).to(x.options()).unsqueeze(1); // [n, 1, d_model]
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
        KvCache cache = unchanged->before;
        cache.repeat(n);
        ForwardOptions options;
        options.cache = &cache;
        options.stop = stop;
        options.startAtLayer = pass.startAtLayer;
        if (pass.stream) {
            const at::Tensor& stream = unchanged->last.at(*pass.stream);
            options.stream = pass.isAddedToStream ? stream + change(0)
                                                  : stream.expand({n, 1, shape.d_model}).clone();
        }
        const auto logits = model.forward(idsOf(read.last(1)).expand({n, 1}), hooks, options);
        if (!logits)
            return fail(logits.error());
        const at::Tensor values
            = scoreOf(logits->squeeze(1).to(at::kFloat), lens).to(at::kCPU).contiguous();
        std::copy_n(values.data_ptr<float>(), n, scores.begin() + from);
    }
    return scores;
}

} // namespace core
