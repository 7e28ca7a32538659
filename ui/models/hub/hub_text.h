#pragma once

#include <QCoreApplication>

namespace ui {

/// What the hub's functions say to people; objects have their own tr().
inline QString hubText(const char* text)
{
    return QCoreApplication::translate("ui::Hub", text);
}

} // namespace ui
