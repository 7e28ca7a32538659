#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What a SentencePiece `.model` file says, as far as encoding and decoding need it
/// (docs/formats.md section 3.4).
struct SentencePieceModel {
    enum class Type { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };
    struct Piece {
        std::string text;
        float score = 0;
        Type type = Type::Normal;
    };

    std::vector<Piece> pieces; ///< Their place is their id.
    int modelType = 1; ///< 1 unigram, 2 BPE, 3 word, 4 char.
    bool hasByteFallback = false;
    int bos = 1; ///< -1: none.
    int eos = 2;
    bool addsDummyPrefix = true;
    bool removesExtraSpaces = true;
    bool escapesSpaces = true;

    /// Only models of type BPE are read; others and what changes the text in ways that are not
    /// known here are refused by name.
    static Result<SentencePieceModel> parse(std::string_view bytes, const std::string& file);
};

} // namespace core
