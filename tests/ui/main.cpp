#include <cstdlib>
#include <string_view>

#include <QApplication>
#include <QStandardPaths>

#include <gtest/gtest.h>

#include "tests/ui/app/killed_work.h"
#include "ui/shared/paste_guard.h"
#include "ui/shared/wheel_guard.h"
#include "ui/style/theme.h"

int main(int argc, char** argv)
{
    ::testing::InitGoogleTest(&argc, argv);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    if (argc > 1 && std::string_view(argv[1]) == "--work-until-killed")
        return tests::workUntilKilled(argc, argv);
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("featurescope-tests"));
    QStandardPaths::setTestModeEnabled(true);
    ui::applyTheme(application, ui::Theme::Light);
    const ui::PasteGuard pasteGuard(application);
    const ui::WheelGuard wheelGuard(application);
    return RUN_ALL_TESTS();
}
