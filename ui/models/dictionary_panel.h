#pragma once

#include "core/api/evaluate.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <string>
#include <vector>

#include <QWidget>

class QAction;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ui {

class DictionaryTableModel;
class EmptyState;
class Notice;
class Opener;
class RefusedModel;

/// The open dictionaries: what each is, what warns against believing it, adding and closing; and
/// those that could not be opened beside them, with the reason.
class DictionaryPanel : public QWidget {
    Q_OBJECT
public:
    DictionaryPanel(Session* session, Selection* selection, Settings* settings, Opener* opener,
        QWidget* parent = nullptr);
    ~DictionaryPanel() override; ///< Remembers the widths of the columns.

    void addFolder();
    void addFiles();
    std::vector<std::string> chosen() const; ///< Selected rows, else all.
    void showQuality(const core::DictionaryQuality& quality); ///< Beside the one of its name.

Q_SIGNALS:
    void evaluateAsked(); ///< Of the chosen ones.
    void compareAsked(const std::string& left, const std::string& right);

private:
    QWidget* makeButtons();
    QWidget* makeTable();
    QWidget* makeRefused();
    void addTableActions();
    void closeChosen();
    void compareChosen();
    void refresh();
    void updateButtons();
    void updateNotes();

    Session* m_session;
    Selection* m_selection;
    Settings* m_settings;
    Opener* m_opener;
    DictionaryTableModel* m_model;
    QTableView* m_table;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QPushButton* m_reopenLast;
    QPushButton* m_addFolder;
    QPushButton* m_addFiles;
    QPushButton* m_recent;
    QPushButton* m_compare;
    QAction* m_compareAction;
    QPushButton* m_close;
    RefusedModel* m_refused;
    QTableView* m_refusedTable;
    QWidget* m_refusedBox; ///< Hidden while all were opened.
    QLabel* m_details; ///< Of the one that is chosen.
    Notice* m_warnings;
    bool m_hasWidths = false; ///< Columns have a width already, a remembered or a measured one.
};

} // namespace ui
