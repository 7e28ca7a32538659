#include "app/cli/context.h"

#include <fmt/format.h>

namespace cli {

void addHarvestVerb(CLI::App& app, Context& context)
{
    auto job = std::make_shared<core::HarvestJob>();
    job->dictionaries.resize(1);
    CLI::App* verb = app.add_subcommand(
        "harvest", "runs a text and fills a workspace: density, maximum, examples, logit effects");
    verb->add_option("MODEL", job->model, "a Hugging Face folder, or builtin")->required();
    verb->add_option(
            "DICT", job->dictionaries.front(), "a dictionary, a folder of several, or builtin:NAME")
        ->required();
    verb->add_option("--corpus", job->corpus,
        "a text file; documents are separated by blank lines. Without it the model writes its own "
        "text");
    verb->add_option("--workspace", job->workspace, "the workspace file (SQLite)")->required();
    verb->add_option("--tokens", job->tokens, "at most so many tokens")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    onChosen(*verb, context, [&context, job] {
        const auto summary = core::harvestJob(*job, context.control());
        if (!summary)
            return report(summary.error());
        context.print(
            {{"tokens", summary->tokens}, {"features_alive", summary->featuresAlive},
                {"features_total", summary->featuresTotal}, {"seconds", summary->seconds}},
            fmt::format("{} tokens in {:.1f} s; {} of {} features fire", summary->tokens,
                summary->seconds, summary->featuresAlive, summary->featuresTotal));
        return kDone;
    });
}

} // namespace cli
