#include "core/training/token_corpus.h"

#include <fmt/format.h>

namespace core {

TokenCorpus::TokenCorpus(int d_vocab, const std::vector<TokenId>& special)
    : m_isSpecial(static_cast<std::size_t>(d_vocab), 0)
{
    for (const TokenId id : special)
        if (id.isValid() && id.value < d_vocab)
            m_isSpecial[id.index()] = 1;
}

Result<void> TokenCorpus::add(std::span<const TokenId> document)
{
    for (const TokenId id : document)
        if (!id.isValid() || id.value >= d_vocab())
            return fail(Error::Code::InvalidFile,
                fmt::format(
                    "document {}: token id {} is outside the vocabulary of {}. The text was cut by "
                    "another model's tokenizer.",
                    documents(), id.value, d_vocab()));
    if (document.empty())
        return {};
    for (const TokenId id : document)
        m_tokens.push_back(id.value);
    m_begins.push_back(tokens());
    return {};
}

std::span<const std::int32_t> TokenCorpus::document(std::int64_t index) const
{
    const auto i = static_cast<std::size_t>(index);
    const std::int64_t begin = m_begins.at(i);
    return std::span(m_tokens).subspan(
        static_cast<std::size_t>(begin), static_cast<std::size_t>(m_begins.at(i + 1) - begin));
}

} // namespace core
