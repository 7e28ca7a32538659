#include "core/features/output_score.h"

#include "core/features/changed_position.h"
#include "core/features/logit_effects.h"
#include "core/features/text_start.h"

#include <algorithm>
#include <limits>
#include <span>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

constexpr std::int64_t kMostLogits = 1 << 24; // Of one pass: 64 MB, a few times over.
constexpr const char* kNeutralText = "From my experience,"; // The paper's.

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
    const auto unchanged = UnchangedText::read(model, dictionary, read, stop);
    if (!unchanged)
        return fail(unchanged.error());
    const std::int64_t last = std::ssize(read) - 1;

    const at::Tensor x = unchanged->readAt(last);
    const double strongest = dictionary.activations(x).max().item<double>();
    if (!(strongest > 0))
        return scores;
    const double strength = settings.amplification * strongest;
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
        const auto logits = unchanged->changedLogits(
            last, index, at::full({n}, strength, x.options().dtype(at::kFloat)), stop);
        if (!logits)
            return fail(logits.error());
        const at::Tensor values = scoreOf(logits->to(at::kFloat), lens).to(at::kCPU).contiguous();
        std::copy_n(values.data_ptr<float>(), n, scores.begin() + from);
    }
    return scores;
}

} // namespace core
