#include "app/cli/context.h"
#include "app/cli/options.h"
#include "app/cli/verbs.h"

#include "core/base/log.h"

#include <string_view>

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
    core::setUpLog(true); // results and one-line errors are what this program says
    cli::Context context;
    cli::CommandLine line(
        "Featurescope without its window: one verb for each thing that the window can do.",
        "featurescope-cli " FEATURESCOPE_VERSION);
    cli::Verb program = line.program();
    program.option("--device", context.device, "auto, cpu or cuda[:N]")
        .checked([](const std::string& name) {
            return isDeviceName(name) ? std::string()
                                      : "write auto, cpu, cuda or cuda:N, one of them";
        })
        .showingDefault();
    program
        .option("--dtype", context.dtype,
            "float32 (weights as stored), bfloat16, float16, or int8 weights on the CPU")
        .oneOf({"float32", "bfloat16", "float16", "int8"})
        .showingDefault();
    program.option("--threads", context.threads, "threads to compute with; 0 = every core")
        .between(0, 1024);
    program.flag("--json", context.isJson, "one JSON object on stdout, nothing else there");
    program.flag("--quiet", context.isQuiet, "no progress");
    for (const auto add : cli::kVerbs)
        add(program);
    return line.run(argc, argv, context);
}
