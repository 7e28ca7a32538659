#include "core/engine/engine_impl.h"
#include "core/engine/harvest_work.h"
#include "core/features/feature_cards.h"
#include "core/features/feature_order.h"
#include "core/features/search.h"

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
    case FeatureSort::MaxActivation:
        out.sortBy = SortBy::MaxActivation;
        break;
    case FeatureSort::Label:
        out.sortBy = SortBy::Label;
        break;
    }
    out.descending = query.isDescending;
    out.hideDead = query.hideDead;
    out.isLabelledOnly = query.isLabelledOnly;
    out.minDensity = query.minDensity;
    out.maxDensity = query.maxDensity;
    return out;
}

Result<FeatureList> searched(WorkspaceReader& reader, const FeatureQuery& query,
    const std::vector<std::string>& dictionaries, std::stop_token stop)
{
    auto hits = searchFeatures(reader, {query.text, dictionaries, query.limit}, stop);
    if (!hits)
        return fail(hits.error());
    FeatureList list;
    list.query = query;
    list.total = hits->total;
    for (const SearchHit& hit : hits->hits) {
        const FeatureRow& row = hit.row;
        const bool isKept = (!query.isLabelledOnly || row.label.source == LabelSource::Person)
            && row.density >= query.minDensity && row.density <= query.maxDensity;
        if (!isKept)
            continue;
        list.features.push_back(row.feature);
        list.why.push_back(hit.why);
    }
    return list;
}

Result<FeatureList> ordered(WorkspaceReader& reader, const FeatureQuery& query,
    const std::vector<std::string>& dictionaries, std::stop_token stop)
{
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
        FeatureOrderSource source{name, *columns, (*stored)->harvestedTokens > 0, {}};
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

void EngineImpl::listFeatures(FeatureQuery query, Reply<FeatureList> reply)
{
    // Which dictionaries are open is the engine thread's knowledge; the work itself is the
    // reader's.
    m_workspace.interruptReader();
    const std::vector<std::string> open
        = query.dictionaries.empty() ? openDictionaryNames() : query.dictionaries;
    post<FeatureList>(m_readerThread, Lane::Interactive, "list", std::move(reply),
        [this, query = std::move(query), open](std::stop_token stop) -> Result<FeatureList> {
            auto reader = m_workspace.reader(WorkspaceAccess::Thread::Reader);
            if (!reader)
                return fail(reader.error());
            if (open.empty())
                return FeatureList{query, {}, {}, 0};
            return query.text.empty() ? ordered(**reader, query, open, stop)
                                      : searched(**reader, query, open, stop);
        });
}

void EngineImpl::featureRows(std::vector<FeatureRef> features, Reply<std::vector<FeatureRow>> reply)
{
    post<std::vector<FeatureRow>>(m_readerThread, Lane::Interactive, "", std::move(reply),
        [this, features = std::move(features)](std::stop_token) -> Result<std::vector<FeatureRow>> {
            auto reader = m_workspace.reader(WorkspaceAccess::Thread::Reader);
            if (!reader)
                return fail(reader.error());
            return core::featureRows(**reader, features);
        });
}

void EngineImpl::featureCard(FeatureRef feature, Reply<FeatureCard> reply)
{
    post<FeatureCard>(m_readerThread, Lane::Interactive, "card", std::move(reply),
        [this, feature = std::move(feature)](std::stop_token) -> Result<FeatureCard> {
            auto reader = m_workspace.reader(WorkspaceAccess::Thread::Reader);
            if (!reader)
                return fail(reader.error());
            return core::featureCard(**reader, feature);
        });
}

void EngineImpl::setLabel(LabelEdit edit, Reply<FeatureRow> reply)
{
    post<FeatureRow>(m_writerThread, Lane::Interactive, "", std::move(reply),
        [this, edit = std::move(edit)](std::stop_token) -> Result<FeatureRow> {
            auto writer = m_workspace.writer();
            if (!writer)
                return fail(writer.error());
            return setFeatureLabel(**writer, edit.feature, edit.label);
        });
}

void EngineImpl::harvest(HarvestRequest request, Reply<HarvestSummary> reply)
{
    post<HarvestSummary>(m_engineThread, Lane::Background, "harvest", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<HarvestSummary> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto dictionaries = m_model.dictionariesNamed(request.dictionaries);
            if (!dictionaries)
                return fail(dictionaries.error());
            if (dictionaries->empty())
                return fail(Error::Code::NotFound,
                    "There is no dictionary to harvest. Add one on the Models page.");
            // A connection of its own: the harvest writes for minutes and labels must not wait for
            // it.
            auto writer = WorkspaceWriter::open(m_workspace.path());
            if (!writer)
                return fail(writer.error());
            auto summary = harvestInto(**writer, m_model, *dictionaries, request.corpusPath,
                request.tokens, progressFor("harvest"), stop);
            if (!summary)
                return fail(summary.error());
            if (auto registered = registerDictionaries(); !registered)
                return fail(registered.error());
            return *summary;
        });
}

} // namespace core
