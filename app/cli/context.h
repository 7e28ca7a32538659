#pragma once

#include "core/api/engine.h"
#include "core/api/token_info.h"
#include "core/base/ids.h"
#include "core/engine/jobs.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace cli {

/// What every verb needs: the global options, progress, Ctrl+C and one way to print.
class Context {
public:
    std::string device = "auto";
    std::string dtype = "float32";
    int threads = 0;
    bool isJson = false;
    bool isQuiet = false;

    core::JobControl control() const;
    std::unique_ptr<core::Engine> startEngine() const;

    /// Prints the result: one JSON object, or `text`.
    void print(const nlohmann::json& json, const std::string& text) const;
    /// A chosen verb; its return value is the exit code.
    std::function<int()> chosen;
};

/// Exit codes of docs/command-line.md.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kCancelled = 130;

/// One line on stderr and the exit code for an error.
int report(const core::Error& error);

/// Runs `verb` when its subcommand was chosen on the command line.
void onChosen(CLI::App& command, Context& context, std::function<int()> verb);

/// "1,2,3" to ids; throws CLI::ValidationError on anything else.
std::vector<core::TokenId> parseIds(const std::string& text);

/// The stop token that Ctrl+C sets.
std::stop_token interruptToken();

nlohmann::json toJson(const std::vector<core::NextToken>& tokens);

// One function per group of verbs; each adds its subcommands.
void addModelVerbs(CLI::App& app, Context& context);
void addTokenizeVerbs(CLI::App& app, Context& context);
void addGenerateVerb(CLI::App& app, Context& context);
void addDictionaryVerbs(CLI::App& app, Context& context);
void addHarvestVerb(CLI::App& app, Context& context);
void addFeatureVerbs(CLI::App& app, Context& context);
void addTrainVerbs(CLI::App& app, Context& context);
void addTraceVerb(CLI::App& app, Context& context);
void addInterveneVerbs(CLI::App& app, Context& context);
void addPatchVerbs(CLI::App& app, Context& context);
void addBuiltinVerbs(CLI::App& app, Context& context);

} // namespace cli
