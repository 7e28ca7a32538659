#pragma once

#include "core/api/sweep.h"
#include "core/base/progress.h"
#include "core/steering/write_texts.h"

#include <span>

namespace core {

/// Of the samples of one way of steering.
SweepCell cellOf(std::span<const WrittenText> samples);

/// Whether steering left the text whole: it repeats itself at most `kMoreRepetition` more than the
/// normal text does, and the unchanged model, reading it, is not more surprised than by its own
/// text plus `kSurprisalShare` of the way to tokens drawn blindly (ln d_vocab). A text on another
/// topic passes: once it is there, the model follows it.
bool isWhole(const SweepCell& cell, const SweepCell& normal, int d_vocab);

/// Writes every cell: at most `kTextsAtOnce` texts in one batch.
Result<Sweep> runSweep(const Transformer& model, const std::shared_ptr<const Tokenizer>& tokenizer,
    const std::vector<TokenId>& prompt, const SweepRequest& request,
    const Dictionaries& dictionaries, const MaxActivationFn& maxActivation, bool skipsBos,
    const ProgressFn& progress = {}, std::stop_token stop = {});

SamplerSettings samplerOf(const GenerateSettings& settings);

inline constexpr double kMoreRepetition = 0.2;
inline constexpr double kSurprisalShare = 1.0 / 8.0;
inline constexpr double kMoreOnTopic = 0.25; ///< What counts as more on topic than normal text.
inline constexpr double kIsoKl = 1.0; ///< Nats, of the p95 of KL per token.
inline constexpr std::size_t kTextsAtOnce = 96;

} // namespace core
