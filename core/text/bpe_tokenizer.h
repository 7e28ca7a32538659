#pragma once

#include "core/text/added_tokens.h"
#include "core/text/bpe.h"
#include "core/text/decoder.h"
#include "core/text/normalizer.h"
#include "core/text/post_processor.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/special_names.h"
#include "core/text/tokenizer.h"

#include <memory>

namespace core {

/// The pipeline of a tokenizer.json: added tokens, normalizer, pre-tokenizer, BPE, post-processor;
/// and back.
class BpeTokenizer : public Tokenizer {
public:
    /// From the content of a tokenizer.json, named `file` in errors.
    static Result<std::shared_ptr<const Tokenizer>> fromJson(
        std::string_view text, const SpecialNames& names, const std::string& file);
    /// From a model and, in `json`, the other entries of a tokenizer.json. `normalizer`, if given,
    /// stands for the entry of that name and leaves the added tokens as they are.
    static Result<std::shared_ptr<const Tokenizer>> fromParts(std::unique_ptr<const Bpe> model,
        const nlohmann::json& json, std::unique_ptr<const Normalizer> normalizer,
        const SpecialNames& names, const std::string& file);

    Result<Tokens> encode(std::string_view text, bool addSpecial) const override;
    std::string decode(std::span<const TokenId> ids, bool skipSpecial) const override;
    std::string display(TokenId id) const override;
    int size() const override;
    bool isSpecial(TokenId id) const override;
    std::optional<TokenId> find(std::string_view piece) const override;
    std::optional<TokenId> bos() const override { return m_bos; }
    std::optional<TokenId> eos() const override { return m_eos; }
    std::string typeName() const override;

private:
    Result<void> encodeRaw(const AlignedText& text, Tokens& tokens) const;
    Result<void> encodeNormalized(AlignedText text, Tokens& tokens) const;
    Result<void> encodeWords(AlignedText text, Tokens& tokens) const;
    void addSpecialTokens(Tokens& tokens) const;
    void applyNames(const SpecialNames& names);
    std::optional<TokenId> tokenFrom(const SpecialNames::Token& name) const;
    std::optional<std::string_view> pieceOf(int id) const;
    bool standsForItself(int id) const;

    std::unique_ptr<const Bpe> m_model;
    std::unique_ptr<const Normalizer> m_normalizer; // the next four may be null
    std::unique_ptr<const PreTokenizer> m_preTokenizer;
    std::unique_ptr<const PostProcessor> m_postProcessor;
    std::unique_ptr<const Decoder> m_decoder;
    AddedTokens m_added;
    std::optional<TokenId> m_bos;
    std::optional<TokenId> m_eos;
    bool m_addsBos = false; // where no template says what is added
    bool m_addsEos = false;
};

} // namespace core
