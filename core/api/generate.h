#pragma once

#include "core/api/fluency_guard.h"
#include "core/api/generation_pace.h"
#include "core/api/intervention.h"
#include "core/api/token_info.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct GenerateSettings {
    int maxTokens = 60;
    double temperature = 0.0; ///< 0 = greedy.
    int topK = 0; ///< 0 = off.
    double topP = 1.0;
    double repetitionPenalty = 1.0, frequencyPenalty = 0.0;
    std::uint64_t seed = 0;
    bool freezeAttention
        = false; ///< The steered stream uses the normal stream's attention patterns on the prompt.
    bool otherAttention = false; ///< A third text: steered, with attention the other way.
    bool measureKl = true; ///< Decodes a row more: the steered text without the change.
    std::optional<FluencyGuard> guard; ///< Keeps steered text fluent; none: the pure change.

    bool operator==(const GenerateSettings&) const = default;
};

/// What is known of a token of a stream when it is chosen. Nats; the unsteered model reads the same
/// text.
struct TokenFigures {
    float logprob = 0; ///< ln p in the stream's own next-token distribution, temperature 1.
    float kl = 0; ///< KL(steered || unsteered) of the next-token distributions, temperature 1.
    float surprisal = 0; ///< -ln q for the unsteered model.
    float deltaNormRatio
        = 0; ///< ||delta|| / ||x|| at the steered hook, largest over interventions.
    float lambda = 1; ///< How much of the steered distribution the guard let through, 0 to 1.
    float spent = 0; ///< What the guard charged.
    float beyond = 0; ///< Of it what its budget did not hold (KlAccount::beyond).
};

/// One more token of one stream.
struct StreamStep {
    TokenInfo token; ///< Its text is what became readable. An invalid id once the stream has ended.
    TokenFigures figures;
    bool wasOnTopic = false; ///< Of the token before: it has been read only now.
};

/// One token of every stream, as they are decoded together.
struct GenerateStep {
    int index = 0; ///< 0 is the first generated token.
    StreamStep normal, steered, other; ///< `other`: with GenerateSettings::otherAttention.
};

struct ChatTurn {
    std::string role; ///< "system", "user" or "assistant".
    std::string text;

    bool operator==(const ChatTurn&) const = default;
};

struct Generation;

/// Continues a prompt, normal and steered side by side; its parts are the tokens.
struct GenerateRequest {
    using Answer = Generation;
    using Part = GenerateStep;
    static constexpr std::string_view kName = "generate";

    std::string prompt;
    bool isChat
        = false; ///< `prompt` is a user's message; the model's chat template goes around it.
    std::vector<ChatTurn> earlier; ///< Of the conversation, before `prompt`; with `isChat`.
    std::vector<TokenId> ids; ///< Used instead of `prompt` when not empty.
    GenerateSettings settings;
    std::vector<Intervention> interventions; ///< Empty: only the normal stream runs.
    /// Used instead of `interventions` when set; may change while the request waits or runs.
    std::shared_ptr<const SharedInterventions> live;
    /// The features that stand for the concept; empty: those of the interventions.
    std::vector<FeatureRef> topic;
    /// First tokens of the texts, given instead of chosen, so that a text is written again from its
    /// middle on. They count as written.
    std::vector<TokenId> normalStart, steeredStart;
    double changeShare = 1; ///< StreamText::changeShare of the text that `steeredStart` is of.
    std::shared_ptr<GenerationPace> pace; ///< Null: as fast as it goes.
};

struct StreamText {
    std::string text;
    std::vector<TokenInfo> tokens;
    std::vector<TokenFigures> figures; ///< One per token.
    /// Whether the topic's features fire on a token when the unsteered model reads it. One per
    /// token; the last may be missing, it has not been read.
    std::vector<bool> isOnTopic;
    double onTopicShare = 0; ///< Of the tokens read, 0 to 1.
    double repetition = 0; ///< Share of generated 4-grams that were already said, 0 to 1.
    KlAccount account; ///< With a guard.
    double changeShare
        = 1; ///< Of what the changes would add, what was added (FluencyGuard::halvings).
};

struct Generation {
    GenerateRequest request;
    std::string model;
    StreamText normal, steered, other;
    double tokensPerSecond = 0; ///< All streams counted.
    bool isComplete = true; ///< False when it was stopped.
    std::string note; ///< What was put in front of the prompt; what was cut: "stopped at the
                      ///< context length of 256 tokens".
};

} // namespace core
