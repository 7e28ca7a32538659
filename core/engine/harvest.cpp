#include "core/api/harvest.h"

#include "core/engine/join_workers.h"
#include "core/engine/request_table.h"
#include "core/engine/text_corpus.h"
#include "core/engine/workspace_setup.h"
#include "core/features/feature_map.h"
#include "core/features/harvest.h"

namespace core {

Result<HarvestSummary> run(
    const HarvestRequest& request, const LoadedModel& model, Context& context)
{
    auto dictionaries = model.dictionariesNamed(request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    if (dictionaries->empty())
        return fail(Error::Code::NotFound,
            "There is no dictionary to harvest. Add one on the Models page.");
    const bool isFirst = request.workers.rank == 0;
    const std::filesystem::path path = context.workspaceNamed(request.workspace);
    // A connection of its own: the harvest writes for minutes and labels must not wait for it.
    std::unique_ptr<WorkspaceWriter> writer;
    if (isFirst) {
        auto opened = WorkspaceWriter::open(path);
        if (!opened)
            return fail(opened.error());
        writer = std::move(*opened);
        if (!request.workspace.empty())
            if (auto infos = registerInWorkspace(path, model, context.progress); !infos)
                return fail(infos.error());
    }

    CorpusLimits limits;
    limits.maxTokens = request.tokens;
    limits.passageLength = passageLength(model);
    // The same text each time, so that an interrupted harvest can go on.
    constexpr std::uint64_t kSeed = 1;
    const auto start = textStart(model);
    if (!start && !request.corpusPath.empty()) // a model without a tokenizer can write its own text
        return fail(start.error());
    auto corpus = request.corpusPath.empty()
        ? corpusByModel(*model.transformer, *model.tokenizer, start.value_or(TextStart()), limits,
            kSeed, context.progress, context.stop)
        : corpusAt(request.corpusPath, documentReading(model, request.corpusField),
            *model.tokenizer, *start, limits, context.progress, context.stop);
    if (!corpus)
        return fail(corpus.error());
    const auto workers = joinWorkers(request.workers, context.progress, context.stop);
    if (!workers)
        return fail(workers.error());
    if (!isFirst) {
        const auto helped = helpHarvest(model.transformer, *dictionaries, model.tokenizer, *corpus,
            {}, *workers, context.progress, context.stop);
        if (!helped)
            return fail(helped.error());
        return HarvestSummary{helped->tokens, 0, 0, helped->seconds, {}};
    }
    auto outcome = harvest(model.transformer, *dictionaries, model.tokenizer, std::move(*corpus),
        *writer, {}, context.progress, context.stop, *workers);
    if (!outcome)
        return fail(outcome.error());
    // All that are open, not only those of this harvest: a map is of one making.
    auto reader = WorkspaceReader::open(path);
    if (!reader)
        return fail(reader.error());
    if (auto map = storeFeatureMap(
            model.dictionaries, **reader, *writer, {}, context.stop, context.progress);
        !map)
        return fail(map.error());
    // Another model may have been opened meanwhile: then there is nothing of this one to tell.
    if (context.bench.hasModel() && context.bench.workspace.path() == path)
        if (auto told = context.bench.refresh(context.progress); !told)
            return fail(told.error());
    return HarvestSummary{outcome->tokens, outcome->featuresAlive, outcome->featuresTotal,
        outcome->seconds, start ? start->note : std::string()};
}

const Handles<HarvestRequest> kHarvest(Runs::InBackground, run);

} // namespace core
