#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/features/text_documents.h"
#include "core/features/text_start.h"
#include "core/model/transformer.h"
#include "core/store/feature_record.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Text to harvest on, cut into sequences that the model can read at once. A document longer than
/// that is cut into several passages, each with what stands in front of every text.
struct HarvestCorpus {
    std::vector<Passage> passages;
    std::int64_t tokens = 0; ///< Without special ones.
    std::string hash; ///< Of the token ids.
};

/// At most `maxTokens` tokens; passages of at most `passageLength`.
struct CorpusLimits {
    std::int64_t maxTokens = 200'000;
    int passageLength = 256;
};

HarvestCorpus corpusFromTokens(
    const std::vector<std::vector<TokenId>>& documents, const Tokenizer& tokenizer);

/// Documents are separated by blank lines.
Result<HarvestCorpus> corpusFromText(std::string_view text, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits);
Result<HarvestCorpus> corpusFromFile(const std::filesystem::path& path, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits);

/// A file or a folder of .txt and .jsonl, as `documentsAt` reads them. A conversation that begins
/// with what stands in front of every text is not given it twice.
Result<HarvestCorpus> corpusAt(const std::filesystem::path& path, const DocumentReading& reading,
    const Tokenizer& tokenizer, const TextStart& start, const CorpusLimits& limits,
    const ProgressFn& progress = {}, const std::stop_token& stop = {});

/// Text that the model writes itself at temperature 1, for when there is no corpus; it goes on from
/// `start`, or where that is empty from BOS, or from any token. The same seed, the same text.
Result<HarvestCorpus> corpusByModel(const Transformer& model, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits, std::uint64_t seed,
    const ProgressFn& progress = {}, std::stop_token stop = {});

} // namespace core
