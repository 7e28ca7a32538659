#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

/// A text cut into tokens. All three vectors have one entry per token.
struct Tokens {
    std::vector<TokenId> ids;
    std::vector<std::string> pieces; ///< As stored in the vocabulary ("Ġthe").
    std::vector<std::pair<int, int>>
        offsets; ///< Byte range in the input; (0, 0) for tokens that a template added.
};

/// Turns text into token ids and back exactly as a model's files say (docs/formats.md section 3):
/// tokenizer.json, else vocab.json with merges.txt, else a SentencePiece or tiktoken
/// tokenizer.model; or the metadata of a GGUF file. Immutable; may be used from any thread.
class Tokenizer {
public:
    /// `path` is a model folder or one of those files.
    static Result<std::shared_ptr<const Tokenizer>> open(const std::filesystem::path& path);
    virtual ~Tokenizer() = default;

    virtual Result<Tokens> encode(std::string_view text, bool addSpecial = true) const = 0;
    virtual std::string decode(std::span<const TokenId> ids, bool skipSpecial = false) const = 0;
    /// One token as shown to a person: decoded; bytes that are not UTF-8 alone are written <0xNN>.
    virtual std::string display(TokenId id) const = 0;
    virtual int size() const = 0; ///< Largest id + 1, added tokens included.
    virtual bool isSpecial(TokenId id) const = 0;
    virtual std::optional<TokenId> find(std::string_view piece) const = 0; ///< By stored spelling.
    virtual std::optional<TokenId> bos() const = 0;
    virtual std::optional<TokenId> eos() const = 0;
    virtual std::string typeName() const = 0; ///< "byte-level BPE", "SentencePiece-style BPE".
};

} // namespace core
