#include <cstdlib>

#include <QApplication>
#include <QStandardPaths>

#include <gtest/gtest.h>

#include "ui/shared/paste_guard.h"
#include "ui/style/theme.h"

int main(int argc, char** argv)
{
    ::testing::InitGoogleTest(&argc, argv);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("featurescope-tests"));
    QStandardPaths::setTestModeEnabled(true);
    ui::applyTheme(application, ui::Theme::Light);
    const ui::PasteGuard pasteGuard(application);
    return RUN_ALL_TESTS();
}
