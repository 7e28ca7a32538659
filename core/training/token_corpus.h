#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace core {

/// A text as a flat stream of token ids that knows where its documents begin and which ids are
/// special (BOS and such: their activations have outlier norms and are left out of dictionaries and
/// statistics).
///
/// Takes 4 bytes a token and 8 a document. Filled once, then only read; may then be read from any
/// thread.
class TokenCorpus {
public:
    TokenCorpus(int d_vocab, const std::vector<TokenId>& special);

    /// Adds one document as it will be seen, its BOS included. Refuses ids outside the vocabulary;
    /// an empty one is left out.
    Result<void> add(std::span<const TokenId> document);

    std::int64_t tokens() const { return static_cast<std::int64_t>(m_tokens.size()); }
    std::int64_t documents() const { return static_cast<std::int64_t>(m_begins.size()) - 1; }
    std::span<const std::int32_t> document(std::int64_t index) const;
    int d_vocab() const { return static_cast<int>(m_isSpecial.size()); }
    bool isSpecial(std::int64_t id) const { return m_isSpecial[static_cast<std::size_t>(id)] != 0; }

private:
    std::vector<std::int32_t> m_tokens;
    std::vector<std::int64_t> m_begins{0}; // one more than documents
    std::vector<std::uint8_t> m_isSpecial;
};

} // namespace core
