#include "core/api/list_features.h"

#include "core/engine/request_table.h"
#include "core/features/feature_order.h"
#include "core/features/search.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

namespace core {

namespace {

FeatureOrderQuery orderQuery(const FeatureQuery& query)
{
    using SortBy = FeatureOrderQuery::SortBy;
    FeatureOrderQuery out;
    switch (query.sort) {
    case FeatureSort::Index:
        out.sortBy = SortBy::Index;
        break;
    case FeatureSort::Density:
        out.sortBy = SortBy::Density;
        break;
    case FeatureSort::Label:
        out.sortBy = SortBy::Label;
        break;
    case FeatureSort::Promotes:
        out.sortBy = SortBy::Promotes;
        break;
    case FeatureSort::OutputScore:
        out.sortBy = SortBy::OutputScore;
        break;
    case FeatureSort::LabelScore:
        out.sortBy = SortBy::LabelScore;
        break;
    case FeatureSort::MaxActivation:
    case FeatureSort::Match: // without a search there is none
    case FeatureSort::Why:
        out.sortBy = SortBy::MaxActivation;
        break;
    }
    out.descending = query.isDescending;
    out.hideDead = query.hideDead && query.list.empty();
    out.isLabelledOnly = query.isLabelledOnly;
    out.minDensity = query.minDensity;
    out.maxDensity = query.maxDensity;
    out.minOutputScore = query.minOutputScore;
    return out;
}

/// The features of the query's list; nothing where none is asked for.
Result<std::optional<std::vector<FeatureRef>>> listed(
    WorkspaceReader& reader, const FeatureQuery& query)
{
    if (query.list.empty())
        return std::nullopt;
    auto lists = reader.savedLists();
    if (!lists)
        return fail(lists.error());
    for (SavedList& list : *lists)
        if (list.name == query.list)
            return std::move(list.features);
    return std::vector<FeatureRef>();
}

/// What the query filters by, of one dictionary; columns that it does not ask for are null.
struct Filtered {
    FeatureColumn density, outputScore;
    double everywhereFrom = 1.0;
};

Result<Filtered> filteredBy(
    WorkspaceReader& reader, const StoredDictionary& dictionary, const FeatureQuery& query)
{
    Filtered of;
    if (query.minOutputScore > 0.0 || query.sort == FeatureSort::OutputScore) {
        auto scores = reader.column(dictionary, "output_score");
        if (!scores)
            return fail(scores.error());
        of.outputScore = std::move(*scores);
    }
    if (query.hideDead || query.minDensity > 0.0 || query.maxDensity < 1.0 || query.hideEverywhere
        || query.sort == FeatureSort::Density) {
        auto density = reader.column(dictionary, "density");
        if (!density)
            return fail(density.error());
        of.density = std::move(*density);
    }
    if (query.hideEverywhere && dictionary.harvestedTokens > 0)
        of.everywhereFrom = everywhereFrom(*of.density);
    return of;
}

Result<FeatureList> searched(WorkspaceReader& reader, const FeatureQuery& query,
    const std::vector<std::string>& dictionaries, std::stop_token stop)
{
    const auto among = listed(reader, query);
    if (!among)
        return fail(among.error());
    std::map<std::int32_t, Filtered> filters;
    std::set<FeatureKey> keysAmong;
    for (const std::string& name : dictionaries) {
        const auto stored = reader.dictionary(name);
        if (!stored)
            return fail(stored.error());
        if (!*stored)
            continue;
        auto filter = filteredBy(reader, **stored, query);
        if (!filter)
            return fail(filter.error());
        filters.emplace((*stored)->id, std::move(*filter));
        if (*among)
            for (const FeatureRef& feature : **among)
                if (feature.dictionary == name)
                    keysAmong.insert({(*stored)->id, feature.feature});
    }
    FeatureList list;
    list.query = query;
    std::set<FeatureKey> hidden; // a feature is asked about once for each way it is found
    SearchQuery wanted{query.text, dictionaries, query.limit, query.sort, query.isDescending, {}};
    wanted.needsRows = false;
    wanted.admits = [&](const FeatureKey& key) {
        const Filtered& filter = filters.at(key.dictionary);
        const std::size_t feature = key.feature.index();
        if (filter.density && feature < filter.density->size()) {
            const auto density = static_cast<double>((*filter.density)[feature]);
            if (density < query.minDensity || density > query.maxDensity)
                return false;
        }
        if (query.minOutputScore > 0.0
            && (feature >= filter.outputScore->size()
                || !(static_cast<double>((*filter.outputScore)[feature]) >= query.minOutputScore)))
            return false;
        if (*among && !keysAmong.contains(key))
            return false;
        if (filter.everywhereFrom < 1.0
            && static_cast<double>((*filter.density)[feature]) > filter.everywhereFrom) {
            hidden.insert(key);
            return false;
        }
        return true;
    };
    if (query.isLabelledOnly) // costs the row of every match
        wanted.keeps
            = [](const FeatureRow& row) { return row.label.source == LabelSource::Person; };
    auto hits = searchFeatures(reader, wanted, stop);
    if (!hits)
        return fail(hits.error());
    list.total = hits->total;
    list.hiddenEverywhere = std::ssize(hidden);
    list.note = std::move(hits->note);
    std::vector<FeatureRef> features;
    for (const SearchHit& hit : hits->hits) {
        features.push_back(hit.row.feature);
        list.why.push_back(hit.why);
        list.scores.push_back(hit.score);
    }
    list.features = std::move(features);
    return list;
}

/// By feature, as rows show them: a person's label has its own score, or none.
Result<std::vector<float>> shownLabelScores(
    WorkspaceReader& reader, const StoredDictionary& dictionary, std::stop_token stop)
{
    const auto labels = reader.labels(dictionary.id, stop);
    if (!labels)
        return fail(labels.error());
    const auto personal = reader.personScores(dictionary.id);
    if (!personal)
        return fail(personal.error());
    const auto suggested = reader.column(dictionary, "label_score");
    if (!suggested)
        return fail(suggested.error());
    constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> scores = **suggested;
    scores.resize(static_cast<std::size_t>(dictionary.d_sae), kUnknown);
    for (const auto& [feature, label] : *labels)
        if (label.source == LabelSource::Person && feature.index() < scores.size()) {
            const auto found = personal->find(feature);
            scores[feature.index()]
                = found != personal->end() ? static_cast<float>(found->second) : kUnknown;
        }
    return scores;
}

/// One dictionary as the order takes it.
Result<FeatureOrderSource> sourceOf(WorkspaceReader& reader, const StoredDictionary& dictionary,
    const FeatureQuery& query, const std::stop_token& stop)
{
    auto filter = filteredBy(reader, dictionary, query);
    if (!filter)
        return fail(filter.error());
    FeatureOrderSource source;
    source.dictionary = dictionary.name;
    source.size = static_cast<std::size_t>(dictionary.d_sae);
    source.isHarvested = dictionary.harvestedTokens > 0;
    source.density = std::move(filter->density);
    source.outputScore = std::move(filter->outputScore);
    source.everywhereFrom = filter->everywhereFrom;
    if (orderQuery(query).sortBy == FeatureOrderQuery::SortBy::MaxActivation) {
        auto max = reader.column(dictionary, "max");
        if (!max)
            return fail(max.error());
        source.max = std::move(*max);
    }
    if (query.sort == FeatureSort::Promotes) {
        auto promoted = reader.promotedTexts(dictionary.id, stop);
        if (!promoted)
            return fail(promoted.error());
        source.promoted = std::move(*promoted);
    }
    if (query.sort == FeatureSort::LabelScore) {
        auto scores = shownLabelScores(reader, dictionary, stop);
        if (!scores)
            return fail(scores.error());
        source.labelScores = std::move(*scores);
    }
    if (query.isLabelledOnly || query.sort == FeatureSort::Label) {
        auto labels = reader.labels(dictionary.id, stop);
        if (!labels)
            return fail(labels.error());
        source.labels = std::move(*labels);
    }
    return source;
}

Result<FeatureList> ordered(WorkspaceReader& reader, const FeatureQuery& query,
    const std::vector<std::string>& dictionaries, const Context& context)
{
    const auto among = listed(reader, query);
    if (!among)
        return fail(among.error());
    std::vector<FeatureOrderSource> sources;
    std::int64_t read = 0;
    for (const std::string& name : dictionaries) {
        context.progress(
            {"Reading dictionaries", read++, std::ssize(dictionaries), "dictionaries"});
        auto stored = reader.dictionary(name);
        if (!stored)
            return fail(stored.error());
        if (!*stored)
            continue;
        auto source = sourceOf(reader, **stored, query, context.stop);
        if (!source)
            return fail(source.error());
        if (*among) {
            source->among.emplace();
            for (const FeatureRef& feature : **among)
                if (feature.dictionary == name)
                    source->among->insert(feature.feature);
        }
        sources.push_back(std::move(*source));
    }
    auto order = FeatureOrder::build(std::move(sources), orderQuery(query), context.stop);
    if (!order)
        return fail(order.error());
    FeatureList list;
    list.query = query;
    list.total = (*order)->size();
    list.hiddenEverywhere = (*order)->hiddenEverywhere();
    list.features = FeatureSequence(std::shared_ptr<const FeatureSequence::Order>(*order));
    return list;
}

} // namespace

Result<FeatureList> run(const FeatureQuery& query, Context& context)
{
    const std::vector<std::string> open
        = query.dictionaries.empty() ? context.bench.openDictionaryNames() : query.dictionaries;
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    if (open.empty())
        return FeatureList{.query = query};
    return query.text.empty() ? ordered(**reader, query, open, context)
                              : searched(**reader, query, open, context.stop);
}

const Handles<FeatureQuery> kListFeatures(Runs::OnReader, run);

} // namespace core
