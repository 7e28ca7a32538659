#include "sample_features.h"

#include "sample_results.h"

#include <cmath>
#include <sstream>

namespace tests {

core::LogitHistogram sampleLogits(const core::LogitHistogramRequest& request)
{
    core::LogitHistogram histogram;
    histogram.feature = request.feature;
    histogram.low = -2.0;
    histogram.width = 0.1;
    for (int i = 0; i < 40; ++i) {
        const double x = -1.95 + 0.1 * i;
        histogram.counts.push_back(static_cast<std::int64_t>(400.0 * std::exp(-4.0 * x * x)) + 1);
        histogram.tokens += histogram.counts.back();
    }
    histogram.deviation = 0.4;
    histogram.highest = {{core::TokenId(1), " bridge", 1.98f}, {core::TokenId(2), " Gate", 1.5f},
        {core::TokenId(3), "\n", 1.2f}};
    histogram.lowest = {{core::TokenId(4), " Texas", -1.95f}, {core::TokenId(5), " Austin", -1.1f}};
    return histogram;
}

std::vector<core::FeatureExample> sampleWhole(const core::WholeExamplesRequest& request)
{
    std::vector<core::FeatureExample> all;
    for (const std::int64_t passage : request.passages) {
        core::FeatureExample example;
        example.passage = passage;
        example.peak = 30;
        for (std::int64_t t = 0; t < 40 + passage; ++t) {
            example.tokens.push_back(t % 5 == 4 ? "\n" : " w" + std::to_string(t));
            example.activations.push_back(t == 30 ? 2.0f : t % 7 == 0 ? 0.5f : 0.0f);
        }
        all.push_back(std::move(example));
    }
    return all;
}

core::FeaturesOnText sampleOnText(const core::FeaturesOnTextRequest& request)
{
    core::FeaturesOnText answer;
    answer.request = request;
    const auto words = [](const std::string& text) {
        std::istringstream in(text);
        std::vector<std::string> all;
        for (std::string word; in >> word;)
            all.push_back((all.empty() ? "" : " ") + word);
        return all;
    };
    answer.tokens = words(request.text);
    answer.againstTokens = words(request.against);
    const auto acts = [](std::size_t count, int feature, float strength) {
        std::vector<float> values(count, 0.0f);
        for (std::size_t t = 0; t < count; t += static_cast<std::size_t>(feature) + 1)
            values[t] = strength;
        return values;
    };
    for (int i = 0; i < 8; ++i) {
        core::FeatureOnText one;
        one.dictionary = "saes/layer_2";
        one.feature = core::FeatureId(i);
        const auto strength = static_cast<float>(8 - i);
        one.activations = acts(answer.tokens.size(), i, strength);
        one.againstActivations = acts(answer.againstTokens.size(), i, strength / 2);
        one.activation = request.against.empty() ? strength : strength / 2;
        for (std::size_t t = 0; t < answer.tokens.size(); ++t)
            if (one.activations[t] > 0)
                one.tokens.push_back(answer.tokens[t]);
        answer.features.push_back(std::move(one));
    }
    return answer;
}

core::FeatureMap sampleMap(const core::FeatureMapRequest& request)
{
    core::FeatureMap map;
    for (int layer = 0; layer < 4; ++layer) {
        const core::DictionaryInfo info
            = sampleState().dictionaries[static_cast<std::size_t>(layer)];
        if (!request.dictionaries.empty() && request.dictionaries.front() != info.name)
            continue;
        core::MappedDictionary one{info.name, info.layer, {}, {}, {}, {}};
        for (int i = 0; i < 500; ++i) {
            const double angle = 6.2831853 * i / 500;
            const double radius = 1.0 + layer + 0.3 * std::sin(i * 12.9898);
            one.features.push_back(2 * i);
            one.x.push_back(static_cast<float>(radius * std::cos(angle)));
            one.y.push_back(static_cast<float>(radius * std::sin(angle)));
            one.density.push_back(0.05f / (1.0f + static_cast<float>(i)));
        }
        map.dictionaries.push_back(std::move(one));
    }
    map.method = "Circles.";
    return map;
}

core::NearestElsewhere sampleElsewhere(const core::NearestElsewhereRequest& request)
{
    core::NearestElsewhere answer{request.feature, {}};
    for (int i = 0; i < 4; ++i)
        answer.nearest.push_back({{"saes/layer_" + std::to_string(i), core::FeatureId(100 + i)},
            "elsewhere " + std::to_string(i), 0.9f - 0.1f * static_cast<float>(i)});
    return answer;
}

} // namespace tests
