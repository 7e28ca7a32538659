#include "core/api/score_outputs.h"

#include "core/api/feature_row.h"
#include "core/engine/request_table.h"
#include "core/features/output_score.h"
#include "core/features/stable_hash.h"

#include <chrono>
#include <cmath>

namespace core {

Result<ScoreOutputsSummary> run(
    const ScoreOutputsRequest& request, const LoadedModel& model, Context& context)
{
    const auto begin = std::chrono::steady_clock::now();
    const auto dictionaries = model.dictionariesNamed(request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    const std::filesystem::path path = context.workspaceNamed(request.workspace);
    auto workspace = OwnConnections::open(path);
    if (!workspace)
        return fail(workspace.error());
    const auto prompt = neutralPrompt(*model.tokenizer, model.dictionaries);
    if (!prompt)
        return fail(prompt.error());

    ScoreOutputsSummary summary;
    for (const auto& dictionary : *dictionaries) {
        const std::string& name = dictionary->config().name;
        const auto stored = workspace->reader->dictionary(name);
        if (!stored)
            return fail(stored.error());
        if (!*stored && request.dictionaries.empty())
            continue;
        const auto scores = outputScores(*model.transformer, *dictionary, *prompt,
            model.tokenizer->size(), {}, context.stop, [&](std::int64_t done) {
                context.progress(
                    {"Output scores of " + name, done, dictionary->config().d_sae, "features"});
            });
        if (!scores)
            return fail(scores.error());
        if (auto put = workspace->writer->putOutputScores(name, weightsHash(*dictionary), *scores);
            !put)
            return fail(put.error());
        for (const float score : *scores) {
            ++summary.features;
            summary.unknown += std::isnan(score);
            summary.writing += static_cast<double>(score) >= kWritesFrom;
        }
    }
    if (summary.features == 0)
        return fail(Error::Code::NotFound,
            path.filename().string()
                + ": the workspace knows none of the open dictionaries. Harvest one first.");
    summary.seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (context.bench.hasModel() && context.bench.workspace.path() == path)
        if (auto told = context.bench.refresh(context.progress); !told)
            return fail(told.error());
    return summary;
}

const Handles<ScoreOutputsRequest> kScoreOutputs(Runs::InBackground, run);

} // namespace core
