#pragma once

#include "core/dictionary/dictionary.h"

#include <string_view>

namespace core {

// Where in a model a dictionary belongs, told from the names that other programs use
// (docs/formats.md sections 2.10, 4).

/// A TransformerLens name, an older one of its names (hook_mlp_in), or a module of Hugging Face.
Result<HookPoint> placeOfHook(std::string_view name);

/// A module of a Hugging Face model: "model.layers.12.pre_feedforward_layernorm.output",
/// "layers.5.mlp", "transformer.h.3", "embed_tokens". Without ".input" or ".output" its output is
/// meant, or its input where `readsInput`.
std::optional<HookPoint> placeOfModule(std::string_view name, bool readsInput = false);

/// A name of dictionary_learning ("resid_post_layer_8", "mlp_out_layer3") or OpenAI
/// ("resid_delta_mlp" with its layer).
std::optional<HookPoint> placeOfSubmodule(std::string_view name);
std::optional<HookPoint> placeOfOpenAi(std::string_view location, int layer);

/// The number behind the last `word` in `text`: numberAfter("layer_12/width_16k", "layer_") = 12.
std::optional<int> numberAfter(std::string_view text, std::string_view word);

/// Puts the dictionary there and, for heads, has them flattened.
void setPlace(DictionaryConfig& config, const HookPoint& in, const HookPoint& out);
/// For files that do not say: a warning names the side file that would.
void leaveUnplaced(DictionaryConfig& config, const std::string& why);

/// Whether centring a model's writing weights changes what is found at `kind` (docs/formats.md
/// section 2.10), and whether a base model is of a family with RMS norms, which are never centred.
bool isCentredPlace(HookKind kind);
bool isRmsFamily(std::string_view baseModel);

} // namespace core
