#include "app/cli/context.h"

#include "core/base/log.h"

#include <cstdio>

int main(int argc, char** argv)
{
    cli::Context context;
    CLI::App app(
        "Featurescope without its window: one verb for each thing that the window can do.");
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--device", context.device, "auto, cpu or cuda[:N]")->capture_default_str();
    app.add_option(
           "--dtype", context.dtype, "compute in float32 (bfloat16 and float16 are not built yet)")
        ->check(CLI::IsMember({"float32"}))
        ->capture_default_str();
    app.add_option("--threads", context.threads, "threads to compute with; 0 = every core")
        ->check(CLI::Range(0, 1024));
    app.add_flag("--json", context.isJson, "one JSON object on stdout, nothing else there");
    app.add_flag("--quiet", context.isQuiet, "no progress");

    cli::addModelVerbs(app, context);
    cli::addTokenizeVerbs(app, context);
    cli::addGenerateVerb(app, context);
    cli::addDictionaryVerbs(app, context);
    cli::addHarvestVerb(app, context);
    cli::addFeatureVerbs(app, context);
    cli::addTrainVerbs(app, context);
    cli::addTraceVerb(app, context);
    cli::addInterveneVerbs(app, context);
    cli::addBuiltinVerbs(app, context);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? cli::kDone : cli::kWrongUsage;
    }
    core::setUpLog(true); // results and one-line errors are what this program says
    if (context.device != "auto" && context.device != "cpu")
        return cli::report({core::Error::Code::Unsupported,
            "--device " + context.device
                + ": this build computes on the CPU only. Use --device cpu or leave it out."});
    return context.chosen ? context.chosen() : cli::kWrongUsage;
}
