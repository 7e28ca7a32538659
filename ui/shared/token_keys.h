#pragma once

#include <optional>

namespace ui {

/// Which of `count` tokens in a row a key leads to: arrows to a neighbour, Home and End to the
/// ends; nothing for other keys. Where none is chosen (`current` = -1) the right arrow begins at
/// the first, the left one at `leftBegins`. May be outside the row, where there is nothing to
/// choose.
std::optional<int> tokenForKey(int key, int current, int count, int leftBegins);

} // namespace ui
