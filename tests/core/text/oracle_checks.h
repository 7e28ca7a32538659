#pragma once

#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

namespace tests {

/// Opens a folder whose tokenizer.json may be gzipped; null, with a failed check, where it cannot.
std::shared_ptr<const core::Tokenizer> openTokenizer(const std::filesystem::path& folder);

std::vector<core::TokenId> idsFrom(const nlohmann::json& list);
nlohmann::json numbers(const std::vector<core::TokenId>& ids);

/// Checks ids, pieces, offsets and decoded texts against an expected.json of Hugging Face
/// tokenizers.
void expectOracle(const core::Tokenizer& tokenizer, const std::filesystem::path& expectedFile);

} // namespace tests
