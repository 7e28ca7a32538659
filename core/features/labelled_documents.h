#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace core {

/// Texts that each have one of a few labels.
struct LabelledDocuments {
    std::vector<std::string> texts;
    std::vector<int> labels; ///< Of each text, an index into `names`.
    std::vector<std::string> names; ///< In the order of their first text.

    void add(std::string text, const std::string& label);
};

/// The .jsonl files at `path`, as `documentsAt` finds them: of each line the text in `textField`
/// and the label in `labelField`, a text, a whole number or true or false. Lines whose text is
/// empty or whose label is null are left out; one without the fields is an error with file and
/// line.
Result<LabelledDocuments> labelledDocumentsAt(
    const std::filesystem::path& path, const std::string& textField, const std::string& labelField);

} // namespace core
