#pragma once

#include <functional>

#include <QMenu>
#include <QStringList>

namespace ui {

/// Paths opened before, newest first, numbered for the keyboard. What is not there any more is grey
/// and says so. Reads the list each time it is shown.
class RecentMenu : public QMenu {
    Q_OBJECT
public:
    RecentMenu(const QString& title, std::function<QStringList()> list, QWidget* parent = nullptr);

    /// A last line that opens all of the list at once.
    void offerAll(const QString& text) { m_allText = text; }

Q_SIGNALS:
    void chosen(const QStringList& paths);

private:
    void rebuild();

    std::function<QStringList()> m_list;
    QString m_allText;
};

} // namespace ui
