#include "core/engine/harvest_work.h"

#include "core/features/feature_cards.h"
#include "core/features/harvest.h"
#include "core/store/workspace_reader.h"

#include <algorithm>

namespace core {

Result<HarvestSummary> harvestInto(WorkspaceWriter& writer, const LoadedModel& model,
    const Dictionaries& dictionaries, const std::string& corpusPath, std::int64_t tokens,
    const ProgressFn& progress, std::stop_token stop)
{
    CorpusLimits limits;
    limits.maxTokens = tokens;
    limits.passageLength = std::min(limits.passageLength, model.info.n_ctx);
    constexpr std::uint64_t kSeed
        = 1; // the same text each time, so that an interrupted harvest can go on
    auto corpus = corpusPath.empty()
        ? corpusByModel(*model.transformer, *model.tokenizer, limits, kSeed, progress, stop)
        : corpusFromFile(corpusPath, *model.tokenizer, limits);
    if (!corpus)
        return fail(corpus.error());
    auto outcome = harvest(model.transformer, dictionaries, model.tokenizer, std::move(*corpus),
        writer, {}, progress, stop);
    if (!outcome)
        return fail(outcome.error());
    return HarvestSummary{
        outcome->tokens, outcome->featuresAlive, outcome->featuresTotal, outcome->seconds};
}

Result<FeatureRow> setFeatureLabel(
    WorkspaceWriter& writer, const FeatureRef& feature, const Label& label)
{
    auto reader = WorkspaceReader::open(writer.path());
    if (!reader)
        return fail(reader.error());
    auto known
        = featureRow(**reader, feature); // an unknown feature is refused before anything is written
    if (!known)
        return known;
    auto stored = (*reader)->dictionary(feature.dictionary);
    if (!stored)
        return fail(stored.error());
    Label personal = label;
    personal.source = LabelSource::Person;
    if (auto written = writer.setLabel({(*stored)->id, feature.feature}, personal); !written)
        return fail(written.error());
    return featureRow(**reader, feature);
}

} // namespace core
