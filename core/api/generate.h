#pragma once

#include "core/api/intervention.h"
#include "core/api/token_info.h"

#include <cstdint>
#include <memory>
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
    bool measureKl = true; ///< Decodes a third row: the steered text without the change.

    bool operator==(const GenerateSettings&) const = default;
};

/// One token of both streams, as they are decoded together.
struct GenerateStep {
    int index = 0; ///< 0 is the first generated token.
    TokenInfo normal, steered; ///< An invalid id once that stream has ended.
    float normalLogprob = 0, steeredLogprob = 0;
    float kl = 0; ///< KL(steered || normal), nats, of the next-token distributions given the same
                  ///< (the steered) text.
    float deltaNormRatio
        = 0; ///< ||delta|| / ||x|| at the steered hook, largest over interventions.
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
    std::vector<TokenId> ids; ///< Used instead of `prompt` when not empty.
    GenerateSettings settings;
    std::vector<Intervention> interventions; ///< Empty: only the normal stream runs.
    /// Used instead of `interventions` when set; may change while the request waits or runs.
    std::shared_ptr<const SharedInterventions> live;
};

struct StreamText {
    std::string text;
    std::vector<TokenInfo> tokens;
    std::vector<float> logprobs;
    double repetition = 0; ///< Share of generated 4-grams that were already said, 0 to 1.
};

struct Generation {
    GenerateRequest request;
    std::string model;
    StreamText normal, steered;
    std::vector<float> kl; ///< One per generated step, nats.
    std::vector<float> deltaNormRatio;
    double tokensPerSecond = 0; ///< Both streams counted.
    bool isComplete = true; ///< False when it was stopped.
    std::string note; ///< What was put in front of the prompt; what was cut: "stopped at the
                      ///< context length of 256 tokens".
};

} // namespace core
