#pragma once

#include "core/engine/loaded_model.h"
#include "core/model/activation_cache.h"

#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

// A prompt read once, with what dictionaries need of the pass.
namespace core {

std::vector<float> floats(const at::Tensor& tensor);

/// 1 for tokens that count, 0 for special ones, [T].
at::Tensor countedTokens(const LoadedModel& model, const Prompt& prompt);

/// One pass that keeps what the dictionaries read and rebuild.
Result<CachedRun> runForDictionaries(const LoadedModel& model, const Prompt& prompt,
    const Dictionaries& dictionaries, std::stop_token stop);

/// The activation at a hook point, [T, ..] as it shapes it.
at::Tensor valueAt(const CachedRun& run, HookPoint point);

/// Unexplained share per token: squared error over the squared distance from the mean of the
/// counted tokens.
at::Tensor tokenFvu(const at::Tensor& target, const at::Tensor& rebuilt, const at::Tensor& counted);

} // namespace core
