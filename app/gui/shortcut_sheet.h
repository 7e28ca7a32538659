#pragma once

#include <QDialog>

class QMainWindow;
class QStandardItemModel;

namespace app {

/// Ctrl+/: every key that does something in the window, read from the actions, buttons and
/// shortcuts that are there, so that it cannot say what is not so. A box narrows it down.
class ShortcutSheet : public QDialog {
    Q_OBJECT
public:
    ShortcutSheet(const QMainWindow& window, QWidget* parent);

private:
    void read(const QMainWindow& window);

    QStandardItemModel* m_model; ///< Columns: what it does, keys, where.
};

} // namespace app
