#include "core/features/harvest_corpus.h"
#include "core/features/written_texts.h"

#include <algorithm>
#include <random>

// Text that the model writes itself; the other sources of text are in harvest_corpus.cpp.
namespace core {

namespace {

constexpr std::size_t kTogether = 32; // One pass over the weights serves them all.

/// What each text of a round begins with: what stands in front of every text, else any token.
std::vector<std::vector<TokenId>> firstTokens(const Transformer& model, const Tokenizer& tokenizer,
    const TextStart& start, std::mt19937_64& random)
{
    const auto vocabulary = std::min<std::int64_t>(model.config().d_vocab, tokenizer.size());
    std::vector<std::vector<TokenId>> firsts;
    for (std::size_t s = 0; s < kTogether; ++s) {
        std::optional<TokenId> first = tokenizer.bos();
        if (!start.tokens.empty())
            first = start.tokens.front();
        firsts.push_back({first ? *first
                                : TokenId(static_cast<std::int64_t>(
                                    random() % static_cast<std::uint64_t>(vocabulary)))});
    }
    return firsts;
}

} // namespace

Result<HarvestCorpus> corpusByModel(const Transformer& model, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits, std::uint64_t seed,
    const ProgressFn& progress, std::stop_token stop)
{
    std::mt19937_64 random(seed);
    Writing writing;
    writing.maxTokens = std::min(limits.passageLength, model.config().n_ctx) - 1;
    std::vector<std::vector<TokenId>> passages;
    std::int64_t tokens = 0;
    int emptyRounds = 0;
    while (tokens < limits.maxTokens) {
        const auto pause = [&] {
            if (progress)
                progress({"Writing text", tokens, limits.maxTokens, "tokens"});
        };
        pause();
        std::vector<std::vector<TokenId>> firsts = firstTokens(model, tokenizer, start, random);
        auto texts = writeTogether(model, tokenizer, firsts, writing, random, pause, stop);
        if (!texts)
            return fail(texts.error());
        const std::int64_t before = tokens;
        for (std::size_t s = 0; s < texts->size(); ++s) {
            std::vector<TokenId>& text = (*texts)[s];
            text.resize(static_cast<std::size_t>(
                std::min<std::int64_t>(std::ssize(text), limits.maxTokens - tokens)));
            if (text.empty())
                continue;
            tokens += std::ssize(text);
            std::vector<TokenId>& passage = passages.emplace_back(std::move(firsts[s]));
            passage.insert(passage.end(), text.begin(), text.end());
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
