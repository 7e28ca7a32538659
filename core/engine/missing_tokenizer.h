#pragma once

#include "core/text/tokenizer.h"

#include <string>

namespace core {

/// Stands where a model's tokenizer cannot be used: ids are shown as numbers, and reading text is
/// refused with `problem`. So a model whose tokenizer is missing still runs on ids.
class MissingTokenizer : public Tokenizer {
public:
    MissingTokenizer(int d_vocab, std::string problem)
        : m_size(d_vocab)
        , m_problem(std::move(problem))
    {
    }

    Result<Tokens> encode(std::string_view text, bool addSpecial) const override;
    std::string decode(std::span<const TokenId> ids, bool skipSpecial) const override;
    std::string display(TokenId id) const override;
    int size() const override { return m_size; }
    bool isSpecial(TokenId) const override { return false; }
    std::optional<TokenId> find(std::string_view) const override { return std::nullopt; }
    std::optional<TokenId> bos() const override { return std::nullopt; }
    std::optional<TokenId> eos() const override { return std::nullopt; }
    std::string typeName() const override { return "none"; }

private:
    int m_size;
    std::string m_problem;
};

} // namespace core
