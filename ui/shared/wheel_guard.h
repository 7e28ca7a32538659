#pragma once

#include <QObject>

class QApplication;

namespace ui {

/// Scrolling a page never changes the setting that passes under the pointer, in the whole program:
/// spin boxes, combo boxes and sliders inside a scroll area turn with the wheel only while they
/// have the focus, and the wheel does not give it to them, as Qt would.
class WheelGuard : public QObject {
public:
    explicit WheelGuard(QApplication& application);

    bool eventFilter(QObject* object, QEvent* event) override;
};

} // namespace ui
