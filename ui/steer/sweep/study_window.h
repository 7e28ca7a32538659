#pragma once

#include <QWidget>

namespace ui {

/// A window around a panel, which scrolls where it needs more room than there is. Escape closes it.
/// Not a dialog: those press a button of their own choice on Enter, which here takes a cell.
class StudyWindow : public QWidget {
    Q_OBJECT
public:
    StudyWindow(const QString& title, QWidget* panel, QWidget* parent);

protected:
    void keyPressEvent(QKeyEvent* event) override;
};

} // namespace ui
