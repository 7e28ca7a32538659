#pragma once

#include "core/api/generate.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

struct Sweep;

/// Several ways of steering, each at several strengths: a grid of texts that continue one prompt,
/// written in one batch.
struct SweepRequest {
    using Answer = Sweep;
    static constexpr std::string_view kName = "sweep";

    /// One way: a feature, a mode, with or without the guard.
    struct Row {
        std::string name; ///< What a table calls it: "clamp, guarded".
        std::vector<Intervention> interventions; ///< Their `value` is the column's.
        std::optional<FluencyGuard> guard;
    };

    std::string prompt;
    bool isChat = false; ///< As of GenerateRequest.
    std::vector<Row> rows;
    std::vector<double> strengths; ///< Ascending; as `value` of every change.
    GenerateSettings settings; ///< Length, sampling, seed; the guard is the row's.
    std::vector<FeatureRef> topic; ///< Empty: the features of all rows.
    int samples = 1; ///< Texts per cell, with seeds one after the other.
};

/// What one way at one strength does, over its samples. Means are over tokens.
struct SweepCell {
    std::string text; ///< Of the first sample.
    double klMean = 0, klP95 = 0; ///< KL(steered || unsteered) per token before any guard, nats.
    double spent = 0; ///< Nats that the guard charged, per text.
    double repetition = 0; ///< Share of 4-grams said before.
    double surprisal = 0; ///< -ln q per token for the unsteered model, nats.
    double onTopic = 0; ///< Share of tokens on which the topic's features fire.
    double deltaNormRatio = 0;
    bool isWhole = true; ///< By the rule of SweetSpot (docs/definitions.md section 4).
};

struct Sweep {
    SweepRequest request;
    SweepCell normal;
    std::vector<std::vector<SweepCell>> cells; ///< [row][strength]
    /// Row and strength of the most on-topic whole cell that is more on topic than normal text;
    /// none is an answer.
    std::optional<std::pair<int, int>> sweetSpot;
    /// Of each row: the largest strength up to which the p95 of the KL per token stays at most 1
    /// nat; -1 where none does.
    std::vector<int> isoKl;
    double tokensPerSecond = 0;
    std::string note;
};

} // namespace core
