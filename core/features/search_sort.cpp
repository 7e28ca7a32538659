#include "core/features/search_sort.h"

#include "core/features/feature_order.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace core {

void sortHits(std::vector<SearchHit>& hits, const SearchQuery& query,
    const std::vector<StoredDictionary>& dictionaries)
{
    std::map<std::string, double> place; // of a dictionary, by layer
    for (const StoredDictionary& dictionary : dictionaries)
        place.emplace(dictionary.name, static_cast<double>(place.size()));
    struct Key {
        bool isMissing = false;
        double number = 0, second = 0;
        std::string text;
    };
    const auto keyOf = [&](const SearchHit& hit) -> Key {
        const FeatureRow& row = hit.row;
        const auto text = [](std::string of) {
            const bool isMissing = of.empty();
            return Key{isMissing, 0, 0, std::move(of)};
        };
        switch (query.sort) {
        case FeatureSort::Index:
            return {false, place[row.feature.dictionary], double(row.feature.feature.value), {}};
        case FeatureSort::Density:
            return {false, row.density, 0, {}};
        case FeatureSort::MaxActivation:
            return {false, static_cast<double>(row.maxActivation), 0, {}};
        case FeatureSort::Label:
            return text(sortedAs(row.label.text));
        case FeatureSort::Promotes:
            return text(row.promoted.empty() ? std::string() : sortedAs(row.promoted.front()));
        case FeatureSort::Why:
            return text(sortedAs(hit.why));
        case FeatureSort::OutputScore:
            return {!row.outputScore, row.outputScore.value_or(0), 0, {}};
        case FeatureSort::LabelScore:
            return {!row.label.score, row.label.score.value_or(0), 0, {}};
        case FeatureSort::Match:
            break;
        }
        return {};
    };
    std::vector<std::pair<Key, SearchHit>> keyed;
    for (SearchHit& hit : hits) {
        Key key = keyOf(hit);
        keyed.emplace_back(std::move(key), std::move(hit));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
        if (a.first.isMissing != b.first.isMissing)
            return b.first.isMissing;
        const auto& [left, right]
            = query.isDescending ? std::tie(b.first, a.first) : std::tie(a.first, b.first);
        return std::tie(left.number, left.second, left.text)
            < std::tie(right.number, right.second, right.text);
    });
    hits.clear();
    for (auto& [key, hit] : keyed)
        hits.push_back(std::move(hit));
}

} // namespace core
