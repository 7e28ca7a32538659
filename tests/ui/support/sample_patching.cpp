#include "sample_patching.h"

#include "sample_results.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tests {

namespace {

constexpr int kLayers = 4, kHeads = 6;
constexpr double kClean = 6.2, kCorrupt = -5.8;

std::vector<core::TokenInfo> tokensOf(const std::string& text)
{
    std::vector<core::TokenInfo> tokens;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find(' ', begin + 1), text.size());
        tokens.push_back({core::TokenId(static_cast<std::int64_t>(tokens.size())),
            text.substr(begin, end - begin), static_cast<int>(begin), static_cast<int>(end)});
        begin = end;
    }
    return tokens;
}

double effectAt(core::PatchSite site, int layer, int column, bool differs, bool isLast)
{
    const double gap = kClean - kCorrupt;
    const double noise = 0.12 * std::sin(1.7 * layer + 0.9 * column);
    switch (site) {
    case core::PatchSite::ResidPre:
        return differs ? gap * std::max(0.0, 1.0 - 0.3 * layer)
            : isLast   ? gap * 0.28 * layer
                       : noise;
    case core::PatchSite::AttnOut:
        return isLast && layer >= 1 ? gap * (layer == 2 ? 0.55 : 0.12) : noise;
    case core::PatchSite::MlpOut:
        return differs ? gap * (layer == 0 ? 0.4 : 0.1) : isLast && layer == 3 ? -1.9 : noise;
    case core::PatchSite::Head:
        return layer == 2 && column == 3 ? 5.1 : layer == 3 && column == 1 ? -1.6 : noise;
    case core::PatchSite::Feature:
        break;
    }
    return differs ? 2.0 - 0.4 * layer : isLast ? 0.5 * layer : 0.2 * noise;
}

double correlation(const std::vector<float>& a, const std::vector<float>& b)
{
    double meanA = 0, meanB = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        meanA += a[i] / static_cast<double>(a.size());
        meanB += b[i] / static_cast<double>(b.size());
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - meanA) * (b[i] - meanB);
        aa += (a[i] - meanA) * (a[i] - meanA);
        bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

std::string topicOf(const std::string& prompt)
{
    const auto tokens = tokensOf(prompt);
    return tokens.size() < 2 ? " it" : tokens[tokens.size() - 2].text;
}

} // namespace

core::PatchResult samplePatchResult(const core::PatchRequest& request)
{
    core::PatchResult result;
    result.request = request;
    result.model = sampleModel().name;
    result.cleanTokens = tokensOf(request.clean);
    result.corruptTokens = tokensOf(request.corrupt);
    result.answer = request.answer.empty() ? " Austin" : request.answer;
    result.other = request.other.empty() ? " Sacramento" : request.other;
    result.cleanMetric = kClean;
    result.corruptMetric = kCorrupt;
    result.seconds = 2.1;
    const int n = static_cast<int>(result.cleanTokens.size());
    const auto differs = [&](int p) {
        const auto at = static_cast<std::size_t>(p);
        return at < result.corruptTokens.size()
            && result.cleanTokens[at].text != result.corruptTokens[at].text;
    };
    const double sign = request.direction == core::PatchDirection::Noise ? -1.0 : 1.0;
    std::vector<float> allExact, allApproximate;
    for (const core::PatchSite site : request.sites) {
        core::PatchMap map;
        map.site = site;
        constexpr const char* kHooks[] = {"hook_resid_pre", "hook_attn_out", "hook_mlp_out",
            "attn.hook_z", "hook_mlp_out.hook_sae_acts_post"};
        map.hook = kHooks[static_cast<int>(site)];
        map.rows = kLayers;
        map.columns = site == core::PatchSite::Head ? kHeads : n;
        for (int layer = 0; layer < map.rows; ++layer)
            for (int column = 0; column < map.columns; ++column) {
                const bool isHead = site == core::PatchSite::Head;
                const double exact = sign
                    * effectAt(site, layer, column, !isHead && differs(column),
                        !isHead && column == n - 1);
                map.exact.push_back(static_cast<float>(exact));
                map.approximate.push_back(
                    static_cast<float>(0.75 * exact + 0.25 * std::cos(2.3 * layer + column)));
            }
        map.pearson = correlation(map.exact, map.approximate);
        map.spearman = 0.87;
        allExact.insert(allExact.end(), map.exact.begin(), map.exact.end());
        allApproximate.insert(allApproximate.end(), map.approximate.begin(), map.approximate.end());
        if (request.isExact) {
            result.exactCells += map.rows * map.columns;
            result.passes = (result.exactCells + 15) / 16;
        }
        if (site == core::PatchSite::Feature)
            for (int i = 0; i < 40; ++i) {
                core::PatchedFeature feature;
                feature.layer = core::Layer(i % kLayers);
                feature.position = core::Position(i % 3 == 0 ? n - 1 : std::min(n - 1, 6));
                feature.dictionary = "transcoders/layer_" + std::to_string(i % kLayers);
                if (i % 7 != 6) {
                    feature.feature = core::FeatureId(31 * i + 4);
                    feature.label = sampleRow({feature.dictionary, feature.feature}).label.text;
                }
                feature.clean = i % 2 == 0 ? 3.2f : 0.0f;
                feature.corrupt = i % 2 == 0 ? 0.0f : 2.4f;
                feature.exact = static_cast<float>(sign * (i % 5 == 4 ? -1 : 1) * 2.6 / (1 + i));
                feature.approximate = feature.exact * 0.9f + 0.05f;
                feature.hasExact = request.isExact && i < std::min(request.exactFeatures, 24);
                result.features.push_back(feature);
            }
        if (!request.isExact)
            map.exact.clear();
        if (!request.isApproximate)
            map.approximate.clear();
        result.maps.push_back(map);
        if (site == core::PatchSite::Feature) {
            map.hook = "hook_mlp_out.hook_sae_error";
            for (std::vector<float>* values : {&map.exact, &map.approximate})
                for (std::size_t i = 0; i < values->size(); ++i) // layer 3 has no dictionary
                    (*values)[i] = i / static_cast<std::size_t>(n) == 3
                        ? std::numeric_limits<float>::quiet_NaN()
                        : 0.2f * (*values)[i];
            result.maps.push_back(map);
        }
    }
    result.featuresInAll = result.features.empty() ? 0 : 1431;
    if (request.isExact && request.isApproximate) {
        result.pearson = correlation(allExact, allApproximate);
        result.spearman = 0.85;
    }
    return result;
}

core::SwapTestResult sampleSwapTest(const core::SwapTestRequest& request)
{
    core::SwapTestResult result;
    result.request = request;
    result.seconds = 3.4;
    int swapped = 0;
    for (std::size_t i = 0; i < request.pairs.size(); ++i) {
        core::SwapResult one;
        one.request.prompt = request.pairs[i].prompt;
        one.request.donor = request.pairs[i].donor;
        one.before = {{core::TokenId(1), topicOf(request.pairs[i].prompt), 0.92f}};
        one.donor = {{core::TokenId(2), topicOf(request.pairs[i].donor), 0.88f}};
        one.isSwapped = i % 4 != 3;
        one.after = one.isSwapped ? one.donor : one.before;
        one.after.front().probability = 0.71f;
        swapped += one.isSwapped ? 1 : 0;
        result.results.push_back(one);
    }
    result.successRate
        = request.pairs.empty() ? 0.0 : swapped / static_cast<double>(request.pairs.size());
    return result;
}

core::ConceptFeatures sampleConcept(const core::ConceptRequest& request)
{
    core::ConceptFeatures found;
    found.request = request;
    for (int i = 0; i < 8; ++i) {
        core::ConceptFeature feature;
        feature.layer = core::Layer(i % kLayers);
        feature.row = sampleRow(
            {"transcoders/layer_" + std::to_string(i % kLayers), core::FeatureId(10 * i + 8)});
        feature.score = 1.0 - 0.06 * i;
        feature.shareWith = 1.0 - 0.05 * i;
        feature.shareWithout = 0.07 * i;
        feature.meanWith = 4.2 - 0.3 * i;
        feature.meanWithout = 0.1 * i;
        found.features.push_back(feature);
    }
    return found;
}

} // namespace tests
