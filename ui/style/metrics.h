#pragma once

class QLayout;
class QWidget;
class QLabel;

/// Sizes from the font, never from pixels, so that every scale looks the same; and how long to
/// wait.
namespace ui {

/// From the last key to the use of what was typed.
inline constexpr int kTypingDelayMs = 300;
/// Where each key press takes the place of the one before at once: just enough to gather a burst.
inline constexpr int kSearchDelayMs = 40;

int em(const QWidget* widget); ///< Height of a line.
int ex(const QWidget* widget); ///< Width of an average character.
int gap(const QWidget* widget); ///< Between things that belong together: a quarter line.
int pad(const QWidget* widget); ///< Between groups and at edges: half a line.

/// Margins of pad and spacing of gap.
void setPagePadding(QLayout* layout, const QWidget* widget);

/// Bold and larger; `level` 1 is a page's title, 2 a group's.
void makeHeading(QLabel* label, int level);
/// Lines break where they must. A word that is longer than the line (a path, what somebody typed)
/// is cut there instead of making its window as wide as itself.
void wrapLines(QLabel* label);
/// Secondary text: follows the palette's placeholder colour when the theme changes.
void makeSubtle(QLabel* label);

} // namespace ui
