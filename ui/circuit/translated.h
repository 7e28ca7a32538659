#pragma once

#include <QCoreApplication>
#include <QString>

namespace ui {

/// `tr` for functions that belong to no class of this room.
inline QString translated(const char* text, int n = -1)
{
    return QCoreApplication::translate("Circuit", text, nullptr, n);
}

} // namespace ui
