#include "app/gui/main_window.h"

#include "app/gui/command_palette.h"
#include "app/gui/options.h"
#include "app/gui/preferences_dialog.h"
#include "core/api/evaluate.h"
#include "core/api/generate.h"
#include "core/api/open_model.h"
#include "tests/ui/support/window_test.h"
#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/models/models_page.h"
#include "ui/models/open_model_dialog.h"
#include "ui/models/quality_panel.h"
#include "ui/models/recent_menu.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"
#include "ui/style/theme.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QSet>
#include <QTemporaryDir>

namespace {

class MainWindowTest : public tests::WindowTest { };

TEST_F(MainWindowTest, TheMainJobWithTheKeyboardAlone)
{
    app::MainWindow window(&settings);
    start(window);
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Prompt);
    QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
    auto* palette = window.findChild<app::CommandPalette*>();
    ASSERT_NE(palette, nullptr);
    auto* input = palette->findChild<QLineEdit*>();
    QTest::keyClicks(input, QStringLiteral("a famous bridge")); // no command is called so
    QTest::keyClick(input, Qt::Key_Return);
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Features);
    ASSERT_TRUE(await([&] { return window.featuresPage()->model()->rowCount() == 12; }));
    auto* table = window.findChild<QWidget*>(QStringLiteral("featureTable"));
    window.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    // Tab goes on from the search box to the table.
    window.findChild<QLineEdit*>(QStringLiteral("conceptSearch"))->setFocus();
    for (int i = 0; i < 20 && QApplication::focusWidget() != table; ++i)
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    ASSERT_EQ(QApplication::focusWidget(), table);
    QTest::keyClick(table, Qt::Key_Down);
    ASSERT_TRUE(window.selection()->feature());
    // The best hit was chosen already; this is the card of the next.
    ASSERT_TRUE(await([&] {
        const auto& card = window.featureCard()->card();
        return card && card->row.feature == window.selection()->feature();
    }));
    QTest::keyClick(&window, Qt::Key_L, Qt::ControlModifier);
    auto* label = window.findChild<QLineEdit*>(QStringLiteral("labelText"));
    ASSERT_EQ(QApplication::focusWidget(), label);
    label->selectAll();
    QTest::keyClicks(label, QStringLiteral("Golden Gate"));
    QTest::keyClick(label, Qt::Key_Return);
    ASSERT_TRUE(
        await([&] { return window.featureCard()->card()->row.label.text == "Golden Gate"; }));
}

TEST_F(MainWindowTest, TabReachesEveryFieldOfEveryPage)
{
    app::MainWindow window(&settings);
    start(window);
    for (const auto page :
        {app::MainWindow::Page::Start, app::MainWindow::Page::Models, app::MainWindow::Page::Prompt,
            app::MainWindow::Page::Features, app::MainWindow::Page::Steer,
            app::MainWindow::Page::Circuit, app::MainWindow::Page::Train}) {
        window.showPage(page);
        QSet<QWidget*> reached;
        if (!QApplication::focusWidget())
            QTest::keyClick(&window, Qt::Key_Tab);
        for (int i = 0; i < 200; ++i) {
            QWidget* at = QApplication::focusWidget();
            ASSERT_NE(at, nullptr);
            if (reached.contains(at) && i > 60)
                break;
            reached.insert(at);
            QTest::keyClick(at, Qt::Key_Tab);
        }
        for (QWidget* widget : window.centralWidget()->findChildren<QWidget*>()) {
            if (widget->isVisible() && widget->isEnabled()
                && (widget->focusPolicy() & Qt::TabFocus) != 0 && widget->focusProxy() == nullptr
                && qobject_cast<QComboBox*>(widget->parentWidget()) == nullptr
                && !widget->parentWidget()->inherits("QAbstractSpinBox")) {
                EXPECT_TRUE(reached.contains(widget)) << widget->metaObject()->className() << " "
                                                      << widget->objectName().toStdString();
            }
        }
    }
}

TEST_F(MainWindowTest, CustomViewsAndIconButtonsHaveNames)
{
    app::MainWindow window(&settings);
    start(window);
    for (QWidget* widget : window.findChildren<QWidget*>()) {
        const QByteArray name = widget->metaObject()->className();
        if (name == "ui::TokenStrip" || name == "ui::HeatMap" || name == "ui::ArchitectureDiagram"
            || name == "QTableView") {
            EXPECT_FALSE(widget->accessibleName().isEmpty())
                << name.toStdString() << " " << widget->objectName().toStdString();
        }
    }
}

TEST_F(MainWindowTest, ThePaletteFindsFeaturesPagesAndCommands)
{
    app::MainWindow window(&settings);
    start(window);
    const auto openWith = [&](const QString& typed) {
        window.openPalette();
        auto* palette = window.findChildren<app::CommandPalette*>().constLast();
        QTest::keyClicks(palette->findChild<QLineEdit*>(), typed);
        return palette;
    };
    auto* palette = openWith(QStringLiteral("layer_1 77"));
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Down);
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Return);
    ASSERT_TRUE(window.selection()->feature());
    EXPECT_EQ(
        *window.selection()->feature(), (core::FeatureRef{"saes/layer_1", core::FeatureId(77)}));
    palette = openWith(QStringLiteral("features"));
    QStringList texts;
    for (int i = 0; i < palette->count(); ++i)
        texts << palette->textAt(i);
    EXPECT_TRUE(texts.contains(QStringLiteral("Features")));
    palette->reject();
    palette = openWith(QStringLiteral("layer_1 99999999"));
    EXPECT_EQ(palette->count(), 1); // no such feature: only the search for the words is left
}

TEST_F(MainWindowTest, ThemeAndPageAreRemembered)
{
    {
        app::MainWindow window(&settings);
        start(window);
        window.showPage(app::MainWindow::Page::Features);
        window.close();
    }
    app::MainWindow again(&settings);
    EXPECT_EQ(again.currentPage(), app::MainWindow::Page::Features);
}

TEST_F(MainWindowTest, ClosingWhileEverythingIsBusyIsSafe)
{
    bool isDestroyed = false;
    engine->destroyed = &isDestroyed;
    {
        app::MainWindow window(&settings);
        start(window);
        engine->hold();
        window.promptPage()->setPrompt(QStringLiteral("a b c"));
        window.featuresPage()->search(QStringLiteral("x"));
        window.selection()->setFeature({"saes/layer_1", core::FeatureId(1)});
        engine.reset();
        window.close();
    }
    EXPECT_TRUE(isDestroyed);
}

TEST_F(MainWindowTest, PreferencesComeFromTheTable)
{
    app::PreferencesDialog dialog(&settings, {});
    dialog.show();
    auto* theme = dialog.findChild<QComboBox*>();
    ASSERT_NE(theme, nullptr);
    theme->setFocus();
    QTest::keyClick(theme, Qt::Key_End);
    EXPECT_EQ(settings.value(ui::SettingKey::Theme).toString(), theme->currentText());
}

TEST_F(MainWindowTest, TheStatusLineSaysWhereAndInWhichPrecision)
{
    settings.setValue(ui::SettingKey::Device, QStringLiteral("cpu"));
    settings.setValue(ui::SettingKey::Precision, QStringLiteral("bfloat16"));
    app::MainWindow window(&settings);
    start(window);
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls.back().device, "cpu");
    EXPECT_EQ(engine->script<core::OpenModelRequest>().calls.back().dtype, "bfloat16");
    const QString text = window.findChild<QLabel*>(QStringLiteral("statusModel"))->text();
    EXPECT_TRUE(text.contains(QStringLiteral("cpu · bfloat16"))) << text.toStdString();
}

TEST_F(MainWindowTest, ChatIsOfferedByTheModelAndRememberedForIt)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest& request) {
        core::EngineState state = tests::sampleState();
        state.model.hasChatTemplate = request.path == "/models/chatty";
        return state;
    };
    app::MainWindow window(&settings);
    start(window);
    window.showPage(app::MainWindow::Page::Steer);
    auto* chat = window.findChild<QCheckBox*>(QStringLiteral("chatSwitch"));
    EXPECT_FALSE(chat->isEnabled());
    window.steerPage()->generate();
    EXPECT_FALSE(engine->script<core::GenerateRequest>().calls.back().isChat);

    const auto reopen = [&](const char* path) {
        window.session()->openModel(QLatin1String(path));
        ASSERT_TRUE(await([&] {
            return window.session()->openedAs().path == path && !window.session()->isBusy();
        }));
    };
    reopen("/models/chatty");
    ASSERT_TRUE(chat->isEnabled());
    EXPECT_TRUE(chat->isChecked()) << "what was made to talk is talked to";
    EXPECT_EQ(window.steerPage()->prompt(), QStringLiteral("What should I do this weekend?"));
    window.steerPage()->setPrompt(QStringLiteral("Hello!"));
    window.steerPage()->generate();
    EXPECT_TRUE(engine->script<core::GenerateRequest>().calls.back().isChat);
    EXPECT_EQ(engine->script<core::GenerateRequest>().calls.back().prompt, "Hello!");
    reopen("builtin");
    EXPECT_FALSE(chat->isChecked());
    EXPECT_EQ(window.steerPage()->prompt(), QStringLiteral("Hello!")) << "a person's own stays";
    reopen("/models/chatty");
    EXPECT_TRUE(chat->isChecked());
    chat->click();
    reopen("builtin");
    reopen("/models/chatty");
    EXPECT_FALSE(chat->isChecked()) << "switched off by hand";
}

TEST_F(MainWindowTest, RecentModelsAreInTheFileMenu)
{
    settings.addRecentModel(folder.path());
    app::MainWindow window(&settings);
    start(window);
    auto* file = window.menuBar()->actions().constFirst()->menu();
    auto* recent = file->findChild<ui::RecentMenu*>();
    ASSERT_TRUE(recent);
    Q_EMIT recent->aboutToShow();
    recent->actions().constFirst()->trigger();
    ASSERT_TRUE(await([&] { return window.findChild<ui::OpenModelDialog*>() != nullptr; }));
}

/// Not a comparison: pictures for a person to look at, when FEATURESCOPE_PICTURES names a folder.
TEST_F(MainWindowTest, PagesAreDrawnTheSameTwice)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest&) {
        core::EngineState state = tests::sampleState();
        state.dictionaries[1].baseModel = "google/gemma-2-2b";
        state.dictionaries[1].warning = "Made for google/gemma-2-2b; the open model is "
                                        "featurescope-small. Its width fits, so "
                                        "it runs, but its features mean nothing here.";
        return state;
    };
    engine->script<core::EvaluateRequest>().answer = [](const core::EvaluateRequest& call) {
        core::DictionaryQuality quality = tests::sampleQuality(call.dictionary);
        if (call.dictionary == "saes/layer_1")
            quality.warning
                = "It explains only 12 % of the variance on this text: what it shows is "
                  "not what the model does.";
        return quality;
    };
    app::MainWindow window(&settings);
    start(window);
    window.selection()->setFeature({"saes/layer_2", core::FeatureId(12)});
    window.promptPage()->setPrompt(QStringLiteral(
        "The Golden Gate Bridge is a famous bridge in San Francisco, often in fog."));
    window.featuresPage()->search(QStringLiteral("golden gate"));
    ASSERT_TRUE(
        await([&] { return window.promptPage()->analysis() && !window.session()->isBusy(); }));
    const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
    const auto draw = [&](const QString& name, QWidget* widget = nullptr) {
        QApplication::processEvents();
        ASSERT_TRUE(await([&] { return !window.session()->isBusy(); }));
        settle();
        QWidget* drawn = widget ? widget : &window;
        const QImage first = drawn->grab().toImage(), second = drawn->grab().toImage();
        EXPECT_EQ(first, second) << name.toStdString();
        if (!pictures.isEmpty()) {
            EXPECT_TRUE(first.save(QDir(pictures).filePath(name + QStringLiteral(".png"))));
        }
    };
    window.modelsPage()->quality()->evaluate(
        QStringLiteral("Fog rolls over the bridge. I had soup for lunch."));
    for (const auto theme : {ui::Theme::Light, ui::Theme::Dark}) {
        ui::applyTheme(*qApp, theme);
        const QString suffix
            = theme == ui::Theme::Light ? QStringLiteral("-light") : QStringLiteral("-dark");
        window.showPage(app::MainWindow::Page::Models);
        draw(QStringLiteral("models") + suffix);
        window.modelsPage()->open(QStringLiteral("/models/x"), ui::Opener::Ask::Always);
        ui::OpenModelDialog* dialog = nullptr;
        ASSERT_TRUE(await([&] { return (dialog = window.findChild<ui::OpenModelDialog*>()); }));
        draw(QStringLiteral("open-model") + suffix, dialog);
        delete dialog;
        window.showPage(app::MainWindow::Page::Prompt);
        window.promptPage()->showArchitecture(false);
        draw(QStringLiteral("prompt") + suffix);
        window.promptPage()->showArchitecture(true);
        draw(QStringLiteral("architecture") + suffix);
        window.showPage(app::MainWindow::Page::Features);
        draw(QStringLiteral("features") + suffix);
    }
    ui::applyTheme(*qApp, ui::Theme::Light);
}

TEST(OptionsTest, TheLineIsReadAndMistakesAreNamed)
{
    const auto parse = [](QStringList arguments) {
        arguments.prepend(QStringLiteral("featurescope"));
        return app::parseOptions(arguments);
    };
    EXPECT_TRUE(parse({}).error.isEmpty());
    EXPECT_EQ(parse({QStringLiteral("/models/x")}).open, QStringLiteral("/models/x"));
    const app::Options exported = parse({QStringLiteral("--export"), QStringLiteral("g.json"),
        QStringLiteral("p.svg"), QStringLiteral("--scale"), QStringLiteral("2")});
    EXPECT_TRUE(exported.isHeadless());
    EXPECT_EQ(exported.exportPicture, QStringLiteral("p.svg"));
    EXPECT_DOUBLE_EQ(exported.exportScale, 2.0);
    EXPECT_FALSE(parse({QStringLiteral("--export"), QStringLiteral("g.json")}).error.isEmpty());
    EXPECT_FALSE(parse({QStringLiteral("--scale"), QStringLiteral("zero")}).error.isEmpty());
    EXPECT_FALSE(parse({QStringLiteral("a"), QStringLiteral("b")}).error.isEmpty());
}

} // namespace
