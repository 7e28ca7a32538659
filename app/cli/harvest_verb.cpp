#include "app/cli/context.h"
#include "app/cli/verbs.h"
#include "app/cli/worker_options.h"

#include "core/api/harvest.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct HarvestOptions {
    std::string model, dictionary;
    core::HarvestRequest request;
    WorkerOptions workers;
};

int harvest(Context& context, const HarvestOptions& options)
{
    core::HarvestRequest request = options.request;
    request.workers = options.workers.group();
    if (const auto opened = context.open(options.model, {options.dictionary}); !opened)
        return report(opened.error());
    const auto answer = context.ask(request);
    if (!answer)
        return report(answer.error());
    const core::HarvestSummary& summary = **answer;
    if (request.workers.rank > 0) {
        context.print(Json{{"tokens", summary.tokens}, {"seconds", summary.seconds}},
            fmt::format(
                "{} tokens read for worker 0 in {:.1f} s", summary.tokens, summary.seconds));
        return kDone;
    }
    Json json{{"tokens", summary.tokens}, {"features_alive", summary.featuresAlive},
        {"features_total", summary.featuresTotal}, {"seconds", summary.seconds}};
    std::string text = fmt::format("{} tokens in {:.1f} s; {} of {} features fire", summary.tokens,
        summary.seconds, summary.featuresAlive, summary.featuresTotal);
    addNote(json, text, summary.note);
    context.print(json, text);
    return kDone;
}

} // namespace

void addHarvestVerb(Verb& program)
{
    const auto options = std::make_shared<HarvestOptions>();
    Verb verb = program.verb("harvest",
        "runs a text and fills a workspace: density, maximum, examples, logit effects, "
        "output scores");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("DICT", options->dictionary, "a dictionary, a folder of several, or builtin:NAME")
        .required();
    verb.option("--corpus", options->request.corpusPath,
        "a .txt or .jsonl file or a folder of them; documents are separated by blank lines. "
        "Without it the model writes its own text");
    verb.option("--text-field", options->request.corpusField, "the text's field in a .jsonl")
        .showingDefault();
    verb.option("--workspace", options->request.workspace, "the workspace file (SQLite)")
        .required();
    verb.option("--tokens", options->request.tokens, "at most so many tokens")
        .positive()
        .showingDefault();
    options->workers.addTo(verb,
        "so many processes read the text together; rank 0 writes the workspace and goes on alone "
        "when the text is read");
    verb.runs([options](Context& context) { return harvest(context, *options); });
}

} // namespace cli
