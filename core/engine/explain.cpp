#include "core/api/explain.h"

#include "core/circuits/explain/explain.h"
#include "core/circuits/strongest_path.h"
#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

#include <chrono>
#include <map>
#include <memory>
#include <utility>

namespace core {

namespace {

/// Names and examples from the workspace in use, where there is one.
ExplainSources sourcesOf(const LoadedModel& model, const Context& context)
{
    ExplainSources sources;
    sources.row = context.rows().lookup();
    if (const auto reader = context.reader()) {
        const auto stored = std::make_shared<std::map<std::string, std::int32_t>>();
        sources.passages = [reader = *reader, stored](const FeatureRef& feature) {
            const auto [known, isNew] = stored->try_emplace(feature.dictionary, -1);
            if (isNew)
                if (const auto found = reader->dictionary(feature.dictionary); found && *found)
                    known->second = (*found)->id;
            std::vector<std::int64_t> passages;
            if (known->second < 0)
                return passages;
            const auto evidence = reader->evidence({known->second, feature.feature});
            if (evidence && !evidence->intervals.empty())
                for (const StoredExample& example : evidence->intervals.front().examples)
                    passages.push_back(example.passage);
            return passages;
        };
    }
    if (model.tokenizer) {
        sources.tokenText
            = [tokenizer = model.tokenizer](TokenId token) { return tokenizer->display(token); };
        sources.vocabulary = model.tokenizer->size();
    }
    return sources;
}

} // namespace

Result<Explanation> run(const ExplainRequest& request, const LoadedModel& model, Context& context)
{
    if (!request.graph)
        return fail(Error::Code::NotFound, "There is no graph to explain. Trace a prompt first.");
    if (request.mostBoxes < 3 || !(request.share > 0.0 && request.share <= 1.0))
        return fail(Error::Code::Unsupported,
            "An explanation needs at least 3 boxes, and a share above 0 and up to 1.");
    const auto found = context.bench.graphs.find(request.graph->id);
    if (!found)
        return fail(found.error());
    if ((*found)->model != model.info.name)
        return fail(Error::Code::Unsupported,
            "This graph was made by " + (*found)->model + ". Open that model to explain it.");
    const int logit = request.logit >= 0 ? request.logit : mostProbableLogit(*request.graph);
    if (logit < 0 || static_cast<std::size_t>(logit) >= request.graph->nodes.size()
        || request.graph->nodes[static_cast<std::size_t>(logit)].kind != NodeKind::Logit)
        return fail(Error::Code::NotFound, "The node to explain is no output of the graph.");
    const auto dictionaries = swapDictionaries(model, (*found)->matrix.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    const auto begin = std::chrono::steady_clock::now();
    auto explanation = explainGraph(request, logit, (*found)->matrix, *model.transformer,
        *dictionaries, sourcesOf(model, context), context.progress, context.stop);
    if (explanation)
        explanation->seconds
            = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return explanation;
}

const Handles<ExplainRequest> kExplain(Runs::AsAnAnswer, run);

} // namespace core
