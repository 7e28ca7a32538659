#pragma once

#include <cstdint>

#include <QFrame>
#include <QList>

class QLabel;
class QToolButton;

namespace ui {

class Session;

/// One line at the top of a page for what went wrong or must be known. Hidden until there is
/// something to say; never modal. Escape or its button closes it.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    enum class Kind : std::uint8_t { Info, Warning, Error };

    explicit MessageBar(QWidget* parent = nullptr);

    void showMessage(Kind kind, const QString& text);
    void showError(const QString& text) { showMessage(Kind::Error, text); }
    /// Shows what goes wrong with requests that have one of the tags.
    void showErrorsOf(Session* session, const QList<QLatin1String>& tags);
    void clear();
    QString text() const;
    Kind kind() const { return m_kind; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_close;
    Kind m_kind = Kind::Info;
};

} // namespace ui
