#include "core/api/list_features.h"

#include "core/engine/request_table.h"
#include "core/features/feature_order.h"
#include "core/features/search.h"

#include <algorithm>
#include <limits>
#include <optional>

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

Result<FeatureList> searched(WorkspaceReader& reader, const FeatureQuery& query,
    const std::vector<std::string>& dictionaries, std::stop_token stop)
{
    const auto among = listed(reader, query);
    if (!among)
        return fail(among.error());
    SearchQuery wanted{query.text, dictionaries, query.limit, query.sort, query.isDescending, {}};
    // Only where something is filtered: it costs the row of every match.
    if (query.isLabelledOnly || query.minDensity > 0.0 || query.maxDensity < 1.0
        || query.minOutputScore > 0.0 || *among)
        wanted.keeps = [&](const FeatureRow& row) {
            return (!query.isLabelledOnly || row.label.source == LabelSource::Person)
                && row.density >= query.minDensity && row.density <= query.maxDensity
                && (query.minOutputScore <= 0.0
                    || row.outputScore.value_or(-1.0) >= query.minOutputScore)
                && (!*among
                    || std::find((*among)->begin(), (*among)->end(), row.feature)
                        != (*among)->end());
        };
    auto hits = searchFeatures(reader, wanted, stop);
    if (!hits)
        return fail(hits.error());
    FeatureList list;
    list.query = query;
    list.total = hits->total;
    for (const SearchHit& hit : hits->hits) {
        list.features.push_back(hit.row.feature);
        list.why.push_back(hit.why);
        list.scores.push_back(hit.score);
    }
    return list;
}

/// By feature, as rows show them: a person's label has its own score, or none.
Result<std::vector<float>> shownLabelScores(WorkspaceReader& reader,
    const StoredDictionary& dictionary, const FeatureColumns& columns, std::stop_token stop)
{
    const auto labels = reader.labels(dictionary.id, stop);
    if (!labels)
        return fail(labels.error());
    const auto personal = reader.personScores(dictionary.id);
    if (!personal)
        return fail(personal.error());
    std::vector<float> scores(columns.size());
    for (std::size_t f = 0; f < scores.size(); ++f)
        scores[f] = columns.labelScoreOf(f);
    for (const auto& [feature, label] : *labels)
        if (label.source == LabelSource::Person && feature.index() < scores.size()) {
            const auto found = personal->find(feature);
            scores[feature.index()] = found != personal->end()
                ? static_cast<float>(found->second)
                : std::numeric_limits<float>::quiet_NaN();
        }
    return scores;
}

Result<FeatureList> ordered(WorkspaceReader& reader, const FeatureQuery& query,
    const std::vector<std::string>& dictionaries, std::stop_token stop)
{
    const auto among = listed(reader, query);
    if (!among)
        return fail(among.error());
    std::vector<FeatureOrderSource> sources;
    for (const std::string& name : dictionaries) {
        auto stored = reader.dictionary(name);
        if (!stored)
            return fail(stored.error());
        if (!*stored)
            continue;
        auto columns = reader.columns(**stored);
        if (!columns)
            return fail(columns.error());
        FeatureOrderSource source{name, *columns, (*stored)->harvestedTokens > 0, {}, {}, {}, {}};
        if (*among) {
            source.among.emplace();
            for (const FeatureRef& feature : **among)
                if (feature.dictionary == name)
                    source.among->insert(feature.feature);
        }
        if (query.sort == FeatureSort::Promotes) {
            auto promoted = reader.promotedTexts((*stored)->id, stop);
            if (!promoted)
                return fail(promoted.error());
            source.promoted = std::move(*promoted);
        }
        if (query.sort == FeatureSort::LabelScore) {
            auto scores = shownLabelScores(reader, **stored, **columns, stop);
            if (!scores)
                return fail(scores.error());
            source.labelScores = std::move(*scores);
        }
        if (query.isLabelledOnly || query.sort == FeatureSort::Label) {
            auto labels = reader.labels((*stored)->id, stop);
            if (!labels)
                return fail(labels.error());
            source.labels = std::move(*labels);
        }
        sources.push_back(std::move(source));
    }
    auto order = FeatureOrder::build(sources, orderQuery(query), stop);
    if (!order)
        return fail(order.error());
    FeatureList list;
    list.query = query;
    list.total = (*order)->size();
    list.features.reserve(static_cast<std::size_t>(list.total));
    for (std::int64_t row = 0; row < list.total; ++row)
        list.features.push_back((*order)->at(row));
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
    return query.text.empty() ? ordered(**reader, query, open, context.stop)
                              : searched(**reader, query, open, context.stop);
}

const Handles<FeatureQuery> kListFeatures(Runs::OnReader, run);

} // namespace core
