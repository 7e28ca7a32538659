#include "core/features/harvest_corpus.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <random>

// Text that the model writes itself; the other sources of text are in harvest_corpus.cpp.
namespace core {

namespace {

constexpr std::int64_t kStreams
    = 32; // Written together: one pass over the weights serves them all.

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

struct Stream {
    std::vector<TokenId> tokens;
    bool isEnded = false;
};

/// Writes `kStreams` texts at once until each has ended or is full.
Result<std::vector<Stream>> writeRound(const Transformer& model, const Tokenizer& tokenizer,
    std::int64_t length, std::mt19937_64& random, const std::stop_token& stop)
{
    const auto vocabulary = std::min<std::int64_t>(model.config().d_vocab, tokenizer.size());
    std::vector<Stream> streams(kStreams);
    for (Stream& stream : streams) {
        const auto first = tokenizer.bos()
            ? *tokenizer.bos()
            : TokenId(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(vocabulary)));
        stream.tokens.push_back(first);
    }
    KvCache cache(model.config().n_layers, length);
    ForwardOptions options;
    options.cache = &cache;
    options.isLastLogitsOnly = true;
    options.stop = stop;
    for (std::int64_t at = 1; at < length; ++at) {
        at::Tensor ids = at::empty({kStreams, 1}, at::kLong);
        for (std::int64_t s = 0; s < kStreams; ++s)
            ids.data_ptr<std::int64_t>()[s]
                = streams[static_cast<std::size_t>(s)].tokens.back().value;
        const auto logits = model.forward(ids, {}, options);
        if (!logits)
            return fail(logits.error());
        const at::Tensor probabilities
            = at::softmax(logits->select(1, 0).narrow(1, 0, vocabulary), 1, at::kFloat)
                  .to(at::kCPU)
                  .contiguous();
        bool isWriting = false;
        for (std::int64_t s = 0; s < kStreams; ++s) {
            Stream& stream = streams[static_cast<std::size_t>(s)];
            const std::int64_t next
                = draw(probabilities.data_ptr<float>() + s * vocabulary, vocabulary, random);
            const TokenId token(next);
            if (tokenizer.isSpecial(token))
                stream.isEnded = true;
            if (!stream.isEnded) {
                stream.tokens.push_back(token);
                isWriting = true;
            }
        }
        if (!isWriting)
            break;
    }
    return streams;
}

} // namespace

Result<HarvestCorpus> corpusByModel(const Transformer& model, const Tokenizer& tokenizer,
    const CorpusLimits& limits, std::uint64_t seed, const ProgressFn& progress,
    std::stop_token stop)
{
    const c10::InferenceMode inference;
    std::mt19937_64 random(seed);
    const std::int64_t length = std::min<std::int64_t>(limits.passageLength, model.config().n_ctx);
    std::vector<std::vector<TokenId>> passages;
    std::int64_t tokens = 0;
    int emptyRounds = 0;
    while (tokens < limits.maxTokens) {
        if (progress)
            progress({"Writing text to harvest on", tokens, limits.maxTokens, "tokens"});
        auto streams = writeRound(model, tokenizer, length, random, stop);
        if (!streams)
            return fail(streams.error());
        const std::int64_t before = tokens;
        for (Stream& stream : *streams) {
            const auto written = static_cast<std::int64_t>(stream.tokens.size()) - 1;
            if (written == 0 || tokens >= limits.maxTokens)
                continue;
            if (tokens + written > limits.maxTokens)
                stream.tokens.resize(static_cast<std::size_t>(limits.maxTokens - tokens) + 1);
            tokens += static_cast<std::int64_t>(stream.tokens.size()) - 1;
            passages.push_back(std::move(stream.tokens));
        }
        constexpr int kPatience = 50; // A model that ends every text at once will not write one.
        emptyRounds = tokens == before ? emptyRounds + 1 : 0;
        if (emptyRounds > kPatience)
            return fail(Error::Code::Unsupported,
                model.config().name
                    + ": the model ends every text at its first token, so it cannot write its own. "
                      "Choose a text file to harvest on.");
    }
    return corpusFromTokens(passages, tokenizer);
}

} // namespace core
