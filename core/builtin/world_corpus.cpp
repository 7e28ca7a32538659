#include "core/builtin/world_corpus.h"

#include "core/builtin/world.h"

namespace core {

namespace {

Result<void> addDocument(TokenCorpus& corpus, const Tokenizer& tokenizer, const Document& document)
{
    const auto bos = tokenizer.bos();
    if (!bos)
        return fail(
            Error::Code::InvalidFile, "The tokenizer has no BOS token to begin documents with.");
    const auto encoded = tokenizer.encode(document.text, false);
    if (!encoded)
        return fail(encoded.error());
    std::vector<TokenId> ids{*bos};
    ids.insert(ids.end(), encoded->ids.begin(), encoded->ids.end());
    return corpus.add(ids);
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
    WorldCorpus corpus{std::make_shared<TokenCorpus>(
                           tokenizer.size(), bos ? std::vector{*bos} : std::vector<TokenId>()),
        {}};
    World world(seed);
    while (corpus.tokens->tokens() < tokens) {
        if (stop.stop_requested())
            return cancelled();
        Document document = world.next();
        if (auto added = addDocument(*corpus.tokens, tokenizer, document); !added)
            return fail(added.error());
        if (keepDocuments)
            corpus.documents.push_back(std::move(document));
    }
    return corpus;
}

Result<void> addDocuments(TokenCorpus& corpus, const Tokenizer& tokenizer, DocumentKind kind,
    std::uint64_t seed, std::int64_t tokens, std::stop_token stop)
{
    World world(seed);
    const std::int64_t until = corpus.tokens() + tokens;
    while (corpus.tokens() < until) {
        if (stop.stop_requested())
            return cancelled();
        if (auto added = addDocument(corpus, tokenizer, world.next(kind)); !added)
            return added;
    }
    return {};
}

} // namespace core
