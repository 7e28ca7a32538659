#include "core/builtin/world_corpus.h"

#include "core/builtin/world.h"

namespace core {

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
    std::vector<TokenId> ids;
    while (corpus.tokens->tokens() < tokens) {
        if (stop.stop_requested())
            return cancelled();
        Document document = world.next();
        const auto encoded = tokenizer.encode(document.text, false);
        if (!encoded)
            return fail(encoded.error());
        ids.assign(1, *bos);
        ids.insert(ids.end(), encoded->ids.begin(), encoded->ids.end());
        if (auto added = corpus.tokens->add(ids); !added)
            return fail(added.error());
        if (keepDocuments)
            corpus.documents.push_back(std::move(document));
    }
    return corpus;
}

} // namespace core
