#include "core/features/harvest_corpus.h"

#include "core/features/stable_hash.h"
#include "core/features/text_documents.h"
#include "core/files/mapped_file.h"

#include <algorithm>
#include <span>

namespace core {

namespace {

constexpr std::int64_t kDocumentsBetweenTellings = 64;

/// Cuts documents into passages until there are enough tokens.
class PassageCutter {
public:
    PassageCutter(const Tokenizer& tokenizer, const TextStart& start, const CorpusLimits& limits)
        : m_tokenizer(tokenizer)
        , m_start(start)
        , m_limits(limits)
        , m_room(std::max<std::int64_t>(
              1, limits.passageLength - static_cast<std::int64_t>(start.tokens.size())))
    {
    }

    /// False when there are enough.
    Result<bool> add(std::string_view document)
    {
        if (m_tokens >= m_limits.maxTokens)
            return false;
        const auto encoded = m_tokenizer.encode(document, false);
        if (!encoded)
            return fail(encoded.error());
        std::span<const TokenId> ids = encoded->ids;
        const auto& start = m_start.tokens;
        if (!start.empty() && ids.size() > start.size()
            && std::equal(start.begin(), start.end(), ids.begin()))
            ids = ids.subspan(start.size()); // a chat template wrote it
        for (std::int64_t at = 0; at < std::int64_t(ids.size()) && m_tokens < m_limits.maxTokens;
             at += m_room) {
            const std::int64_t length
                = std::min({m_room, std::int64_t(ids.size()) - at, m_limits.maxTokens - m_tokens});
            std::vector<TokenId> passage(ids.begin() + at, ids.begin() + at + length);
            if (m_start.isAdded)
                m_start.putBefore(passage, m_tokenizer);
            else
                passage.insert(passage.begin(), m_start.tokens.begin(), m_start.tokens.end());
            m_passages.push_back(std::move(passage));
            m_tokens += length;
        }
        return m_tokens < m_limits.maxTokens;
    }

    Result<HarvestCorpus> corpus() const
    {
        if (m_passages.empty())
            return fail(Error::Code::InvalidFile,
                "the text holds no words. Choose a text file with "
                "documents separated by blank lines.");
        return corpusFromTokens(m_passages, m_tokenizer);
    }

private:
    const Tokenizer& m_tokenizer;
    const TextStart& m_start;
    const CorpusLimits m_limits;
    const std::int64_t m_room;
    std::vector<std::vector<TokenId>> m_passages;
    std::int64_t m_tokens = 0;
};

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
    PassageCutter cutter(tokenizer, start, limits);
    if (auto read = documentsOfText(text, [&](std::string_view each) { return cutter.add(each); });
        !read)
        return fail(read.error());
    return cutter.corpus();
}

Result<HarvestCorpus> corpusAt(const std::filesystem::path& path, const DocumentReading& reading,
    const Tokenizer& tokenizer, const TextStart& start, const CorpusLimits& limits,
    const ProgressFn& progress, const std::stop_token& stop)
{
    PassageCutter cutter(tokenizer, start, limits);
    std::int64_t documents = 0;
    const auto add = [&](std::string_view document) -> Result<bool> {
        if (stop.stop_requested())
            return cancelled();
        if (progress && ++documents % kDocumentsBetweenTellings == 0)
            progress({"Reading the text", documents, 0, "documents"});
        return cutter.add(document);
    };
    if (auto read = documentsAt(path, reading, add); !read)
        return fail(read.error());
    auto corpus = cutter.corpus();
    if (!corpus)
        return fail(corpus.error().code, path.filename().string() + ": " + corpus.error().message);
    return corpus;
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
