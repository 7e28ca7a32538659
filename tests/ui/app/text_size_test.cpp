// Every size follows the text when it changes while the program runs.
#include "app/gui/command_palette.h"
#include "app/gui/main_window.h"
#include "app/gui/preferences_dialog.h"
#include "app/gui/shortcut_sheet.h"
#include "core/api/open_model.h"
#include "tests/ui/support/fits.h"
#include "tests/ui/support/window_test.h"
#include "ui/circuit/circuit_page.h"
#include "ui/features/features_page.h"
#include "ui/models/models_page.h"
#include "ui/models/quality_panel.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"
#include "ui/style/theme.h"

#include <cmath>

#include <QApplication>
#include <QDir>
#include <QHeaderView>
#include <QLabel>
#include <QScreen>
#include <QTableView>
#include <QTemporaryDir>

namespace {

using Page = app::MainWindow::Page;
constexpr Page kPages[]
    = {Page::Models, Page::Prompt, Page::Features, Page::Steer, Page::Circuit, Page::Train};

class TextSizeTest : public tests::WindowTest {
protected:
    TextSizeTest()
    {
        // As the program does.
        QObject::connect(&settings, &ui::Settings::changed, &settings, [this](ui::SettingKey key) {
            if (key == ui::SettingKey::FontScale)
                ui::applyFontScale(*qApp, settings.value(key).toDouble());
        });
        ui::applyFontScale(*qApp, 1.0);
    }
    ~TextSizeTest() override
    {
        ui::applyFontScale(*qApp, 1.0);
        ui::applyTheme(*qApp, ui::Theme::Light);
    }

    void start(app::MainWindow& window, const QSize& size)
    {
        window.session()->attachEngine(engine);
        window.open(QStringLiteral("builtin"));
        window.resize(size);
        window.show();
        ASSERT_TRUE(await([&] { return window.session()->hasModel() && isIdle(window); }));
        window.selection()->setFeature({"saes/layer_2", core::FeatureId(12)});
        window.promptPage()->setPrompt(QStringLiteral("The Golden Gate Bridge is a bridge."));
        window.featuresPage()->search(QStringLiteral("golden gate"));
        window.steer({"saes/layer_1", core::FeatureId(7)});
        window.modelsPage()->quality()->evaluate(QStringLiteral("Fog rolls over the bridge."));
        ASSERT_TRUE(await([&] { return window.promptPage()->analysis() && isIdle(window); }));
    }
    static bool isIdle(app::MainWindow& window) { return !window.session()->isBusy(); }
    void scale(double to)
    {
        settings.setValue(ui::SettingKey::FontScale, to);
        settle();
    }
    static void picture(QWidget& widget, const QString& name)
    {
        const QString folder = qEnvironmentVariable("FEATURESCOPE_PICTURES");
        if (!folder.isEmpty())
            widget.grab().save(QDir(folder).filePath(name + QStringLiteral(".png")));
    }
};

TEST_F(TextSizeTest, NothingIsCutOnAnyPageAfterALiveChange)
{
    for (const QSize size : {QSize(1000, 680), QSize(1920, 1200)}) {
        app::MainWindow window(&settings);
        start(window, size);
        for (const double factor : {0.8, 1.5, 1.0}) {
            scale(factor);
            for (const bool isDark : {false, true}) {
                ui::applyTheme(*qApp, isDark ? ui::Theme::Dark : ui::Theme::Light);
                for (const Page page : kPages) {
                    window.showPage(page);
                    settle();
                    const QString name
                        = QStringLiteral("size-%1-%2-%3-%4")
                              .arg(size.width())
                              .arg(factor)
                              .arg(isDark ? QStringLiteral("dark") : QStringLiteral("light"))
                              .arg(static_cast<int>(page));
                    picture(window, name);
                    EXPECT_EQ(window.size(), size) << name.toStdString();
                    EXPECT_EQ(tests::cutOffIn(window).join(QLatin1Char('\n')).toStdString(), "")
                        << name.toStdString();
                }
            }
        }
    }
}

TEST_F(TextSizeTest, AWindowThatWasScaledIsLikeOneMadeAtThatSize)
{
    const QSize size(1920, 1200);
    const auto sizesOf = [](app::MainWindow& window) {
        const auto* table = window.findChild<QTableView*>(QStringLiteral("featureTable"));
        std::vector<int> sizes{table->verticalHeader()->defaultSectionSize(),
            window.featuresPage()->minimumSizeHint().height(),
            window.promptPage()->minimumSizeHint().height(),
            window.steerPage()->minimumSizeHint().height()};
        // The last that is shown takes what is left; Why is hidden while one browses.
        for (int column = 0; column + 2 < table->horizontalHeader()->count(); ++column)
            sizes.push_back(table->horizontalHeader()->sectionSize(column));
        return sizes;
    };
    std::vector<int> live, fresh;
    {
        app::MainWindow window(&settings);
        start(window, size);
        window.showPage(Page::Features);
        scale(1.5);
        live = sizesOf(window);
    }
    engine = std::make_shared<tests::FakeEngine>();
    app::MainWindow window(&settings);
    start(window, size);
    window.showPage(Page::Features);
    settle();
    fresh = sizesOf(window);
    ASSERT_EQ(live.size(), fresh.size());
    for (std::size_t i = 0; i < live.size(); ++i)
        EXPECT_NEAR(live[i], fresh[i], 4 + 0.08 * fresh[i]) << i;
}

TEST_F(TextSizeTest, ManyStepsUpAndDownEndWhereTheyBegan)
{
    app::MainWindow window(&settings);
    start(window, QSize(1440, 900));
    auto* table = window.findChild<QTableView*>(QStringLiteral("featureTable"));
    const auto sizes = [&] {
        return std::pair(table->verticalHeader()->defaultSectionSize(),
            window.promptPage()->minimumSizeHint().height());
    };
    const auto before = sizes();
    for (int round = 0; round < 5; ++round) {
        for (const double factor : {1.1, 1.2, 1.3, 1.4, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.9, 1.0})
            scale(factor);
    }
    EXPECT_EQ(sizes(), before);
    scale(1.5);
    EXPECT_GT(sizes().first, before.first);
}

TEST_F(TextSizeTest, DialogsStayOnTheScreenWithTheLargestText)
{
    app::MainWindow window(&settings);
    start(window, QSize(1000, 680));
    window.showPreferences();
    window.showShortcuts();
    auto* preferences = window.findChild<app::PreferencesDialog*>();
    auto* sheet = window.findChild<app::ShortcutSheet*>();
    for (const double factor : {0.8, 1.0, 1.5, 2.5}) {
        scale(factor);
        for (QWidget* dialog : {static_cast<QWidget*>(preferences), static_cast<QWidget*>(sheet)}) {
            const QString name = dialog->objectName() + QStringLiteral("-%1").arg(factor);
            picture(*dialog, name);
            EXPECT_EQ(tests::cutOffIn(*dialog).join(QLatin1Char('\n')).toStdString(), "")
                << name.toStdString();
            // The sheet of keys, at larger text than this, is larger than a small screen.
            const bool mustFit = dialog == preferences ? factor <= 1.5 : factor <= 1.0;
            if (mustFit) {
                EXPECT_TRUE(dialog->screen()->availableGeometry().contains(dialog->geometry()))
                    << name.toStdString();
            }
        }
    }
}

TEST_F(TextSizeTest, TheCheckSeesWhatIsCut)
{
    QWidget box;
    auto* label = new QLabel(QStringLiteral("Twelve letters"), &box);
    box.show();
    label->resize(label->sizeHint());
    EXPECT_TRUE(tests::cutOffIn(box).isEmpty());
    label->resize(label->sizeHint().width() / 2, label->height());
    EXPECT_EQ(tests::cutOffIn(box).size(), 1);
    label->resize(label->sizeHint().width(), label->fontMetrics().height() / 2);
    EXPECT_EQ(tests::cutOffIn(box).size(), 1);
}

} // namespace
