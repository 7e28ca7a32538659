#pragma once

#include "tests/ui/support/fake_engine.h"
#include "tests/ui/support/sample_results.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <functional>
#include <memory>
#include <vector>

#include <QTest>
#include <QWidget>

#include <gtest/gtest.h>

namespace tests {

/// A Session on a FakeEngine, and a way to wait for what must come.
class UiTest : public ::testing::Test {
protected:
    UiTest()
        : engine(std::make_shared<FakeEngine>())
    {
        session.attachEngine(engine);
    }

    /// Runs the event loop until `isDone`; a test asserts the result. Thirty seconds are an error,
    /// not a pause.
    static bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor(isDone, 30'000);
    }
    /// Handles what is queued now.
    static void settle() { QCoreApplication::processEvents(); }
    template <typename T> static T* find(QWidget& page, const char* name)
    {
        return page.findChild<T*>(QLatin1String(name));
    }
    void openSample()
    {
        session.openModel(QStringLiteral("builtin"));
        ASSERT_TRUE(await([this] { return session.hasModel(); }));
    }

    /// The requests of one type that came.
    template <core::Request R> const std::vector<R>& calls() { return engine->script<R>().calls; }

    std::shared_ptr<FakeEngine> engine;
    ui::Session session;
    ui::Selection selection;
};

} // namespace tests
