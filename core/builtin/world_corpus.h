#pragma once

#include "core/base/result.h"
#include "core/builtin/document.h"
#include "core/text/tokenizer.h"
#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace core {

/// Documents of the world as tokens, with the writer's notes beside them.
struct WorldCorpus {
    std::shared_ptr<TokenCorpus> tokens; ///< One document each, beginning with BOS.
    std::vector<Document> documents; ///< Empty unless asked for.
};

/// Seeds that must differ: what is measured was never trained on.
enum class WorldSplit : std::uint64_t {
    Vocabulary = 1,
    Training = 2,
    Harvest = 3,
    Check = 4,
    /// Of two texts drawn for the transcoders, this one's features tell most states apart.
    MoreStates = 1218
};

/// The seed of a split of the world with this seed.
std::uint64_t splitSeed(std::uint64_t seed, WorldSplit split);

/// Documents of the mixture, one after the other, until there are `tokens` tokens.
Result<WorldCorpus> writeWorldCorpus(const Tokenizer& tokenizer, std::uint64_t seed,
    std::int64_t tokens, bool keepDocuments, std::stop_token stop = {});

/// Adds documents of one kind until there are `tokens` tokens more.
Result<void> addDocuments(TokenCorpus& corpus, const Tokenizer& tokenizer, DocumentKind kind,
    std::uint64_t seed, std::int64_t tokens, std::stop_token stop = {});

} // namespace core
