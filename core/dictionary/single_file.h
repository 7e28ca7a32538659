#pragma once

#include "core/dictionary/dictionary_file.h"

namespace core {

// Dictionaries that are one file of tensors (docs/formats.md sections 4.7, 4.9, 4.10), told apart
// by the names of the tensors.

bool isOpenAiFile(const WeightReader& reader);
Result<std::shared_ptr<const Dictionary>> openOpenAi(
    WeightReader& reader, const std::filesystem::path& file);

/// Two linear layers and nothing else: Goodfire, qresearch.
bool isLinearLayersFile(const WeightReader& reader);
Result<std::shared_ptr<const Dictionary>> openLinearLayers(
    WeightReader& reader, const std::filesystem::path& file);

/// W_enc, b_enc, W_dec, b_dec with <name>_cfg.json (ckkissane's attention SAEs) or without
/// (Dunefsky's transcoders, which have b_dec_out too; the first SAELens).
bool isMatricesFile(const WeightReader& reader);
Result<std::shared_ptr<const Dictionary>> openMatrices(
    WeightReader& reader, const std::filesystem::path& file);

/// What an unsupported kind of dictionary is called; empty where it is none that is known.
std::string unsupportedKind(const WeightReader& reader);

} // namespace core
