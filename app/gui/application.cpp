#include "application.h"

#include "app/places.h"
#include "engine_loader.h"
#include "export_graph.h"
#include "main_window.h"
#include "tour.h"
#include "ui/style/theme.h"

#include <cstdio>

#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QMessageBox>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>

namespace app {

namespace {

/// Since the program was started, linking included; to 10 ms, as the kernel counts.
long long millisecondsRunning()
{
    QFile stat(QStringLiteral("/proc/self/stat")), uptime(QStringLiteral("/proc/uptime"));
    if (!stat.open(QIODevice::ReadOnly) || !uptime.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray line = stat.readAll();
    // Field 22, counted after the name in parentheses, which may hold spaces.
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
    const double started = fields.value(19).toDouble() / static_cast<double>(sysconf(_SC_CLK_TCK));
    return static_cast<long long>(
        1000.0 * (uptime.readAll().split(' ').value(0).toDouble() - started));
}

} // namespace

Application::Application(QApplication& qt, Options options)
    : m_qt(qt)
    , m_pasteGuard(qt)
    , m_wheelGuard(qt)
    , m_options(std::move(options))
    , m_settingsFolder(ui::Settings::defaultFolder())
    , m_dataFolder(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation))
{
}

Application::~Application() = default;

QIcon Application::icon()
{
    return QIcon(QString::fromStdString(resourcesFolder(FEATURESCOPE_RESOURCES))
        + QStringLiteral("/desktop/%1.svg").arg(QLatin1String(kDesktopName)));
}

int Application::run()
{
    QApplication::setWindowIcon(icon());
    QGuiApplication::setDesktopFileName(QLatin1String(kDesktopName));
    if (m_options.isHeadless()) {
        const QTemporaryDir folder; // nothing of the person's own is read or changed
        core::Engine::Options options;
        options.resources = resourcesFolder(FEATURESCOPE_RESOURCES);
        options.dataFolder = folder.path().toStdString();
        return exportGraphToFile(m_options, options);
    }
    return m_options.tourFolder.isEmpty() ? runWindow() : runTour();
}

core::Engine::Options Application::engineOptions() const
{
    core::Engine::Options options;
    options.resources = resourcesFolder(FEATURESCOPE_RESOURCES);
    options.dataFolder = m_dataFolder.toStdString();
    options.threads = m_settings->value(ui::SettingKey::Threads).toInt();
    options.device = m_settings->value(ui::SettingKey::Device).toString().toStdString();
    options.dtype = m_settings->value(ui::SettingKey::Precision).toString().toStdString();
    return options;
}

void Application::followSettings()
{
    const auto apply = [this](ui::SettingKey key) {
        if (key == ui::SettingKey::Theme)
            ui::applyTheme(m_qt, ui::themeFromName(m_settings->value(key).toString()));
        else if (key == ui::SettingKey::FontScale)
            ui::applyFontScale(m_qt, m_settings->value(key).toDouble());
    };
    apply(ui::SettingKey::Theme);
    apply(ui::SettingKey::FontScale);
    QObject::connect(m_settings.get(), &ui::Settings::changed, m_settings.get(), apply);
}

int Application::runWindow()
{
    m_settings = std::make_unique<ui::Settings>(m_settingsFolder);
    followSettings();
    m_window = std::make_unique<MainWindow>(m_settings.get());
    m_loader = std::make_unique<EngineLoader>(engineOptions());
    QObject::connect(
        m_loader.get(), &EngineLoader::loaded, m_window->session(), &ui::Session::attachEngine);
    QObject::connect(
        m_loader.get(), &EngineLoader::failed, m_window->session(), &ui::Session::failEngine);
    QObject::connect(
        m_window.get(), &MainWindow::firstPainted, m_loader.get(), &EngineLoader::start);
    // A process of its own: its model, its threads and its memory go when its window does.
    QObject::connect(m_window.get(), &MainWindow::newWindowRequested, m_window.get(),
        [this](const QStringList& arguments) {
            if (!QProcess::startDetached(QCoreApplication::applicationFilePath(), arguments))
                QMessageBox::warning(m_window.get(),
                    QCoreApplication::translate("app::Application", "New window"),
                    QCoreApplication::translate(
                        "app::Application", "No second window could be started: %1 cannot be run.")
                        .arg(QCoreApplication::applicationFilePath()));
        });
    // Kept by the session until the engine is there.
    m_window->open(m_options.open.isEmpty() || m_options.open.endsWith(QLatin1String(".json"))
            ? QStringLiteral("builtin")
            : QDir().absoluteFilePath(m_options.open));
    if (m_options.open.endsWith(QLatin1String(".json")))
        m_window->open(QDir().absoluteFilePath(m_options.open));
    m_window->show();
    const int code = m_qt.exec();
    m_loader.reset();
    m_window.reset();
    return code;
}

int Application::runTour()
{
    // Nothing of the person's own is read or changed.
    QTemporaryDir folder;
    if (!folder.isValid()) {
        std::fprintf(stderr, "featurescope: no temporary folder can be made: %s\n",
            qPrintable(folder.errorString()));
        return 1;
    }
    m_settingsFolder = folder.path();
    m_dataFolder = folder.path();
    m_settings = std::make_unique<ui::Settings>(m_settingsFolder);
    m_settings->setValue(ui::SettingKey::Theme, QStringLiteral("light"));
    m_settings->setValue(ui::SettingKey::FontScale, m_options.tourTextSize);
    followSettings();
    m_window = std::make_unique<MainWindow>(m_settings.get());
    m_loader = std::make_unique<EngineLoader>(engineOptions());
    QObject::connect(
        m_loader.get(), &EngineLoader::loaded, m_window->session(), &ui::Session::attachEngine);
    QObject::connect(
        m_loader.get(), &EngineLoader::failed, m_window->session(), &ui::Session::failEngine);
    QObject::connect(
        m_window.get(), &MainWindow::firstPainted, m_loader.get(), &EngineLoader::start);
    QObject::connect(m_window.get(), &MainWindow::firstPainted, m_window.get(), [] {
        std::printf("first paint %lld ms after the program was started\n", millisecondsRunning());
    });
    m_window->show();
    const QString problem
        = Tour(*m_window, *m_settings, m_options.tourFolder).run(m_options.tourSize);
    m_loader.reset();
    m_window.reset();
    if (problem.isEmpty())
        return 0;
    std::fprintf(stderr, "featurescope --tour: %s\n", qPrintable(problem));
    return 1;
}

} // namespace app
