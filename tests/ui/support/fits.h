#pragma once

#include <QStringList>

class QWidget;

namespace tests {

/// What of the text that is shown now does not fit: a label, button, field, row or column header
/// that is smaller than its text needs, in `root` and everything in it that can be seen, and a
/// window that is larger than its screen. One line each, empty when all is well. Text that a page
/// shortens on purpose (with a policy to be ignored, or word wrap) counts by its height only.
QStringList cutOffIn(const QWidget& root);

} // namespace tests
