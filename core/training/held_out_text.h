#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/transformer.h"
#include "core/training/activation_store.h"
#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace core {

/// A text in two parts: what is learned from, and what is only measured on.
struct SplitCorpus {
    std::shared_ptr<const TokenCorpus> learned;
    std::shared_ptr<const TokenCorpus> heldOut; ///< Null where the text is too short for it.
};

/// Holds out a share of the documents, evenly spaced, so that both parts are of all kinds of text
/// that there are; at least one where the share is not 0. A text of fewer than four documents is
/// learned from whole. The same corpus and share, the same parts.
SplitCorpus holdOut(const std::shared_ptr<const TokenCorpus>& corpus, double share);

/// Whole documents, evenly spaced, of about so many tokens together; all where there are fewer.
std::shared_ptr<const TokenCorpus> sampleOf(
    const std::shared_ptr<const TokenCorpus>& corpus, std::int64_t tokens);

/// A short text with its activations at some places, to look at while dictionaries learn.
/// Immutable.
class HeldOutText {
public:
    static Result<std::shared_ptr<const HeldOutText>> record(const Transformer& model,
        std::shared_ptr<const TokenCorpus> corpus, const std::vector<HookPoint>& points,
        std::int64_t contextSize, const ProgressFn& progress = {}, std::stop_token stop = {});

    /// Where a row of the activations stands.
    struct Row {
        std::int32_t passage = 0, position = 0;
    };

    const std::shared_ptr<const TokenCorpus>& corpus() const { return m_corpus; }
    const ActivationStore& activations() const { return *m_activations; }
    const std::vector<Row>& rows() const { return m_rows; } ///< One a row of the activations.
    /// As the model read them, what stands in front included.
    const std::vector<std::vector<TokenId>>& passages() const { return m_passages; }

private:
    std::shared_ptr<const TokenCorpus> m_corpus;
    std::shared_ptr<const ActivationStore> m_activations;
    std::vector<Row> m_rows;
    std::vector<std::vector<TokenId>> m_passages;
};

} // namespace core
