#pragma once

#include "core/text/aligned_text.h"

#include <cstdint>

namespace core {

enum class UnicodeForm : std::uint8_t { NFC, NFD, NFKC, NFKD };

/// Brings a text into a Unicode normal form. A composed character points at the first of its parts
/// in the input, as in the reference tokenizers.
AlignedText toUnicodeForm(const AlignedText& text, UnicodeForm form);

} // namespace core
