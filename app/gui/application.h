#pragma once

#include "options.h"
#include "ui/session/settings.h"
#include "ui/shared/paste_guard.h"
#include "ui/shared/wheel_guard.h"

#include "core/api/engine.h"

#include <memory>

#include <QApplication>
#include <QIcon>

namespace app {

class EngineLoader;
class MainWindow;

/// The program with a window: settings, theme, the window first and then the engine.
class Application {
public:
    Application(QApplication& qt, Options options);
    ~Application();

    int run(); ///< The exit code.
    static QIcon icon(); ///< Of every window.
    static constexpr const char* kDesktopName = "org.featurescope.Featurescope";

private:
    int runWindow();
    int runTour();
    void followSettings();
    core::Engine::Options engineOptions() const;

    QApplication& m_qt;
    ui::PasteGuard m_pasteGuard;
    ui::WheelGuard m_wheelGuard;
    Options m_options;
    QString m_settingsFolder, m_dataFolder;
    std::unique_ptr<ui::Settings> m_settings;
    std::unique_ptr<EngineLoader> m_loader;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace app
