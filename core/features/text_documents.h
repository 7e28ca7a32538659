#pragma once

#include "core/base/result.h"
#include "core/text/chat_template.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// One document after the other; false says that there are enough.
using DocumentFn = std::function<Result<bool>(std::string_view document)>;

/// The documents of plain text: what stands between blank lines.
Result<void> documentsOfText(std::string_view text, const DocumentFn& each);

/// The files of text at `path`, a file or a folder of .txt, .text, .md, .jsonl and .ndjson at any
/// depth, in the order of their names. An error where there is none.
Result<std::vector<std::filesystem::path>> textFilesAt(const std::filesystem::path& path);

/// A conversation as the text that a model reads.
using ChatRenderer = std::function<Result<std::string>(const std::vector<ChatMessage>&)>;

/// How files are read.
struct DocumentReading {
    std::string field = "text"; ///< Of each line of a .jsonl.
    bool mixesFiles = false; ///< One document of each file in turn, as long as a file has any.
    ChatRenderer chat = {}; ///< Where a field holds a conversation; without it that is an error.
};

/// As below. A field may also hold a conversation: a list of messages, each with `role` and
/// `content` (or `from` and `value`), which `chat` makes a text of. Mixed files are all mapped at
/// once.
Result<void> documentsAt(
    const std::filesystem::path& path, const DocumentReading& reading, const DocumentFn& each);

/// The documents of all those files, mapped one at a time. In .jsonl and .ndjson each line is a
/// document: the text in its `field` (or the line itself where it is a JSON string); lines without
/// text are left out, one that is no JSON or lacks the field is an error with file and line.
Result<void> documentsAt(
    const std::filesystem::path& path, const std::string& field, const DocumentFn& each);

} // namespace core
