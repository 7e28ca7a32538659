#include "app/cli/context.h"

#include "app/places.h"
#include "core/api/add_dictionaries.h"
#include "core/api/make_engine.h"
#include "core/api/open_model.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <stop_token>
#include <thread>

#include <semaphore.h>
#include <sys/ioctl.h>
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

std::string dataFolder()
{
    if (const char* folder = std::getenv("XDG_DATA_HOME"))
        return std::string(folder) + "/featurescope";
    if (const char* home = std::getenv("HOME"))
        return std::string(home) + "/.local/share/featurescope";
    return (std::filesystem::temp_directory_path() / "featurescope").string();
}

void showProgress(const core::Progress& progress, const std::string& detail)
{
    constexpr int kWidth = 20;
    if (progress.total <= 0) {
        std::fprintf(stderr, "\r%s: %lld %s\033[K", progress.what.c_str(),
            static_cast<long long>(progress.done), progress.unit.c_str());
        return;
    }
    const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
    const int filled = static_cast<int>(share * kWidth);
    // In one line: what wraps is not written over.
    constexpr std::size_t kAround = kWidth + 12;
    winsize terminal{};
    const bool isKnown = ioctl(STDERR_FILENO, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col > 0;
    const std::size_t columns = isKnown ? terminal.ws_col : 80,
                      taken = progress.what.size() + kAround;
    const std::size_t room = columns > taken ? columns - taken : 0;
    std::fprintf(stderr, "\r%s [%s%s] %3.0f %% %s\033[K", progress.what.c_str(),
        std::string(filled, '#').c_str(), std::string(kWidth - filled, '.').c_str(), share * 100,
        detail.substr(0, room).c_str());
    if (progress.done >= progress.total)
        std::fprintf(stderr, "\n");
}

/// What Ctrl+C sets.
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

} // namespace

Context::Context() = default;
Context::~Context() = default;

core::Engine& Context::engine()
{
    if (m_engine)
        return *m_engine;
    core::Engine::Options options;
    options.resources = app::resourcesFolder(FEATURESCOPE_RESOURCES);
    options.dataFolder = dataFolder();
    options.threads = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
    options.device = device;
    options.dtype = dtype;
    options.keepsWorkspaces = usesWorkspaces;
    m_engine = core::makeEngine(options);
    if (!isQuiet && isatty(STDERR_FILENO) != 0)
        m_engine->setProgressListener([this](const std::string&, const core::Progress& progress) {
            const std::scoped_lock lock(m_detailGuard);
            showProgress(progress, m_detail);
        });
    return *m_engine;
}

void Context::setProgressDetail(std::string detail)
{
    const std::scoped_lock lock(m_detailGuard);
    m_detail = std::move(detail);
}

void Context::wait(const Start& start)
{
    const std::stop_token interrupted = interruptToken();
    if (interrupted.stop_requested())
        return;
    core::Engine& asked = engine();
    const auto done = std::make_shared<std::promise<void>>();
    const auto answered = done->get_future();
    start(asked, [done] { done->set_value(); });
    // Made after the request is on its way, so that a signal in between stops it too.
    const std::stop_callback onSignal(interrupted, [&asked] { asked.cancelAll(); });
    answered.wait();
}

core::Result<std::shared_ptr<const core::EngineState>> Context::open(
    const std::string& model, const std::vector<std::string>& paths)
{
    auto state = ask(core::OpenModelRequest{model, {}, {}, paths.empty()});
    for (const std::string& path : paths)
        if (state)
            state = ask(core::AddDictionariesRequest{path});
    if (state)
        noteRefused((*state)->refused);
    return state;
}

void Context::noteRefused(const std::vector<core::RefusedDictionary>& refused)
{
    for (const core::RefusedDictionary& one : refused)
        std::fprintf(stderr, "warning: not opened: %s\n", one.reason.c_str());
    m_refused.insert(m_refused.end(), refused.begin(), refused.end());
}

void Context::print(const Json& json, const std::string& text) const
{
    if (!isJson || m_refused.empty()) {
        std::printf("%s\n", (isJson ? json.text() : text).c_str());
        return;
    }
    std::vector<Json> refused;
    for (const core::RefusedDictionary& one : m_refused)
        refused.push_back({{"name", one.name}, {"path", one.path}, {"reason", one.reason}});
    Json whole = json;
    whole.set("refused", refused);
    std::printf("%s\n", whole.text().c_str());
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

} // namespace cli
