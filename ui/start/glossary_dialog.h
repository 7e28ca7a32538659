#pragma once

#include <QDialog>

class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace ui {

/// The glossary, to be searched; stays open beside the work. The search looks at words and
/// meanings.
class GlossaryDialog : public QDialog {
    Q_OBJECT
public:
    explicit GlossaryDialog(QWidget* parent = nullptr);

    /// Chooses the entry that `text` speaks of, if any does; F1 on a control.
    void explain(const QString& text);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitRows();

    QLineEdit* m_search;
    QSortFilterProxyModel* m_found;
    QTableView* m_table;
};

} // namespace ui
