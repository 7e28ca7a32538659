#pragma once

#include <vector>

#include <QRectF>
#include <QString>
#include <QWidget>

namespace tests {

/// A piece of text as it reached the paint device, with the line box it takes there.
struct PaintedText {
    QString text;
    QRectF box;
};

/// Everything a widget writes when it is painted, whatever its own code thinks of where that is.
std::vector<PaintedText> paintedText(QWidget& widget);

} // namespace tests
