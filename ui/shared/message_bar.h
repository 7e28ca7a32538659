#pragma once

#include <cstdint>
#include <vector>

#include <QList>
#include <QPointer>
#include <QScrollArea>

class QShortcut;
class QVBoxLayout;

namespace ui {

class MessageRow;
class Session;

/// What went wrong or must be known. Lies over the lower edge of its page, in no layout: nothing
/// moves when a message comes or goes. Several stand one below the other, the newest last, and are
/// scrolled to beyond half of the page; each has its button, and Escape anywhere on the page closes
/// the newest. Hidden while there is nothing to say; never modal.
///
/// A message leaves with its cause: a newer one of the same cause takes its place, and `dismiss`
/// takes it away.
class MessageBar : public QScrollArea {
    Q_OBJECT
public:
    enum class Kind : std::uint8_t { Info, Warning, Error };

    explicit MessageBar(QWidget* parent = nullptr);

    /// Keeps to this part of the page, so that the controls beside it stay free.
    void lieOver(QWidget* part);

    void showMessage(Kind kind, const QString& text, const QString& cause = {});
    void showError(const QString& text) { showMessage(Kind::Error, text); }
    /// Shows what goes wrong with requests that have one of the tags, until they are asked again.
    void showErrorsOf(Session* session, const QList<QLatin1String>& tags);
    void dismiss(const QString& cause);
    void clear();
    QString text() const; ///< Of all messages, a line each.
    Kind kind() const; ///< Of the newest.

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void closeNewest();
    void remove(MessageRow* row);
    void showRows();
    void place();

    std::vector<MessageRow*> m_rows; ///< Oldest first.
    QVBoxLayout* m_column;
    QPointer<QWidget> m_part;
    QShortcut* m_escape = nullptr; ///< Of the page; null without one.
};

} // namespace ui
