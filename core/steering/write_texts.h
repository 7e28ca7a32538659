#pragma once

#include "core/api/generate.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/interventions/activation_reader.h"
#include "core/interventions/live_interventions.h"
#include "core/interventions/sampler.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// One text that is to be written.
struct TextPlan {
    /// Null: the model as it is. May be replaced from another thread meanwhile.
    std::shared_ptr<const LiveInterventions> interventions;
    SamplerSettings sampler; ///< Equal seeds draw the same random number at the same step.
    /// Decodes a row that reads the text without the changes: for `kl`, `surprisal` and the topic.
    bool hasReference = true;
    std::optional<FluencyGuard> guard; ///< Acts on changed texts; needs the reference.
    bool freezeAttention = false; ///< The unchanged model's attention patterns on the prompt.
    std::vector<TokenId> start; ///< Its first tokens, given instead of chosen.
    double changeShare = 1.0; ///< Of what the interventions add, what is added.

    bool isChanged() const { return interventions != nullptr; }
    bool isReadUnsteered() const { return isChanged() && (hasReference || guard); }
};

/// One token of a text, as it was chosen.
struct TextToken {
    TokenId id; ///< None once the text has ended.
    std::string text; ///< What became readable; empty while a character is incomplete.
    TokenFigures figures;
};

/// What is known of a text after its last token.
struct WrittenText {
    std::vector<TokenId> ids; ///< Without the end token.
    std::vector<TokenFigures> figures; ///< One per id.
    std::vector<bool> isOnTopic; ///< One per id that was read again: the last may be missing.
    std::string text;
    double repetition = 0.0; ///< Share of its 4-grams that it had said before.
    bool hasEnded = false; ///< It said the end token.
    bool hasOverflowed = false; ///< Its numbers were no longer finite.
    double spent = 0.0, beyond = 0.0; ///< Charged by the guard, nats, the end token's choice too.
    double changeShare = 1.0; ///< Of what the interventions would add, what was added.
    double chosen = 0.0; ///< Nats that choosing its beginning may have cost: ln(candidates).
    int draws = 0; ///< Tokens chosen, the end token too.

    double mean(float TokenFigures::*figure) const;
    /// Nearest rank; 0 of no tokens.
    double percentile(float TokenFigures::*figure, double share) const;
    double onTopicShare() const; ///< Of the tokens read again; 0 of none.
    KlAccount account(const FluencyGuard& guard) const;
};

struct WriteOptions {
    int maxTokens = 60;
    bool skipsBos
        = true; ///< Position 0 is not steered when it holds BOS (a Range that names it still is).
    std::shared_ptr<const ActivationReader> topic; ///< May be null.
    ProgressFn progress; ///< While beginnings are drawn; may be empty.
};

/// Worth of a text: its share on topic, less what its surprise (nats per token for the unsteered
/// model) says against it, so that of two texts as much on topic the one that reads more smoothly
/// wins.
double worthOf(double onTopicShare, double surprisal);

/// Tokens of the beginnings that FluencyGuard::candidates chooses among.
inline constexpr int kBeginning = 24;

struct WrittenTexts {
    std::vector<WrittenText> texts; ///< One per plan.
    double seconds = 0.0;
    bool isComplete = true; ///< False when it was stopped.
    bool isAtContextEnd = false;

    std::int64_t tokens() const;
};

/// What a step gave each text, and whether the token before it was on topic.
struct WriteStep {
    int index = 0;
    std::span<const TextToken> tokens; ///< One per plan.
    std::vector<bool> wasOnTopic; ///< Of the token before; false at the first.
};

/// Writes several texts that continue one prompt, in one batch. Of guarded texts with candidates
/// and a topic, beginnings are drawn first, and the one worth most is gone on with. `tokenizer` may
/// be null: no text then, only ids. `onStep` is called before the next token is decoded. When
/// stopped, gives what there is.
Result<WrittenTexts> writeTexts(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const std::vector<TextPlan>& plans, const WriteOptions& options,
    const std::function<void(const WriteStep&)>& onStep = {}, std::stop_token stop = {});

} // namespace core
