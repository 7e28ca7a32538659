#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace ui {

/// What a page shows when it has nothing yet: what belongs here and how to get it.
class EmptyState : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(const QString& title, const QString& hint, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setHint(const QString& hint);
    QPushButton* addAction(const QString& text); ///< A button below the hint.

private:
    QLabel* m_title;
    QLabel* m_hint;
};

} // namespace ui
