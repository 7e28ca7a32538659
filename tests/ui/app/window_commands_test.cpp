// The palette, the preferences, zoom, the sheet of shortcuts, a second window, a device that is
// gone.
#include "app/gui/application.h"
#include "app/gui/command_palette.h"
#include "app/gui/main_window.h"
#include "app/gui/preferences_dialog.h"
#include "app/gui/shortcut_sheet.h"
#include "core/api/devices.h"
#include "core/api/open_model.h"
#include "tests/ui/support/window_test.h"
#include "ui/shared/message_bar.h"
#include "ui/style/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>

namespace {

using app::CommandPalette;

class WindowCommandsTest : public tests::WindowTest {
protected:
    static CommandPalette* paletteWith(app::MainWindow& window, const QString& typed)
    {
        window.openPalette();
        auto* palette = window.findChildren<CommandPalette*>().constLast();
        QTest::keyClicks(palette->findChild<QLineEdit*>(), typed);
        return palette;
    }
    static QStringList textsOf(const CommandPalette& palette)
    {
        QStringList texts;
        for (int row = 0; row < palette.count(); ++row)
            texts << palette.textAt(row);
        return texts;
    }
    template <typename T> static T* field(QWidget& dialog, const char* name)
    {
        return dialog.findChild<T*>(QLatin1String(name));
    }
};

TEST_F(WindowCommandsTest, ThePaletteRunsCommandsBeforeAnythingElse)
{
    app::MainWindow window(&settings);
    start(window);
    settings.setValue(ui::SettingKey::Theme, QStringLiteral("light"));
    CommandPalette* palette = paletteWith(window, QStringLiteral("light or"));
    EXPECT_EQ(palette->textAt(0), QStringLiteral("Light or dark"));
    EXPECT_TRUE(textsOf(*palette).constLast().startsWith(QStringLiteral("Find features")));
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Return);
    EXPECT_EQ(settings.value(ui::SettingKey::Theme).toString(), QStringLiteral("dark"));
    // A word that begins so comes before one that only holds the letters.
    palette = paletteWith(window, QStringLiteral("ste"));
    EXPECT_EQ(palette->textAt(0), QStringLiteral("Steer"));
}

TEST_F(WindowCommandsTest, ThePaletteFindsFeaturesWhileOneTypes)
{
    app::MainWindow window(&settings);
    start(window);
    CommandPalette* palette = paletteWith(window, QStringLiteral("golden gate"));
    ASSERT_EQ(palette->count(), 2); // the walk of that name comes first: it is a command
    ASSERT_TRUE(await([&] { return palette->count() == 14; })); // twelve in the sample world
    EXPECT_TRUE(palette->textAt(1).startsWith(QStringLiteral("Find features")));
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Down);
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Down);
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Return);
    EXPECT_TRUE(window.selection()->feature());
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Features);
}

TEST_F(WindowCommandsTest, EnterInThePreferencesResetsNothing)
{
    settings.setValue(ui::SettingKey::Threads, 7);
    settings.setValue(ui::SettingKey::Precision, QStringLiteral("bfloat16"));
    app::MainWindow window(&settings);
    start(window);
    for (const char* name : {"threads", "font_scale", "theme", "precision", "self_check"}) {
        window.showPreferences();
        auto* dialog = window.findChild<app::PreferencesDialog*>();
        ASSERT_TRUE(dialog);
        auto* editor = field<QWidget>(*dialog, name);
        ASSERT_TRUE(editor) << name;
        dialog->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(dialog));
        editor->setFocus();
        QTest::keyClick(editor, Qt::Key_Return);
        QApplication::processEvents();
        EXPECT_EQ(settings.value(ui::SettingKey::Threads).toInt(), 7) << name;
        EXPECT_EQ(settings.value(ui::SettingKey::Precision).toString(), QStringLiteral("bfloat16"))
            << name;
    }
}

TEST_F(WindowCommandsTest, ThereIsOnePreferencesWindowAndEscapeClosesIt)
{
    app::MainWindow window(&settings);
    start(window);
    window.showPreferences();
    window.showPreferences();
    ASSERT_EQ(window.findChildren<app::PreferencesDialog*>().size(), 1);
    QPointer<app::PreferencesDialog> dialog = window.findChild<app::PreferencesDialog*>();
    auto* threads = field<QSpinBox>(*dialog, "threads");
    threads->setFocus();
    QTest::keyClick(threads, Qt::Key_Escape);
    EXPECT_TRUE(await([&] { return dialog.isNull(); }));
}

TEST_F(WindowCommandsTest, AResetOfThePreferencesCanBeTakenBack)
{
    settings.setValue(ui::SettingKey::Threads, 7);
    settings.setValue(ui::SettingKey::Theme, QStringLiteral("dark"));
    app::PreferencesDialog dialog(&settings, {});
    dialog.show();
    auto* undo = field<QPushButton>(dialog, "undoRestore");
    EXPECT_FALSE(undo->isVisible());
    field<QPushButton>(dialog, "restoreDefaults")->click();
    EXPECT_EQ(settings.value(ui::SettingKey::Threads).toInt(), 0);
    ASSERT_TRUE(undo->isVisible());
    undo->click();
    EXPECT_EQ(settings.value(ui::SettingKey::Threads).toInt(), 7);
    EXPECT_EQ(settings.value(ui::SettingKey::Theme).toString(), QStringLiteral("dark"));
    field<QPushButton>(dialog, "restoreDefaults")->click();
    settings.setValue(ui::SettingKey::Threads, 3);
    EXPECT_FALSE(undo->isVisible()); // it would take this back too
}

TEST_F(WindowCommandsTest, ZoomIsOnTheUsualKeysAndRemembered)
{
    const auto scale = [&] { return settings.value(ui::SettingKey::FontScale).toDouble(); };
    app::MainWindow window(&settings);
    start(window);
    QTest::keyClick(&window, Qt::Key_Plus, Qt::ControlModifier);
    EXPECT_DOUBLE_EQ(scale(), 1.1);
    QTest::keyClick(&window, Qt::Key_Equal, Qt::ControlModifier);
    EXPECT_DOUBLE_EQ(scale(), 1.2);
    QTest::keyClick(&window, Qt::Key_Minus, Qt::ControlModifier);
    EXPECT_DOUBLE_EQ(scale(), 1.1);
    EXPECT_DOUBLE_EQ(ui::Settings(folder.path()).value(ui::SettingKey::FontScale).toDouble(), 1.1);
    QTest::keyClick(&window, Qt::Key_0, Qt::ControlModifier);
    EXPECT_DOUBLE_EQ(scale(), 1.0);
    for (int i = 0; i < 40; ++i)
        QTest::keyClick(&window, Qt::Key_Minus, Qt::ControlModifier);
    EXPECT_DOUBLE_EQ(scale(), ui::Settings::info(ui::SettingKey::FontScale).low);
}

TEST_F(WindowCommandsTest, TheSheetNamesEveryKeyThatDoesSomething)
{
    app::MainWindow window(&settings);
    start(window);
    QTest::keyClick(&window, Qt::Key_Slash, Qt::ControlModifier);
    auto* sheet = window.findChild<app::ShortcutSheet*>();
    ASSERT_TRUE(sheet);
    const QAbstractItemModel* shown = field<QTableView>(*sheet, "shortcutTable")->model();
    QStringList keys;
    for (int row = 0; row < shown->rowCount(); ++row) {
        EXPECT_FALSE(shown->index(row, 0).data().toString().isEmpty());
        keys << shown->index(row, 1).data().toString().split(QStringLiteral(", "));
    }
    int asked = 0;
    for (const QAction* action : window.findChildren<QAction*>()) {
        if (action->text().isEmpty()) // of Qt's own, inside its fields
            continue;
        for (const QKeySequence& sequence : action->shortcuts()) {
            ++asked;
            EXPECT_TRUE(keys.contains(sequence.toString(QKeySequence::NativeText)))
                << action->text().toStdString();
        }
    }
    EXPECT_GT(asked, 15);
    const int all = shown->rowCount();
    sheet->findChild<QLineEdit*>()->setText(QStringLiteral("palett"));
    EXPECT_EQ(shown->rowCount(), 0);
    sheet->findChild<QLineEdit*>()->setText(QStringLiteral("steer"));
    EXPECT_GT(shown->rowCount(), 0);
    EXPECT_LT(shown->rowCount(), all);
}

TEST_F(WindowCommandsTest, ANewWindowOpensWhatThisOneHasOpen)
{
    app::MainWindow window(&settings);
    start(window);
    QSignalSpy wanted(&window, &app::MainWindow::newWindowRequested);
    QTest::keyClick(&window, Qt::Key_N, Qt::ControlModifier);
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted[0][0].toStringList(), QStringList());
    window.session()->openModel(QStringLiteral("/models/x"));
    ASSERT_TRUE(await([&] { return window.session()->openedAs().path == "/models/x"; }));
    QTest::keyClick(&window, Qt::Key_N, Qt::ControlModifier);
    ASSERT_EQ(wanted.size(), 2);
    EXPECT_EQ(wanted[1][0].toStringList(), QStringList{QStringLiteral("/models/x")});
}

TEST_F(WindowCommandsTest, OnlyDevicesThatAreThereAreOffered)
{
    const auto offered = [](app::PreferencesDialog& dialog) {
        auto* box = field<QComboBox>(dialog, "device");
        QStringList texts;
        for (int i = 0; i < box->count(); ++i)
            texts << box->itemText(i);
        return texts;
    };
    app::PreferencesDialog plain(&settings, {QStringLiteral("cpu")});
    EXPECT_EQ(offered(plain), (QStringList{QStringLiteral("auto"), QStringLiteral("cpu")}));
    app::PreferencesDialog card(&settings, {QStringLiteral("cpu"), QStringLiteral("cuda:0")});
    EXPECT_TRUE(offered(card).contains(QStringLiteral("cuda")));
    settings.setValue(ui::SettingKey::Device, QStringLiteral("cuda"));
    app::PreferencesDialog gone(&settings, {QStringLiteral("cpu")});
    EXPECT_TRUE(offered(gone).contains(QStringLiteral("cuda (not on this machine)")));
    // The engine says which; the window passes them on.
    settings.setValue(ui::SettingKey::Device, QStringLiteral("auto"));
    app::MainWindow window(&settings);
    start(window);
    ASSERT_EQ(engine->script<core::DevicesRequest>().calls.size(), 1U);
    window.showPreferences();
    EXPECT_EQ(offered(*window.findChild<app::PreferencesDialog*>()),
        (QStringList{QStringLiteral("auto"), QStringLiteral("cpu")}));
}

TEST_F(WindowCommandsTest, ADeviceThatIsGoneIsABannerAndNotAnEmptyWindow)
{
    settings.setValue(ui::SettingKey::Device, QStringLiteral("cuda"));
    engine->script<core::OpenModelRequest>().answer
        = [](const core::OpenModelRequest& request) -> core::Result<core::EngineState> {
        if (!request.fallsBackToCpu)
            return core::fail(core::Error::Code::Unsupported, "no cuda here");
        core::EngineState state = tests::sampleState();
        state.model.path = request.path;
        if (request.device == "cuda")
            state.model.deviceNote = "The model runs on the cpu instead: no cuda here.";
        return state;
    };
    app::MainWindow window(&settings);
    start(window);
    auto* banner = window.findChild<ui::MessageBar*>(QStringLiteral("windowBanner"));
    ASSERT_TRUE(banner);
    EXPECT_TRUE(banner->isVisible());
    EXPECT_TRUE(banner->text().contains(QStringLiteral("cpu instead: no cuda here")));
    window.session()->openModel(QStringLiteral("builtin"), QStringLiteral("cpu"));
    EXPECT_TRUE(await([&] { return !banner->isVisible(); }));
}

TEST(WindowIconTest, TheProgramsIconIsDrawn)
{
    const QImage image = app::Application::icon().pixmap(64, 64).toImage();
    ASSERT_EQ(image.size(), QSize(64, 64));
    QSet<QRgb> colors;
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x)
            colors.insert(image.pixel(x, y));
    EXPECT_GT(colors.size(), 10);
}

} // namespace
