#pragma once

#include <cstdint>

#include <QPalette>
#include <QString>

class QApplication;

namespace ui {

enum class Theme : std::uint8_t { System, Light, Dark };

/// "light", "dark"; anything else follows the desktop.
Theme themeFromName(const QString& name);

/// Fusion with one of two palettes of our own. The first call remembers what the desktop asked for.
void applyTheme(QApplication& application, Theme theme);
/// Multiplies the desktop's own font size; every size in the windows that are open follows.
void applyFontScale(QApplication& application, double scale);

/// Decided from the palette, so that it also works for a widget with a palette of its own.
bool isDark(const QPalette& palette);

QPalette lightPalette();
QPalette darkPalette();

/// Colours that a QPalette has no role for; each readable on that palette's window and base.
struct SemanticColors {
    QColor error, warning, good;
    QColor errorBackground, warningBackground;
    QColor subtle; ///< Secondary text; 4.5 : 1 on the base.
    QColor grid; ///< Lines that part things.
};
SemanticColors semanticColors(const QPalette& palette);

} // namespace ui
