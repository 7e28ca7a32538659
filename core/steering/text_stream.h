#pragma once

#include "core/text/tokenizer.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace core {

/// Turns tokens into text as they come. A token that ends inside a character waits until the
/// character is whole, so every piece is valid UTF-8; what never becomes one is shown as the
/// tokenizer decodes it.
class TextStream {
public:
    /// The end of the prompt decides how the first token is spaced.
    TextStream(std::shared_ptr<const Tokenizer> tokenizer, std::span<const TokenId> prompt);

    std::string push(TokenId id); ///< The text that became certain; may be empty.
    std::string finish(); ///< What still waited.
    const std::string& text() const { return m_text; }

private:
    std::string emit();

    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::vector<TokenId> m_window; // tokens that may still change how the next is written
    std::size_t m_shown = 0; // how many of them have been emitted
    std::string m_text;
};

/// Whether `text` ends with the replacement character or inside a UTF-8 sequence.
bool endsInsideCharacter(std::string_view text);

/// Share of the 4-grams of a sequence that occurred in it before, 0 to 1; 0 below four tokens.
double repetition(std::span<const TokenId> ids);

} // namespace core
