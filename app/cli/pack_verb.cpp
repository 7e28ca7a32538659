#include "app/cli/context.h"
#include "app/cli/verbs.h"

#include "core/api/make_pack.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct PackOptions {
    std::string model;
    core::MakePackRequest request;
};

int makePack(Context& context, const PackOptions& options)
{
    if (const auto opened = context.open(options.model, {options.request.folder}); !opened)
        return report(opened.error());
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::MadePack& made = **answer;
    context.print(
        {{"folder", made.folder}, {"dictionaries", made.dictionaries}, {"bytes", made.bytes}},
        fmt::format("{}: {} dictionaries and their harvest, {:.1f} MB", made.folder,
            made.dictionaries, static_cast<double>(made.bytes) / 1e6));
    return kDone;
}

} // namespace

void addPackVerb(Verb& program)
{
    const auto options = std::make_shared<PackOptions>();
    Verb verb = program.verb("pack",
        "puts a harvest beside the dictionaries of a folder, to be opened whenever their model is");
    verb.option("MODEL", options->model, "a Hugging Face folder or a GGUF file").required();
    verb.option("FOLDER", options->request.folder, "the folder of the dictionaries").required();
    verb.option("--workspace", options->request.workspace, "the workspace they were harvested into")
        .required();
    verb.option("--licence", options->request.licence, "what others may do with it");
    verb.option("--about", options->request.about, "what it is, in a sentence");
    verb.runs([options](Context& context) { return makePack(context, *options); });
}

} // namespace cli
