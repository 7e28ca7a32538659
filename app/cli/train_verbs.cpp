#include "app/cli/context.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct TrainOptions {
    std::string model, corpus, config, out, printConfig;
    bool isResuming = false;
};

int finish(const Context& context, const core::Result<std::vector<core::TrainMetrics>>& metrics,
    const std::string& out)
{
    if (!metrics)
        return report(metrics.error());
    nlohmann::json list = nlohmann::json::array();
    for (const core::TrainMetrics& m : *metrics)
        list.push_back({{"step", m.step}, {"tokens", m.tokens}, {"loss", m.loss}, {"mse", m.mse},
            {"l0", m.l0}, {"fvu", m.fvu}, {"dead_features", m.deadFeatures}, {"lr", m.learningRate},
            {"tokens_per_second", m.tokensPerSecond}});
    std::string text = "nothing to do";
    if (!metrics->empty())
        text = fmt::format("{} steps, loss {:.4f}, {:.0f} tokens/s; written to {}",
            metrics->back().step, metrics->back().loss, metrics->back().tokensPerSecond, out);
    context.print({{"metrics", list}}, text);
    return kDone;
}

void addTrainer(CLI::App& group, Context& context, const std::string& what)
{
    auto options = std::make_shared<TrainOptions>();
    CLI::App* verb = group.add_subcommand(what,
        what == "sae" ? "an SAE at one hook point"
                      : "per-layer transcoders, MLP input to MLP output");
    auto* print = verb->add_option("--print-config", options->printConfig,
        "writes a commented default for ARCH (l1, topk, batchtopk, jumprelu)");
    const auto needed = [&](CLI::Option* option) { option->excludes(print); };
    needed(verb->add_option("MODEL", options->model, "a Hugging Face folder, or builtin"));
    needed(verb->add_option(
        "--corpus", options->corpus, "a text file; documents are separated by blank lines"));
    needed(verb->add_option("--config", options->config, "JSON with SAELens' field names"));
    needed(verb->add_option("--out", options->out, "the folder to write"));
    verb->add_flag("--resume", options->isResuming, "go on from the last checkpoint in --out");
    onChosen(*verb, context, [&context, options, what] {
        if (!options->printConfig.empty()) {
            const auto config = core::defaultTrainingConfig(options->printConfig);
            if (!config)
                return report(config.error());
            std::printf("%s\n", config->c_str());
            return kDone;
        }
        for (const auto& [name, value] :
            {std::pair("MODEL", &options->model), std::pair("--corpus", &options->corpus),
                std::pair("--config", &options->config), std::pair("--out", &options->out)})
            if (value->empty()) {
                std::fprintf(stderr, "%s is required\n", name);
                return kWrongUsage;
            }
        return finish(context,
            core::trainDictionaryJob(what == "transcoder", options->model, options->corpus,
                options->config, options->out, options->isResuming, context.control()),
            options->out);
    });
}

} // namespace

void addTrainVerbs(CLI::App& app, Context& context)
{
    CLI::App* group = app.add_subcommand("train", "train dictionaries and small language models");
    group->require_subcommand(1);
    addTrainer(*group, context, "sae");
    addTrainer(*group, context, "transcoder");

    auto options = std::make_shared<TrainOptions>();
    CLI::App* lm = group->add_subcommand("lm", "a small language model in Hugging Face layout");
    lm->add_option(
          "--corpus", options->corpus, "a text file; documents are separated by blank lines")
        ->required();
    lm->add_option("--config", options->config, "JSON: sizes and training settings")->required();
    lm->add_option("--out", options->out, "the folder to write")->required();
    onChosen(*lm, context, [&context, options] {
        return finish(context,
            core::trainLanguageModelJob(
                options->corpus, options->config, options->out, context.control()),
            options->out);
    });
}

} // namespace cli
