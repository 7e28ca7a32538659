#include "app/cli/context.h"

#include "core/api/make_engine.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <semaphore.h>
#include <unistd.h>

namespace cli {

namespace {

// A signal handler may only post a semaphore; a thread turns that into a stop request.
sem_t g_interrupted;
std::stop_source g_stop;

void onInterrupt(int)
{
    sem_post(&g_interrupted);
}

std::string resourcesFolder()
{
    if (const char* folder = std::getenv("FEATURESCOPE_RESOURCES"))
        return folder;
    return FEATURESCOPE_RESOURCES;
}

std::string dataFolder()
{
    if (const char* folder = std::getenv("XDG_DATA_HOME"))
        return std::string(folder) + "/featurescope";
    if (const char* home = std::getenv("HOME"))
        return std::string(home) + "/.local/share/featurescope";
    return (std::filesystem::temp_directory_path() / "featurescope").string();
}

void showProgress(const core::Progress& progress)
{
    constexpr int kWidth = 30;
    if (progress.total <= 0) {
        std::fprintf(stderr, "\r%s: %lld %s   ", progress.what.c_str(),
            static_cast<long long>(progress.done), progress.unit.c_str());
        return;
    }
    const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
    const int filled = static_cast<int>(share * kWidth);
    std::fprintf(stderr, "\r%s [%s%s] %3.0f %%   ", progress.what.c_str(),
        std::string(filled, '#').c_str(), std::string(kWidth - filled, '.').c_str(), share * 100);
    if (progress.done >= progress.total)
        std::fprintf(stderr, "\n");
}

} // namespace

std::stop_token interruptToken()
{
    static const bool isReady = [] {
        sem_init(&g_interrupted, 0, 0);
        std::signal(SIGINT, onInterrupt);
        std::signal(SIGTERM, onInterrupt);
        std::thread([] {
            while (sem_wait(&g_interrupted) != 0) { }
            g_stop.request_stop();
        }).detach();
        return true;
    }();
    (void)isReady;
    return g_stop.get_token();
}

core::JobControl Context::control() const
{
    core::JobControl control;
    control.resources = resourcesFolder();
    control.dataFolder = dataFolder();
    control.threads = threads;
    control.device = device;
    control.dtype = dtype;
    control.stop = interruptToken();
    if (!isQuiet && isatty(STDERR_FILENO) != 0)
        control.progress = showProgress;
    return control;
}

std::unique_ptr<core::Engine> Context::startEngine() const
{
    core::Engine::Options options;
    options.resources = resourcesFolder();
    options.dataFolder = dataFolder();
    options.threads = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
    options.device = device;
    options.dtype = dtype;
    auto engine = core::makeEngine(options);
    if (!isQuiet && isatty(STDERR_FILENO) != 0)
        engine->setProgressListener(
            [](const std::string&, const core::Progress& progress) { showProgress(progress); });
    return engine;
}

void Context::print(const nlohmann::json& json, const std::string& text) const
{
    // Token texts may hold half a character; JSON must be whole UTF-8.
    const std::string out
        = isJson ? json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) : text;
    std::printf("%s\n", out.c_str());
}

int report(const core::Error& error)
{
    if (error.code == core::Error::Code::Cancelled) {
        std::fprintf(stderr, "Cancelled.\n");
        return kCancelled;
    }
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return kFailed;
}

void onChosen(CLI::App& command, Context& context, std::function<int()> verb)
{
    command.callback([&context, verb = std::move(verb)] { context.chosen = verb; });
}

std::vector<core::TokenId> parseIds(const std::string& text)
{
    std::vector<core::TokenId> ids;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        int id = 0;
        const auto [next, error] = std::from_chars(at, end, id);
        if (error != std::errc() || (next < end && *next != ','))
            throw CLI::ValidationError("--ids", "write ids as 1,2,3; got `" + text + "`");
        ids.emplace_back(id);
        at = next + 1;
    }
    return ids;
}

nlohmann::json toJson(const std::vector<core::NextToken>& tokens)
{
    nlohmann::json out = nlohmann::json::array();
    for (const core::NextToken& token : tokens)
        out.push_back(
            {{"id", token.id.value}, {"token", token.text}, {"probability", token.probability}});
    return out;
}

} // namespace cli
