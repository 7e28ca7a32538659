#include "core/features/written_texts.h"

#include "core/interventions/decode.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace core {

namespace {

/// One token from a row of probabilities.
std::int64_t draw(const float* probabilities, std::int64_t size, std::mt19937_64& random)
{
    // 53 random bits: the standard distributions differ between libraries.
    double left = static_cast<double>(random() >> 11) * 0x1.0p-53;
    for (std::int64_t i = 0; i < size; ++i) {
        left -= probabilities[i];
        if (left < 0)
            return i;
    }
    return std::max_element(probabilities, probabilities + size) - probabilities;
}

at::Tensor probabilitiesOf(
    std::span<const float> logits, std::int64_t vocabulary, double temperature)
{
    const at::Tensor row
        = at::from_blob(const_cast<float*>(logits.data()), {vocabulary}, at::kFloat);
    return at::softmax(temperature == 1.0 ? row : row / temperature, 0);
}

} // namespace

Result<std::vector<std::vector<TokenId>>> writeTogether(const Transformer& model,
    const Tokenizer& tokenizer, const std::vector<std::vector<TokenId>>& prompts,
    const Writing& writing, std::mt19937_64& random, const std::function<void()>& onToken,
    const std::stop_token& stop)
{
    const c10::InferenceMode inference;
    std::vector<std::vector<TokenId>> texts(prompts.size());
    if (writing.maxTokens < 1)
        return texts;
    const auto vocabulary = std::min<std::int64_t>(model.config().d_vocab, tokenizer.size());
    BatchOptions options;
    options.maxTokens = writing.maxTokens;
    auto batch = StreamBatch::startApart(model, prompts, options, stop);
    if (!batch)
        return fail(batch.error());
    std::vector<bool> isEnded(prompts.size());
    const auto drawAll = [&](int, std::span<TokenId> next) {
        onToken();
        bool isWriting = false;
        for (std::size_t s = 0; s < texts.size(); ++s) {
            const at::Tensor probabilities
                = probabilitiesOf(batch->logits(s), vocabulary, writing.temperature);
            const TokenId token(draw(probabilities.data_ptr<float>(), vocabulary, random));
            if (tokenizer.isSpecial(token))
                isEnded[s] = true;
            if (!isEnded[s]) {
                texts[s].push_back(token);
                isWriting = true;
            }
            next[s] = texts[s].empty() ? prompts[s].back() : texts[s].back();
        }
        return isWriting;
    };
    if (auto end = decode(*batch, options.maxTokens, drawAll, stop); !end)
        return fail(end.error());
    return texts;
}

} // namespace core
