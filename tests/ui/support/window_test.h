#pragma once

#include "app/gui/main_window.h"
#include "tests/ui/support/fake_engine.h"

#include <functional>
#include <memory>

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace tests {

/// The real window on a FakeEngine, with settings of its own.
class WindowTest : public ::testing::Test {
protected:
    WindowTest()
        : engine(std::make_shared<FakeEngine>())
    {
    }
    /// Shown and active, with the sample model open.
    void start(app::MainWindow& window)
    {
        window.session()->attachEngine(engine);
        window.open(QStringLiteral("builtin"));
        window.resize(1440, 900);
        window.show();
        window.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
        ASSERT_TRUE(
            await([&] { return window.session()->hasModel() && !window.session()->isBusy(); }));
    }
    /// Until no layout waits for another.
    static void settle()
    {
        for (int i = 0; i < 4; ++i) {
            QApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
            QApplication::processEvents();
        }
    }
    static bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor(isDone, 30'000);
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    std::shared_ptr<FakeEngine> engine;
};

} // namespace tests
