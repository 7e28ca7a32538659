#pragma once

#include "core/text/folder_readers.h"

#include <filesystem>
#include <memory>

namespace core {

class ChatTemplate;

/// The tokenizer in a GGUF file's metadata (docs/formats.md section 3.6): byte-level BPE whose way
/// of cutting words has a name, or SentencePiece pieces with scores. Ways that are not known here
/// are refused by name. Of a split model any file may be given.
MadeTokenizer openGgufTokenizer(const std::filesystem::path& path);

/// The chat template in a GGUF file's metadata; null when it has none.
Result<std::shared_ptr<const ChatTemplate>> openGgufChatTemplate(const std::filesystem::path& path);

} // namespace core
