#include "ui/steer/sweep/study_window.h"

#include "ui/style/metrics.h"

#include <QKeyEvent>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

StudyWindow::StudyWindow(const QString& title, QWidget* panel, QWidget* parent)
    : QWidget(parent, Qt::Window)
{
    setWindowTitle(title);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(panel);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(scroll);
    // It belongs to the window it came from, and leaves the edges of that in sight where there is
    // room.
    const QSize whole = parent->window()->size();
    resize((whole * 9 / 10).expandedTo({ex(this) * 150, em(this) * 48}).boundedTo(whole));
}

void StudyWindow::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        close();
    else
        QWidget::keyPressEvent(event);
}

} // namespace ui
