#pragma once

#include "core/api/generate.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace ui {

/// One message of a conversation: whose it is, its text, which can be edited, a button that takes
/// it out.
class TurnRow : public QWidget {
    Q_OBJECT
public:
    TurnRow(const core::ChatTurn& turn, QWidget* parent);

    void setTurn(const core::ChatTurn& turn); ///< Without a signal.

Q_SIGNALS:
    void edited(const QString& text);
    void removed();

private:
    QLabel* m_role;
    QPlainTextEdit* m_text;
};

} // namespace ui
