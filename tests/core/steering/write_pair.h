#pragma once

#include "core/steering/write_texts.h"

namespace tests {

struct PairSettings {
    int maxTokens = 60;
    core::SamplerSettings sampler;
    bool freezeAttention = false;
    bool measureKl = true;
    bool skipsBos = true;
    std::optional<core::FluencyGuard> guard = {};
    std::shared_ptr<const core::ActivationReader> topic = {};
};

struct Pair {
    core::WrittenText normal, steered;
    bool isComplete = true, isAtContextEnd = false;
};

/// A text as the model writes it and one under interventions, if any, in one batch.
inline core::Result<Pair> writePair(const std::shared_ptr<const core::Transformer>& model,
    const std::shared_ptr<const core::Tokenizer>& tokenizer,
    const std::vector<core::TokenId>& prompt, const PairSettings& settings,
    std::shared_ptr<const core::LiveInterventions> interventions = {},
    const std::function<void(const core::WriteStep&)>& onStep = {}, std::stop_token stop = {})
{
    std::vector<core::TextPlan> plans(interventions ? 2 : 1);
    for (core::TextPlan& plan : plans)
        plan.sampler = settings.sampler;
    plans.back().interventions = std::move(interventions);
    plans.back().freezeAttention = settings.freezeAttention;
    plans.back().hasReference = settings.measureKl;
    plans.back().guard = settings.guard;
    core::WriteOptions options;
    options.maxTokens = settings.maxTokens;
    options.skipsBos = settings.skipsBos;
    options.topic = settings.topic;
    auto written = core::writeTexts(*model, tokenizer, prompt, plans, options, onStep, stop);
    if (!written)
        return core::fail(written.error());
    Pair pair;
    pair.normal = std::move(written->texts.front());
    if (plans.size() > 1)
        pair.steered = std::move(written->texts.back());
    pair.isComplete = written->isComplete;
    pair.isAtContextEnd = written->isAtContextEnd;
    return pair;
}

inline std::vector<float> figures(const core::WrittenText& text, float core::TokenFigures::*figure)
{
    std::vector<float> values;
    for (const core::TokenFigures& token : text.figures)
        values.push_back(token.*figure);
    return values;
}

} // namespace tests
