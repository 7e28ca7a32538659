#pragma once

#include "ui/shared/message_bar.h"

#include <QFrame>

class QLabel;

namespace ui {

/// One message of a MessageBar: how it is meant (by an icon and a colour), its words, a button that
/// closes it.
class MessageRow : public QFrame {
    Q_OBJECT
public:
    MessageRow(MessageBar::Kind kind, const QString& text, const QString& cause, QWidget* parent);

    MessageBar::Kind kind() const { return m_kind; }
    QString text() const;
    const QString& cause() const { return m_cause; }

Q_SIGNALS:
    void closed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void showIcon();

    const MessageBar::Kind m_kind;
    const QString m_cause;
    QLabel* m_icon;
    QLabel* m_text;
};

} // namespace ui
