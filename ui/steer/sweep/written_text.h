#pragma once

#include "core/api/sweep.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace ui {

/// A whole text that a sweep wrote, with its title above and its figures below.
class WrittenTextView : public QWidget {
    Q_OBJECT
public:
    explicit WrittenTextView(const QString& accessibleName, QWidget* parent = nullptr);

    void setWritten(const QString& title, const QString& text, const QString& figures);
    void clear(const QString& title) { setWritten(title, {}, {}); }
    QString text() const;
    QString figures() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitLabels(); ///< A splitter would give them the height of one line.

    QLabel* m_title;
    QPlainTextEdit* m_text;
    QLabel* m_figures;
};

} // namespace ui
