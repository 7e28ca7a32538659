#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/engine/results.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// A model with its tokenizer and the dictionaries opened for it. Owned by the engine thread.
struct LoadedModel {
    ModelInfo info;
    std::shared_ptr<Transformer> transformer;
    std::shared_ptr<const Tokenizer> tokenizer;
    Dictionaries dictionaries;

    /// The dictionary called `name`; an error lists the open ones.
    Result<std::shared_ptr<const Dictionary>> dictionary(const std::string& name) const;
    /// Those called `names`, or every open one when `names` is empty.
    Result<Dictionaries> dictionariesNamed(const std::vector<std::string>& names) const;
    /// The transcoders that make up a replacement model, one per layer; empty names = the open
    /// ones.
    Result<Dictionaries> transcodersPerLayer(const std::vector<std::string>& names) const;
};

/// Reads config, tokenizer and tensor headers of a Hugging Face folder, no weights.
Result<ModelInfo> inspectModelFolder(const std::filesystem::path& folder);

Result<LoadedModel> loadModelFolder(
    const std::filesystem::path& folder, const ProgressFn& progress, std::stop_token stop);

/// Refuses dictionaries whose width or layer does not fit the model.
Result<Dictionaries> fitting(const ModelConfig& config, Result<Dictionaries> dictionaries);

DictionaryInfo describe(const Dictionary& dictionary, const ModelInfo& model);

/// A prompt as ids [1, T] int64, with its tokens as shown; refuses an empty prompt, ids out of
/// range and one longer than the context.
struct Prompt {
    std::vector<TokenId> ids;
    std::vector<TokenInfo> tokens;
    bool hasBos = false; ///< Token 0 is special.

    at::Tensor tensor() const; // [1, T]
};

Result<Prompt> promptFromText(const LoadedModel& model, const std::string& text);
Result<Prompt> promptFromIds(const LoadedModel& model, const std::vector<TokenId>& ids);
/// `ids` when given, else the text.
Result<Prompt> promptFrom(
    const LoadedModel& model, const std::string& text, const std::vector<TokenId>& ids);
/// As circuit-tracer prepares prompts: begins with a special token, added when the tokenizer does
/// not.
Result<Prompt> tracePrompt(
    const LoadedModel& model, const std::string& text, const std::vector<TokenId>& ids);

/// The `count` most probable next tokens for logits [d_vocab].
std::vector<NextToken> mostProbable(const LoadedModel& model, const at::Tensor& logits, int count);

} // namespace core
