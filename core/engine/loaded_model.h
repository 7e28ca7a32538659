#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/generate.h"
#include "core/api/model_info.h"
#include "core/api/token_info.h"
#include "core/api/tokenize.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/features/text_start.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <memory>
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
    /// All layers of the cross-layer transcoder that `one` is a layer of.
    Result<Dictionaries> crossLayersOf(const DictionaryConfig& one) const;
};

/// The dictionary on the model's device. Where its matrices would leave no room there for a pass,
/// they stay on the host.
std::shared_ptr<const Dictionary> placed(
    const Transformer& model, const std::shared_ptr<const Dictionary>& dictionary);

/// Refuses dictionaries whose place or width does not fit the model, beside those refused already;
/// puts the others on its device. An error when none fits.
Result<OpenedDictionaries> fitting(const Transformer& model, Result<OpenedDictionaries> opened);

std::vector<RefusedDictionary> describe(const std::vector<DictionaryRefusal>& refused);

/// `model` null: no model is open to hold it against.
DictionaryInfo describe(const Dictionary& dictionary, const LoadedModel* model);

/// A prompt as ids [1, T] int64, with its tokens as shown; refuses an empty prompt, ids out of
/// range and one longer than the context.
struct Prompt {
    std::vector<TokenId> ids;
    std::vector<TokenInfo> tokens;
    bool hasBos = false; ///< Token 0 is special.
    std::string note; ///< What was put in front of the text, and why; empty when nothing.

    at::Tensor tensor(const at::Device& device = at::kCPU) const; // [1, T]
};

/// What stands in front of every text while these dictionaries are open: the same for every
/// request, so that a position means the same token everywhere.
Result<TextStart> textStart(const LoadedModel& model);
Result<Prompt> promptFromText(const LoadedModel& model, const std::string& text);
/// The same for a dictionary that is not among the open ones.
Result<Prompt> promptFromText(
    const LoadedModel& model, const std::string& text, const TextStart& start);
/// Ids are read as they are given.
Result<Prompt> promptFromIds(const LoadedModel& model, const std::vector<TokenId>& ids);
/// `ids` when given, else the text.
Result<Prompt> promptFrom(
    const LoadedModel& model, const std::string& text, const std::vector<TokenId>& ids);
/// As circuit-tracer prepares prompts: begins with a special token, added when the tokenizer does
/// not; with the head that `promptHead` names for a graph over `dictionaries`, which is put before
/// a text without it and noted, while ids without it are refused.
Result<Prompt> tracePrompt(const LoadedModel& model, const std::string& text,
    const std::vector<TokenId>& ids, const Dictionaries& dictionaries);

/// The same of any length, also empty.
Result<Prompt> uncheckedPrompt(const LoadedModel& model, const std::string& text, PromptForm form,
    const std::vector<ChatTurn>& earlier = {});
Result<Prompt> uncheckedText(const LoadedModel& model, const std::string& text, bool addSpecial);

/// A user's message, after what was said before, in the model's chat template, answered next.
Result<Prompt> chatPrompt(
    const LoadedModel& model, const std::vector<ChatTurn>& earlier, const std::string& message);

/// How many next tokens a result shows.
inline constexpr int kShownTokens = 10;

/// The `count` most probable next tokens for logits [d_vocab].
std::vector<NextToken> mostProbable(const LoadedModel& model, const at::Tensor& logits, int count);

} // namespace core
