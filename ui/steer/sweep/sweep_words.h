#pragma once

#include <QCoreApplication>
#include <QString>

namespace ui {

/// `tr` for what belongs to no class.
inline QString sweepTr(const char* text)
{
    return QCoreApplication::translate("ui::Sweep", text);
}

} // namespace ui
