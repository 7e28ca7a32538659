#include "core/features/harvest_corpus.h"

#include "core/features/stable_hash.h"
#include "core/files/mapped_file.h"

#include <algorithm>

namespace core {

namespace {

bool isBlank(std::string_view line)
{
    return std::all_of(
        line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

std::vector<std::string_view> splitAtBlankLines(std::string_view text)
{
    std::vector<std::string_view> documents;
    std::size_t begin = 0, end = 0; // The document so far.
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t lineEnd = std::min(text.find('\n', at), text.size());
        if (isBlank(text.substr(at, lineEnd - at))) {
            if (end > begin)
                documents.push_back(text.substr(begin, end - begin));
            begin = end = lineEnd + 1;
        } else {
            end = lineEnd;
        }
        at = lineEnd + 1;
    }
    if (end > begin && begin < text.size())
        documents.push_back(text.substr(begin, end - begin));
    return documents;
}

} // namespace

HarvestCorpus corpusFromTokens(
    const std::vector<std::vector<TokenId>>& documents, const Tokenizer& tokenizer)
{
    HarvestCorpus corpus;
    StableHash hash;
    for (const std::vector<TokenId>& document : documents) {
        std::int64_t plain = 0;
        for (const TokenId id : document) {
            plain += !tokenizer.isSpecial(id);
            hash.add(static_cast<std::uint64_t>(id.value));
        }
        if (plain == 0)
            continue;
        hash.add(~0ull);
        corpus.tokens += plain;
        corpus.passages.push_back({0, document, tokenizer.decode(document, true)});
    }
    corpus.hash = hash.hex();
    return corpus;
}

Result<HarvestCorpus> corpusFromText(std::string_view text, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits)
{
    const auto room = std::max<std::int64_t>(
        1, limits.passageLength - static_cast<std::int64_t>(start.tokens.size()));
    std::vector<std::vector<TokenId>> passages;
    std::int64_t tokens = 0;
    for (const std::string_view document : splitAtBlankLines(text)) {
        if (tokens >= limits.maxTokens)
            break;
        const auto encoded = tokenizer.encode(document, false);
        if (!encoded)
            return fail(encoded.error());
        const auto& ids = encoded->ids;
        for (std::int64_t at = 0; at < std::int64_t(ids.size()) && tokens < limits.maxTokens;
             at += room) {
            const std::int64_t length
                = std::min({room, std::int64_t(ids.size()) - at, limits.maxTokens - tokens});
            std::vector<TokenId> passage(ids.begin() + at, ids.begin() + at + length);
            if (start.isAdded)
                start.putBefore(passage, tokenizer);
            else
                passage.insert(passage.begin(), start.tokens.begin(), start.tokens.end());
            passages.push_back(std::move(passage));
            tokens += length;
        }
    }
    if (passages.empty())
        return fail(Error::Code::InvalidFile,
            "the text to harvest on holds no words. Choose a text file with "
            "documents separated by blank lines.");
    return corpusFromTokens(passages, tokenizer);
}

Result<HarvestCorpus> corpusFromFile(const std::filesystem::path& path, const Tokenizer& tokenizer,
    const TextStart& start, const CorpusLimits& limits)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = (*file)->bytes();
    auto corpus = corpusFromText(
        {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, tokenizer, start, limits);
    if (!corpus)
        return fail(corpus.error().code, path.filename().string() + ": " + corpus.error().message);
    return corpus;
}

} // namespace core
