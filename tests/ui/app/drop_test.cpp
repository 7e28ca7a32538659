#include "app/gui/main_window.h"

#include "core/api/add_dictionaries.h"
#include "core/api/graph_files.h"
#include "core/api/inspect_dictionaries.h"
#include "core/api/inspect_model.h"
#include "core/api/open_model.h"
#include "tests/ui/support/fake_engine.h"
#include "tests/ui/support/sample_results.h"
#include "ui/circuit/circuit_page.h"
#include "ui/models/models_page.h"
#include "ui/models/open_model_dialog.h"
#include "ui/shared/drop_hint.h"
#include "ui/shared/message_bar.h"

#include <QApplication>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace {

/// Things dragged onto the window and let go.
class DropTest : public ::testing::Test {
protected:
    DropTest()
        : engine(std::make_shared<tests::FakeEngine>())
    {
        window.session()->attachEngine(engine);
        window.open(QStringLiteral("builtin"));
        window.resize(1200, 800);
        window.show();
        EXPECT_TRUE(await([&] { return window.session()->hasModel() && isIdle(); }));
    }
    static bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor(isDone, 30'000);
    }
    bool isIdle() { return !window.session()->isBusy(); }
    static QMimeData* files(const QStringList& paths)
    {
        QList<QUrl> urls;
        for (const QString& path : paths)
            urls << QUrl::fromLocalFile(path);
        auto* data = new QMimeData;
        data->setUrls(urls);
        return data;
    }
    bool enter(QWidget* over, const QMimeData* data)
    {
        QDragEnterEvent event(over->rect().center(), Qt::CopyAction, data, Qt::LeftButton, {});
        event.ignore();
        QApplication::sendEvent(over, &event);
        return event.isAccepted();
    }
    void drop(const QString& path)
    {
        const std::unique_ptr<QMimeData> data(files({path}));
        EXPECT_TRUE(enter(&window, data.get()));
        EXPECT_TRUE(hint()->isVisible());
        EXPECT_EQ(hint()->size(), window.size());
        QDropEvent event(QPointF(10, 10), Qt::CopyAction, data.get(), Qt::LeftButton, {});
        QApplication::sendEvent(&window, &event);
        EXPECT_FALSE(hint()->isVisible());
    }
    ui::DropHint* hint() { return window.findChild<ui::DropHint*>(); }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    std::shared_ptr<tests::FakeEngine> engine;
    app::MainWindow window{&settings};
};

TEST_F(DropTest, AModelFolderIsInspected)
{
    window.showPage(app::MainWindow::Page::Features);
    drop(folder.path());
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Models);
    ASSERT_TRUE(await([&] { return window.findChild<ui::OpenModelDialog*>() != nullptr; }));
    EXPECT_EQ(engine->script<core::InspectModelRequest>().calls.back().model.path,
        folder.path().toStdString());
    EXPECT_EQ(
        engine->script<core::OpenModelRequest>().calls.size(), 1u); // only the built-in one so far
}

TEST_F(DropTest, ADictionaryIsAdded)
{
    engine->script<core::InspectModelRequest>().failWith(
        "no config.json", core::Error::Code::NotFound);
    drop(folder.path());
    ASSERT_TRUE(await([&] {
        return engine->script<core::AddDictionariesRequest>().calls.size() == 1 && isIdle();
    }));
    EXPECT_EQ(engine->script<core::InspectDictionariesRequest>().calls.back().path,
        folder.path().toStdString());
}

TEST_F(DropTest, AGraphIsShownOnTheCircuitPage)
{
    drop(folder.filePath(QStringLiteral("austin.json")));
    ASSERT_TRUE(await([&] { return window.circuitPage()->hasGraph(); }));
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Circuit);
    EXPECT_EQ(engine->script<core::LoadGraphRequest>().calls.back().path,
        folder.filePath(QStringLiteral("austin.json")).toStdString());

    engine->script<core::LoadGraphRequest>().failWith("austin.json: field `nodes` is missing.");
    window.showPage(app::MainWindow::Page::Prompt);
    drop(folder.filePath(QStringLiteral("other.json")));
    auto* bar = window.circuitPage()->findChild<ui::MessageBar*>();
    ASSERT_TRUE(await([&] { return bar->isVisible(); })); // the page came to the front with it
    EXPECT_TRUE(bar->text().contains(QStringLiteral("field `nodes` is missing")));
}

TEST_F(DropTest, SomethingElseSaysWhatWasExpected)
{
    engine->script<core::InspectModelRequest>().failWith(
        "no config.json", core::Error::Code::NotFound);
    engine->script<core::InspectDictionariesRequest>().failWith("holiday.jpg is no dictionary");
    drop(QStringLiteral("/pictures/holiday.jpg"));
    auto* bar = window.modelsPage()->findChild<ui::MessageBar*>();
    ASSERT_TRUE(await([&] { return bar->isVisible(); }));
    for (const char* part : {"holiday.jpg is no dictionary", "Hugging Face folder", "SAE", ".json"})
        EXPECT_TRUE(bar->text().contains(QLatin1String(part))) << part;
    EXPECT_TRUE(window.session()->hasModel());
}

TEST_F(DropTest, TextFieldsLeaveFilesToTheWindowAndKeepText)
{
    window.showPage(app::MainWindow::Page::Prompt);
    auto* field = window.findChild<QPlainTextEdit*>(QStringLiteral("promptText"));
    const std::unique_ptr<QMimeData> dragged(files({folder.path()}));
    enter(field->viewport(), dragged.get());
    EXPECT_TRUE(hint()->isVisible()); // the window took it
    QDragLeaveEvent leave;
    QApplication::sendEvent(&window, &leave);
    EXPECT_FALSE(hint()->isVisible());
    QMimeData text;
    text.setText(QStringLiteral("a sentence"));
    EXPECT_TRUE(enter(field->viewport(), &text));
    EXPECT_FALSE(hint()->isVisible());
    EXPECT_FALSE(enter(&window, &text));
}

} // namespace
