#pragma once

#include "core/text/aligned_text.h"

#include <optional>
#include <string>
#include <string_view>

namespace core {

/// The printable stand-ins that byte-level vocabularies use for bytes ("Ġ" for a space),
/// docs/formats.md section 3.2.
namespace byte_alphabet {

std::string_view standIn(unsigned char byte); ///< In UTF-8.
std::string encode(std::string_view bytes);
/// Appends the stand-ins of bytes [begin, end) of `text`.
void encode(const AlignedText& text, std::size_t begin, std::size_t end, AlignedText& encoded);
/// Back to bytes; nothing when some character is no stand-in.
std::optional<std::string> decode(std::string_view piece);

} // namespace byte_alphabet

} // namespace core
