#include "core/builtin/world_corpus.h"

#include "core/builtin/world.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

constexpr double kRandomRows = 0.15; ///< Of documents.

/// Tokens drawn from the whole vocabulary but the bytes and the end mark, the row repeated until it
/// is as long as other documents: only looking back tells how it goes on, whatever the tokens are.
std::vector<TokenId> randomRow(RandomSource& random, int d_vocab, double& nats)
{
    constexpr std::size_t kLongest = 24, kTokens = 64, kBytes = 256;
    const std::size_t words = static_cast<std::size_t>(d_vocab) - kBytes - 1;
    const std::size_t length = 2 + random.below(kLongest - 1);
    std::vector<TokenId> row;
    for (std::size_t i = 0; i < length; ++i)
        row.emplace_back(static_cast<std::int64_t>(kBytes + random.below(words)));
    const std::size_t times = std::max<std::size_t>(2, (kTokens + length - 1) / length);
    std::vector<TokenId> ids;
    for (std::size_t i = 0; i < times; ++i)
        ids.insert(ids.end(), row.begin(), row.end());
    nats = -std::log(kRandomRows) + std::log(static_cast<double>(kLongest - 1))
        + static_cast<double>(length) * std::log(static_cast<double>(words));
    return ids;
}

} // namespace

std::uint64_t splitSeed(std::uint64_t seed, WorldSplit split)
{
    return RandomSource(seed * 16 + static_cast<std::uint64_t>(split)).next();
}

Result<WorldCorpus> writeWorldCorpus(const Tokenizer& tokenizer, std::uint64_t seed,
    std::int64_t tokens, bool keepDocuments, std::stop_token stop)
{
    const auto bos = tokenizer.bos();
    if (!bos)
        return fail(
            Error::Code::InvalidFile, "The tokenizer has no BOS token to begin documents with.");
    WorldCorpus corpus{std::make_shared<TokenCorpus>(tokenizer.size(), std::vector{*bos}), {}};
    World world(seed);
    RandomSource random(seed + 1);
    std::vector<TokenId> ids;
    while (corpus.tokens->tokens() < tokens) {
        if (stop.stop_requested())
            return cancelled();
        Document document;
        if (random.unit() < kRandomRows) {
            ids = randomRow(random, tokenizer.size(), document.nats);
            document.kind = DocumentKind::RandomTokens;
            document.text = tokenizer.decode(ids);
        } else {
            document = world.next();
            document.nats -= std::log(1 - kRandomRows);
            const auto encoded = tokenizer.encode(document.text, false);
            if (!encoded)
                return fail(encoded.error());
            ids = encoded->ids;
        }
        ids.insert(ids.begin(), *bos);
        if (auto added = corpus.tokens->add(ids); !added)
            return fail(added.error());
        if (keepDocuments)
            corpus.documents.push_back(std::move(document));
    }
    return corpus;
}

} // namespace core
