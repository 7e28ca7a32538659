#include "core/training/held_out_text.h"

#include "core/training/token_windows.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace core {

namespace {

constexpr std::int64_t kFewestDocuments = 4;

std::shared_ptr<TokenCorpus> emptyLike(const TokenCorpus& corpus)
{
    std::vector<TokenId> special;
    for (int id = 0; id < corpus.d_vocab(); ++id)
        if (corpus.isSpecial(id))
            special.emplace_back(id);
    return std::make_shared<TokenCorpus>(corpus.d_vocab(), special);
}

void copyDocument(const TokenCorpus& from, std::int64_t index, TokenCorpus& to)
{
    std::vector<TokenId> ids;
    for (const std::int32_t id : from.document(index))
        ids.emplace_back(id);
    (void)to.add(ids); // ids of the same vocabulary
}

} // namespace

SplitCorpus holdOut(const std::shared_ptr<const TokenCorpus>& corpus, double share)
{
    const std::int64_t documents = corpus->documents();
    if (share <= 0.0 || documents < kFewestDocuments)
        return {corpus, nullptr};
    const auto held = std::clamp<std::int64_t>(
        std::llround(share * static_cast<double>(documents)), 1, documents / 2);
    auto learned = emptyLike(*corpus), heldOut = emptyLike(*corpus);
    // The middle one of each of `held` stretches of documents.
    for (std::int64_t document = 0, next = 0; document < documents; ++document) {
        const bool isHeld = next < held && document == (2 * next + 1) * documents / (2 * held);
        next += isHeld;
        copyDocument(*corpus, document, isHeld ? *heldOut : *learned);
    }
    return {learned, heldOut};
}

std::shared_ptr<const TokenCorpus> sampleOf(
    const std::shared_ptr<const TokenCorpus>& corpus, std::int64_t tokens)
{
    if (corpus->tokens() <= tokens || corpus->documents() < 2)
        return corpus;
    const std::int64_t documents = corpus->documents();
    const auto wanted
        = std::clamp<std::int64_t>(documents * tokens / corpus->tokens(), 1, documents);
    auto sample = emptyLike(*corpus);
    for (std::int64_t i = 0; i < wanted; ++i)
        copyDocument(*corpus, (2 * i + 1) * documents / (2 * wanted), *sample);
    return sample;
}

Result<std::shared_ptr<const HeldOutText>> HeldOutText::record(const Transformer& model,
    std::shared_ptr<const TokenCorpus> corpus, const std::vector<HookPoint>& points,
    std::int64_t contextSize, const ProgressFn& progress, std::stop_token stop)
{
    ActivationStoreOptions options;
    options.context_size = contextSize;
    options.store_batch_size_prompts = 8;
    auto activations = ActivationStore::record(model, corpus, points, options, progress, stop);
    if (!activations)
        return fail(activations.error());
    auto text = std::make_shared<HeldOutText>();
    text->m_corpus = corpus;
    text->m_activations = std::move(*activations);
    // The same rows in the same order as the recording has them.
    const CorpusCover cover(corpus, contextSize, contextSize * options.store_batch_size_prompts);
    for (std::int64_t i = 0; i < cover.batches(); ++i) {
        const CorpusCover::Batch batch = cover.batch(i);
        const std::int64_t T = batch.ids.size(1);
        const auto* const ids = batch.ids.data_ptr<std::int64_t>();
        const auto* const isKept = batch.isKept.data_ptr<bool>();
        const auto* const isSpecial = batch.isSpecial.data_ptr<bool>();
        for (std::int64_t b = 0; b < batch.ids.size(0); ++b) {
            const auto passage = static_cast<std::int32_t>(text->m_passages.size());
            std::int64_t length = T; // without the padding behind
            while (length > 0 && !isKept[b * T + length - 1])
                --length;
            std::vector<TokenId> tokens;
            for (std::int64_t t = 0; t < length; ++t) {
                tokens.emplace_back(ids[b * T + t]);
                if (isKept[b * T + t] && !isSpecial[b * T + t])
                    text->m_rows.push_back({passage, static_cast<std::int32_t>(t)});
            }
            text->m_passages.push_back(std::move(tokens));
        }
    }
    TORCH_CHECK(static_cast<std::int64_t>(text->m_rows.size()) == text->m_activations->tokens(),
        "HeldOutText: a row for each recorded token");
    return text;
}

} // namespace core
