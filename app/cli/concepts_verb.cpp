#include "app/cli/context.h"
#include "app/cli/json.h"
#include "app/cli/verbs.h"

#include "core/api/learn_concepts.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct ConceptOptions {
    std::string model;
    core::LearnConceptsRequest request;
};

int learn(Context& context, const ConceptOptions& options)
{
    if (const auto opened = context.open(options.model, {}); !opened)
        return report(opened.error());
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::LearnedConcepts& learned = **answer;
    Json concepts = Json::array();
    std::string text;
    for (const core::LearnedConcept& one : learned.concepts) {
        text += fmt::format("{:<24} {:>5} texts {:>8} tokens, {:>6} of its name; tells its texts "
                            "from others {:.2f}\n",
            one.name, one.texts, one.tokens, one.named, one.separation);
        concepts.push({{"name", one.name}, {"texts", one.texts}, {"tokens", one.tokens},
            {"named", one.named}, {"separation", one.separation}});
    }
    context.print({{"folder", learned.folder}, {"labels", learned.labels}, {"concepts", concepts},
                      {"seconds", learned.seconds}},
        text
            + fmt::format(
                "{}; its names: {} ({:.1f} s)", learned.folder, learned.labels, learned.seconds));
    return kDone;
}

} // namespace

void addConceptsVerb(Verb& train)
{
    const auto options = std::make_shared<ConceptOptions>();
    core::LearnConceptsRequest& request = options->request;
    Verb verb = train.verb("concepts",
        "a feature for each concept of which there are texts: the direction that tells them from "
        "the others'");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("--texts", request.texts,
            "a folder with a .txt or .jsonl for each concept, named as its texts write it")
        .required();
    verb.option("--layer", request.layer, "the residual stream after it").required();
    verb.option("--out", request.out, "a new folder for the dictionary").required();
    verb.option("--text-field", request.field, "of a .jsonl: a text or a conversation")
        .showingDefault();
    verb.option("--tokens", request.tokensEach, "at most so many of each concept are read")
        .positive()
        .showingDefault();
    verb.runs([options](Context& context) { return learn(context, *options); });
}

} // namespace cli
