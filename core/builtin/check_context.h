#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/builtin/claim.h"
#include "core/builtin/world_corpus.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What every check looks at: the files as anyone would open them, and texts nobody trained on.
struct CheckContext {
    std::filesystem::path folder;
    std::shared_ptr<const Transformer> model;
    std::shared_ptr<const Tokenizer> tokenizer;
    Dictionaries saes; ///< One per layer, in order.
    Dictionaries transcoders; ///< Likewise.
    std::filesystem::path workspace;
    WorldCorpus corpus; ///< With its documents.
    std::stop_token stop;

    static Result<CheckContext> open(const std::filesystem::path& folder, std::uint64_t seed,
        std::int64_t corpusTokens, std::stop_token stop);

    /// BOS and the text, without an end.
    Result<std::vector<TokenId>> encode(std::string_view text) const;
};

using Claims = std::vector<MeasuredClaim>;

/// One function per group of claims; each in the file of its name.
Result<Claims> checkLanguage(const CheckContext& context);
Result<Claims> checkGoldenGate(const CheckContext& context);
Result<Claims> checkTwoHops(const CheckContext& context);
Result<Claims> checkCircuits(const CheckContext& context);
Result<Claims> checkDictionaries(const CheckContext& context);
Result<Claims> checkTenFeatures(const CheckContext& context);
Result<Claims> checkBilingual(const CheckContext& context);
Result<Claims> checkRhymes(const CheckContext& context);
Result<Claims> checkInduction(const CheckContext& context);

} // namespace core
