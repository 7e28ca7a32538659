#include "ui/features/shown_examples.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ui {

namespace {

float peakValue(const core::FeatureExample& example)
{
    const auto peak = static_cast<std::size_t>(std::max(0, example.peak));
    return peak < example.activations.size() ? example.activations[peak] : 0.0f;
}

} // namespace

core::FeatureExample cutToContext(const core::FeatureExample& example, int tokens)
{
    const int size = static_cast<int>(example.tokens.size());
    if (tokens <= 0 || size <= tokens)
        return example;
    const int begin = std::clamp(example.peak - tokens * 2 / 3, 0, size - tokens);
    core::FeatureExample cut;
    cut.tokens.assign(example.tokens.begin() + begin, example.tokens.begin() + begin + tokens);
    const int known = static_cast<int>(example.activations.size());
    for (int i = begin; i < begin + tokens; ++i)
        cut.activations.push_back(
            i < known ? example.activations[static_cast<std::size_t>(i)] : 0.0f);
    cut.peak = example.peak - begin;
    cut.passage = example.passage;
    cut.start = example.start + begin;
    return cut;
}

std::vector<ShownExample> foldedExamples(
    const std::vector<core::FeatureExample>& examples, int tokens)
{
    std::vector<ShownExample> shown;
    // By where the peak stands too: the same words around another peak are another example.
    std::map<std::pair<std::vector<std::string>, int>, std::size_t> seen;
    for (const core::FeatureExample& example : examples) {
        core::FeatureExample cut = cutToContext(example, tokens);
        const auto [known, isNew] = seen.try_emplace({cut.tokens, cut.peak}, shown.size());
        if (isNew) {
            shown.push_back({std::move(cut), 1});
            continue;
        }
        ShownExample& first = shown[known->second];
        ++first.count;
        if (peakValue(cut) > peakValue(first.example))
            first.example = std::move(cut);
    }
    return shown;
}

std::string textOf(const core::FeatureExample& example)
{
    std::string text;
    for (const std::string& token : example.tokens)
        text += token;
    return text;
}

} // namespace ui
