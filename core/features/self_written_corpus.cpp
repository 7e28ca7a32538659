#include "core/features/harvest_corpus.h"

#include "core/interventions/decode.h"

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

at::Tensor probabilitiesOf(std::span<const float> logits, std::int64_t vocabulary)
{
    return at::softmax(
        at::from_blob(const_cast<float*>(logits.data()), {vocabulary}, at::kFloat), 0);
}

struct Stream {
    std::vector<TokenId> tokens;
    bool isEnded = false;
};

/// Writes `kStreams` texts at once until each has ended or is full.
Result<std::vector<Stream>> writeRound(const Transformer& model, const Tokenizer& tokenizer,
    const TextStart& start, std::int64_t length, std::mt19937_64& random,
    const std::function<void()>& pause, const std::stop_token& stop)
{
    const auto vocabulary = std::min<std::int64_t>(model.config().d_vocab, tokenizer.size());
    std::vector<Stream> streams(kStreams);
    std::vector<std::vector<TokenId>> firsts;
    for (Stream& stream : streams) {
        std::optional<TokenId> first = tokenizer.bos();
        if (!start.tokens.empty())
            first = start.tokens.front();
        stream.tokens.push_back(first ? *first
                                      : TokenId(static_cast<std::int64_t>(
                                          random() % static_cast<std::uint64_t>(vocabulary))));
        firsts.push_back(stream.tokens);
    }
    if (length < 2)
        return streams;
    BatchOptions options;
    options.maxTokens = static_cast<int>(length) - 1;
    auto batch = StreamBatch::startApart(model, firsts, options, stop);
    if (!batch)
        return fail(batch.error());
    const auto drawAll = [&](int, std::span<TokenId> next) {
        pause();
        bool isWriting = false;
        for (std::size_t s = 0; s < streams.size(); ++s) {
            Stream& stream = streams[s];
            const at::Tensor probabilities = probabilitiesOf(batch->logits(s), vocabulary);
            const TokenId token(draw(probabilities.data_ptr<float>(), vocabulary, random));
            if (tokenizer.isSpecial(token))
                stream.isEnded = true;
            if (!stream.isEnded) {
                stream.tokens.push_back(token);
                isWriting = true;
            }
            next[s] = stream.tokens.back();
        }
        return isWriting;
    };
    if (auto end = decode(*batch, options.maxTokens, drawAll, stop); !end)
        return fail(end.error());
    return streams;
}

} // namespace

Result<HarvestCorpus> corpusByModel(const Transformer& model, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits, std::uint64_t seed,
    const ProgressFn& progress, std::stop_token stop)
{
    const c10::InferenceMode inference;
    std::mt19937_64 random(seed);
    const std::int64_t length = std::min<std::int64_t>(limits.passageLength, model.config().n_ctx);
    std::vector<std::vector<TokenId>> passages;
    std::int64_t tokens = 0;
    int emptyRounds = 0;
    while (tokens < limits.maxTokens) {
        const auto pause = [&] {
            if (progress)
                progress({"Writing text", tokens, limits.maxTokens, "tokens"});
        };
        pause();
        auto streams = writeRound(model, tokenizer, start, length, random, pause, stop);
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
