// Random clicks, keys, pastes and drops on the real window with the real engine, for faults that
// nobody thought of: `monkey [--seed N] [--actions N] [--log]`. Ends with 0 when all actions were
// taken; a crash prints the last actions, a window that does nothing for a minute is one too, and
// so is a warning of Qt's about how it is used.

#include "app/gui/engine_loader.h"
#include "app/gui/main_window.h"
#include "monkey.h"
#include "tests/ui/support/engine_options.h"
#include "ui/shared/paste_guard.h"
#include "ui/shared/wheel_guard.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

#include <unistd.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>

namespace {

// Kept in plain memory, so that a signal handler can write it out.
constexpr std::size_t kKept = 30;
std::array<std::array<char, 200>, kKept> lastActions;
std::atomic<std::size_t> actionCount = 0;
std::atomic<int> warnings = 0;

void remember(const QString& action)
{
    auto& line = lastActions[actionCount % kKept];
    const QByteArray bytes = action.toUtf8().left(int(line.size()) - 2).replace('\n', ' ') + '\n';
    line.fill(0);
    std::memcpy(line.data(), bytes.constData(), static_cast<std::size_t>(bytes.size()));
    ++actionCount;
}

void writeLastActions()
{
    const std::size_t count = actionCount;
    for (std::size_t i = count > kKept ? count - kKept : 0; i < count; ++i) {
        const auto& line = lastActions[i % kKept];
        [[maybe_unused]] const auto written
            = write(STDERR_FILENO, line.data(), strnlen(line.data(), line.size()));
    }
}

void onCrash(int signal)
{
    constexpr std::string_view kWords = "monkey: the program crashed; the last actions were:\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, kWords.data(), kWords.size());
    writeLastActions();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void onMessage(QtMsgType type, const QMessageLogContext&, const QString& message)
{
    // What the offscreen platform has not got is no fault of the program's.
    static const QStringList kHarmless{QStringLiteral("This plugin does not support"),
        // A path with a zero in it is refused, which is right.
        QStringLiteral("Broken filename passed to function"),
        // Scripts that no font here has, and keys that mean nothing where they fell.
        QStringLiteral("  OpenType support missing"), QStringLiteral("Keyboard event not accepted"),
        // Half a character in a filter of Qt's: nothing matches it, which is right.
        QStringLiteral("QString(View)::contains(): called on an invalid QRegularExpression"),
        // The monkey's aim at a window that moved.
        QStringLiteral("Mouse event at ")};
    const bool isHarmless = std::any_of(kHarmless.begin(), kHarmless.end(),
        [&](const QString& words) { return message.startsWith(words); });
    if (type == QtDebugMsg || type == QtInfoMsg || isHarmless)
        return;
    ++warnings;
    std::fprintf(stderr, "Qt says: %s\nafter:\n", qPrintable(message));
    writeLastActions();
}

/// Ends the program when a whole minute passes without an action.
class Watchdog {
public:
    ~Watchdog()
    {
        {
            const std::scoped_lock lock(m_mutex);
            m_isOver = true;
        }
        m_condition.notify_all();
        m_thread.join();
    }

private:
    void watch()
    {
        std::unique_lock lock(m_mutex);
        std::size_t seen = actionCount;
        while (!m_condition.wait_for(lock, std::chrono::minutes(1), [this] { return m_isOver; })) {
            const std::size_t now = actionCount;
            if (now == seen) {
                std::fprintf(
                    stderr, "monkey: nothing moved for a minute; the last actions were:\n");
                writeLastActions();
                std::abort();
            }
            seen = now;
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_isOver = false;
    std::thread m_thread{&Watchdog::watch, this};
};

QString written(const QDir& folder, const QString& name, const QByteArray& bytes)
{
    QFile file(folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        return {};
    return file.fileName();
}

/// What a person might drop: models and dictionaries of others, texts, graphs, rubbish.
QStringList makeFiles(const QDir& folder)
{
    const QString fixtures = QStringLiteral(FEATURESCOPE_TEST_FIXTURES);
    return {fixtures + QStringLiteral("/oracles/models/gpt2-tiny"),
        fixtures + QStringLiteral("/oracles/models/gemma2-tiny"),
        fixtures + QStringLiteral("/oracles/saes/standard"),
        fixtures + QStringLiteral("/oracles/graphs/gpt2-plt-relu/transcoders"),
        written(
            folder, QStringLiteral("text.txt"), QByteArray("The bridge is red. ").repeated(200)),
        written(folder, QStringLiteral("empty.json"), {}),
        written(folder, QStringLiteral("rubbish.json"), "{\"nodes\": [{}], \"links\": 7}"),
        written(folder, QStringLiteral("rubbish.safetensors"), QByteArray(4096, '\x7f')),
        folder.filePath(QStringLiteral("missing")), folder.path()};
}

} // namespace

int main(int argc, char** argv)
{
    QTemporaryDir home;
    // Nothing of the person's own is read or changed.
    for (const char* name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
        qputenv(name, home.path().toUtf8());
    QDir::setCurrent(home.path());
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") && qEnvironmentVariableIsEmpty("DISPLAY"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    QApplication qt(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOptions({{QStringLiteral("seed"), QStringLiteral("Which actions."),
                           QStringLiteral("N"), QStringLiteral("1")},
        {QStringLiteral("actions"), QStringLiteral("How many."), QStringLiteral("N"),
            QStringLiteral("1000")},
        {QStringLiteral("log"), QStringLiteral("Print each.")}});
    parser.process(qt);
    QApplication::setQuitOnLastWindowClosed(false);
    qInstallMessageHandler(onMessage);
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL})
        std::signal(signal, onCrash);

    ui::PasteGuard pasteGuard(qt);
    ui::WheelGuard wheelGuard(qt);
    ui::Settings settings(home.path());
    const core::Engine::Options options = tests::engineOptions(home.path().toStdString());
    auto window = std::make_unique<app::MainWindow>(&settings);
    app::EngineLoader loader(options);
    QObject::connect(
        &loader, &app::EngineLoader::loaded, window->session(), &ui::Session::attachEngine);
    QObject::connect(
        &loader, &app::EngineLoader::failed, window->session(), &ui::Session::failEngine);

    tests::Monkey::World world;
    world.window = window.get();
    world.folder = home.path();
    world.files = makeFiles(QDir(home.path()));
    world.changes = {[&](std::mt19937& random) {
                         const double scale = std::array{0.8, 1.0, 1.5, 2.0}[random() % 4];
                         settings.setValue(ui::SettingKey::FontScale, scale);
                         ui::applyFontScale(qt, scale);
                     },
        [&](std::mt19937& random) {
            ui::applyTheme(qt,
                ui::themeFromName(random() % 2 ? QStringLiteral("dark") : QStringLiteral("light")));
        },
        [&](std::mt19937&) { window->open(QStringLiteral("builtin")); }};
    const int actions = parser.value(QStringLiteral("actions")).toInt();
    tests::Monkey monkey(world, parser.value(QStringLiteral("seed")).toUInt(), actions);
    const bool isLogging = parser.isSet(QStringLiteral("log"));
    monkey.setLog([isLogging](const QString& action) {
        remember(action);
        if (isLogging)
            std::fprintf(stderr, "%s\n", qPrintable(action));
    });
    QObject::connect(
        window->session(), &ui::Session::modelOpened, &monkey, [&, isStarted = false]() mutable {
            if (!std::exchange(isStarted, true))
                monkey.start();
        });
    loader.start();
    window->open(QStringLiteral("builtin"));
    window->resize(1280, 800);
    window->show();
    int done = 0;
    {
        const Watchdog watchdog;
        QApplication::exec();
        done = monkey.done();
        window.reset();
    }
    std::printf("%d actions with seed %s, %d warnings\n", done,
        qPrintable(parser.value(QStringLiteral("seed"))), warnings.load());
    return done == actions && warnings == 0 ? 0 : 1;
}
