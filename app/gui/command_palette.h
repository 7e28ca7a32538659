#pragma once

#include <functional>
#include <vector>

#include <QDialog>

class QLineEdit;
class QListWidget;

namespace app {

/// Ctrl+K: one box that finds a concept, a feature, a page or a command. Enter does the first;
/// arrows choose.
class CommandPalette : public QDialog {
    Q_OBJECT
public:
    struct Entry {
        QString text;
        QString note; ///< Kind or shortcut, shown after the text.
        std::function<void()> run;
    };
    /// Entries that depend on what was typed, put before the fixed ones.
    using Suggest = std::function<std::vector<Entry>(const QString& typed)>;

    CommandPalette(std::vector<Entry> fixed, Suggest suggest, QWidget* parent);

    int count() const;
    QString textAt(int row) const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    void runCurrent();

    std::vector<Entry> m_fixed;
    Suggest m_suggest;
    std::vector<Entry> m_shown;
    QLineEdit* m_input;
    QListWidget* m_list;
};

} // namespace app
