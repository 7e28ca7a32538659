#pragma once

#include <functional>
#include <vector>

#include <QDialog>
#include <QTimer>

class QLineEdit;
class QListWidget;

namespace app {

/// Ctrl+K: one box that runs a command and finds a page, a concept or a feature. Commands come
/// first, those whose words begin with what was typed before the others; then what the words may
/// mean; then the features that were found while typing. Enter does the first; arrows choose.
class CommandPalette : public QDialog {
    Q_OBJECT
public:
    struct Entry {
        QString text;
        QString note; ///< Kind or shortcut, shown after the text.
        std::function<void()> run;
    };
    /// Entries that depend on what was typed, put behind the fixed ones.
    using Suggest = std::function<std::vector<Entry>(const QString& typed)>;

    CommandPalette(std::vector<Entry> fixed, Suggest suggest, QWidget* parent);

    /// What was found about `typed`; comes last, and not at all when something else is typed now.
    void addFound(const QString& typed, std::vector<Entry> found);

    int count() const;
    QString textAt(int row) const;

Q_SIGNALS:
    void typed(const QString& typed); ///< Once typing rests; never empty.

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    void runCurrent();
    void addLine(const Entry& entry);

    std::vector<Entry> m_fixed;
    Suggest m_suggest;
    std::vector<Entry> m_shown;
    QLineEdit* m_input;
    QListWidget* m_list;
    QTimer m_rest; ///< Runs while someone types.
};

} // namespace app
