#pragma once

#include <optional>
#include <vector>

#include <QString>

namespace ui {

/// "0, 2-4" as 0, 2, 3, 4; "all" or nothing as none, which means every layer. Nothing where it
/// cannot be read.
std::optional<std::vector<int>> layersOf(const QString& text);
QString layersText(const std::vector<int>& layers);

} // namespace ui
