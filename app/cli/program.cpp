#include "app/cli/context.h"

#include "core/base/log.h"

#include <cstdio>

namespace {

bool isDeviceName(const std::string& name)
{
    constexpr std::string_view kCuda = "cuda:";
    if (!name.starts_with(kCuda))
        return name == "auto" || name == "cpu" || name == "cuda";
    const std::string number = name.substr(kCuda.size());
    return !number.empty() && number.size() <= 3
        && number.find_first_not_of("0123456789") == number.npos;
}

} // namespace

/// What `main` calls once it has opened this library.
extern "C" int runFeaturescopeCli(int argc, char** argv)
{
    cli::Context context;
    CLI::App app(
        "Featurescope without its window: one verb for each thing that the window can do.");
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--device", context.device, "auto, cpu or cuda[:N]")
        ->check(CLI::Validator(
            [](const std::string& name) {
                return isDeviceName(name) ? std::string() : "write auto, cpu, cuda or cuda:N";
            },
            ""))
        ->capture_default_str();
    app.add_option("--dtype", context.dtype,
           "float32 (weights as stored), bfloat16, float16, or int8 weights on the CPU")
        ->check(CLI::IsMember({"float32", "bfloat16", "float16", "int8"}))
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
    cli::addPatchVerbs(app, context);
    cli::addBuiltinVerbs(app, context);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? cli::kDone : cli::kWrongUsage;
    }
    core::setUpLog(true); // results and one-line errors are what this program says
    try {
        return context.chosen ? context.chosen() : cli::kWrongUsage;
    } catch (const CLI::ParseError& error) { // an option's text that only its verb can read
        return app.exit(error) == 0 ? cli::kDone : cli::kWrongUsage;
    }
}
