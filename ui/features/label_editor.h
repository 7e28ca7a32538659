#pragma once

#include "core/api/label.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace ui {

/// A feature's name and notes. What is typed is handed on half a second after the last key and when
/// the field is left, so that a crash loses nothing.
class LabelEditor : public QWidget {
    Q_OBJECT
public:
    explicit LabelEditor(QWidget* parent = nullptr);

    /// Does not disturb a field that is being typed into, unless the feature is another one.
    void setLabel(const core::Label& label, bool isAnotherFeature);
    const core::Label& label() const { return m_label; }
    void commit(); ///< Hands on what is still waiting.

Q_SIGNALS:
    /// `edit` is the same number for one stretch of typing.
    void labelEdited(const core::Label& before, const core::Label& after, int edit);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void display(const core::Label& label);

    QLineEdit* m_text;
    QPlainTextEdit* m_notes;
    QLabel* m_badge;
    QTimer m_timer;
    core::Label m_label;
    int m_edit = 0;
    bool m_isDirty = false;
};

} // namespace ui
