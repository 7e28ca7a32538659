#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

namespace app {

/// What the command line asks for.
struct Options {
    QString open; ///< A model folder or a graph's JSON; empty = the built-in model.
    QString tourFolder; ///< Not empty: drive the window, write pictures, leave.
    QSize tourSize{1440, 900}; ///< Of the window in the pictures.
    double tourTextSize = 1.0; ///< As in the preferences.
    QString exportGraph, exportPicture; ///< Not empty: draw a graph to a file without a window.
    double exportScale = 1.0;
    QString error; ///< Not empty: the line made no sense; says why.
    bool isHeadless() const { return !exportGraph.isEmpty(); }
};

/// Reads the line; prints help or version and ends the program where that is asked for.
Options parseOptions(const QStringList& arguments);

} // namespace app
