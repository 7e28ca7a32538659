#include "core/engine/text_corpus.h"

#include "core/features/harvest_corpus.h"

#include <algorithm>
#include <limits>

namespace core {

namespace {

CorpusLimits limits(const LoadedModel& model, std::int64_t maxTokens)
{
    CorpusLimits out;
    out.maxTokens = maxTokens > 0 ? maxTokens : std::numeric_limits<std::int64_t>::max();
    out.passageLength = passageLength(model);
    return out;
}

Result<std::shared_ptr<const TokenCorpus>> tokenCorpus(
    const LoadedModel& model, const Result<HarvestCorpus>& read, const std::string& what)
{
    if (!read)
        return fail(read.error());
    std::vector<TokenId> special;
    for (int id = 0; id < model.tokenizer->size(); ++id)
        if (model.tokenizer->isSpecial(TokenId(id)))
            special.emplace_back(id);
    auto corpus = std::make_shared<TokenCorpus>(model.info.d_vocab, special);
    for (const Passage& passage : read->passages)
        if (auto added = corpus->add(passage.tokens); !added)
            return fail(added.error());
    if (corpus->tokens() < 2)
        return fail(Error::Code::NotFound,
            what + " holds no text to measure on. Give a paragraph or more.");
    return corpus;
}

} // namespace

int passageLength(const LoadedModel& model)
{
    return std::min(CorpusLimits().passageLength, model.info.n_ctx);
}

Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromText(const LoadedModel& model,
    const std::string& text, const TextStart& start, std::int64_t maxTokens)
{
    return tokenCorpus(
        model, corpusFromText(text, *model.tokenizer, start, limits(model, maxTokens)), "The text");
}

Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromFile(const LoadedModel& model,
    const std::string& path, const TextStart& start, std::int64_t maxTokens,
    const std::string& field)
{
    return tokenCorpus(model,
        corpusAt(
            path, documentReading(model, field), *model.tokenizer, start, limits(model, maxTokens)),
        path);
}

DocumentReading documentReading(const LoadedModel& model, const std::string& field)
{
    DocumentReading reading;
    reading.field = field;
    const auto chat = ChatTemplate::open(model.info.path);
    if (chat && *chat)
        reading.chat = [written = *chat](const std::vector<ChatMessage>& messages) {
            return written->render(messages, false);
        };
    return reading;
}

Result<TrainingCorpus> trainingCorpus(const LoadedModel& model, const TrainingText& text,
    const TextStart& start, const ProgressFn& progress, const std::stop_token& stop)
{
    constexpr std::uint64_t kSeed = 1; // The same text each time, so that a run can go on.
    const CorpusLimits most = limits(model, text.tokens);
    DocumentReading reading = documentReading(model, text.field);
    reading.mixesFiles = text.mixesFiles;
    const auto read = text.isWritten()
        ? corpusByModel(*model.transformer, *model.tokenizer, start, most, kSeed, progress, stop)
        : corpusAt(text.path, reading, *model.tokenizer, start, most, progress, stop);
    auto corpus = tokenCorpus(model, read, text.isWritten() ? "What the model wrote" : text.path);
    if (!corpus)
        return fail(corpus.error());
    return TrainingCorpus{std::move(*corpus), read->hash};
}

} // namespace core
