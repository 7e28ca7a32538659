#pragma once

#include "core/api/list_features.h"
#include "core/api/session.h"
#include "core/api/suggest_labels.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <functional>
#include <vector>

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QMenu;
class QTableView;
class QToolButton;

namespace ui {

class EmptyState;
class FeatureTableModel;
class FeatureMapPanel;
class MessageBar;
class SavedLists;
class Settings;
class TextQuery;

/// Browse every feature of the open dictionaries, or find one by concept. The table follows and
/// sets the selection; sorting and filtering happen in the engine.
class FeaturesPage : public QWidget {
    Q_OBJECT
public:
    /// Without settings the comparison of two features remembers nothing.
    FeaturesPage(Session* session, Selection* selection, Settings* settings = nullptr,
        QWidget* parent = nullptr);

    void search(const QString& concept_); ///< As if typed and Enter pressed.
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session);
    core::FeatureQuery query() const;
    FeatureTableModel* model() const { return m_model; }
    void focusSearch();
    void chooseRow(int row);
    void chooseDictionary(const std::string& name); ///< Its features alone, without a search.
    /// The feature so many rows further down in the list; at its ends nothing happens.
    void step(int rows);
    SavedLists* lists() const { return m_lists; }

Q_SIGNALS:
    void steerRequested(const core::FeatureRef& feature);
    void cardRequested(); ///< Of the chosen feature.
    void rankRequested(const QString& concept_); ///< By what features make the model write.
    void trainRequested(); ///< There is no dictionary: to make one.
    void harvestRequested(); ///< There is nothing to draw a map of.

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

Q_SIGNALS:
    void changed(); ///< Something that save() writes.

private:
    QWidget* makeLists(QWidget* parent);
    QToolButton* makeTextSwitch(QWidget* parent);
    QToolButton* makeMapSwitch();
    bool isOnText() const; ///< The list is of what fires on a text.
    bool isSearching() const; ///< The list is of what was found, by a concept or on a text.
    void showFound(const Shared<core::FeatureList>& list);
    void showArea(const std::vector<core::FeatureRef>& features);
    void makeMenu();
    void fillMenu();
    void fillListMenu();
    QToolButton* makeLabelTools(QWidget* parent);
    void showSuggested(const Shared<core::LabelSuggestions>& made);
    void showLists();
    void goToTable();
    void layOutColumns(bool isSearch);
    std::vector<core::FeatureRef> chosenFeatures() const; ///< Rows in their order.
    void bookmark();
    void compareChosen();
    void copyText(const QString& text);
    void askForText(
        const QString& title, const QString& text, std::function<void(const QString&)> then);
    void exportList();
    QWidget* makeFilters();
    void makeTable();
    void refresh();
    void refreshDictionaries();
    static void chooseWanted(QComboBox* box, QString& wanted); ///< Once it is there.
    void showList(const Shared<core::FeatureList>& list);
    void followSelection();
    void rowChosen();
    void copyRows();
    void updateEmptyState();
    static QString hiddenText(const core::FeatureList& list);
    QString countText(const core::FeatureList& list) const;

    Session* m_session;
    Selection* m_selection;
    Settings* m_settings;
    FeatureTableModel* m_model;
    MessageBar* m_messages;
    QLineEdit* m_search;
    QComboBox* m_dictionary;
    QDoubleSpinBox* m_minDensity;
    QDoubleSpinBox* m_maxDensity;
    QDoubleSpinBox* m_minOutputScore;
    QCheckBox* m_labelled;
    QCheckBox* m_hideDead;
    QCheckBox* m_hideEverywhere;
    QLabel* m_count;
    QPushButton* m_rank;
    QToolButton* m_onText; ///< Shows the fields of `m_texts` in place of the search.
    TextQuery* m_texts;
    QToolButton* m_showMap;
    FeatureMapPanel* m_map;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QPushButton* m_train; ///< Of the empty state, while no dictionary is open.
    QTableView* m_table;
    SavedLists* m_lists;
    QComboBox* m_list;
    QMenu* m_menu; ///< Of the chosen rows.
    QTimer m_delay;
    /// Of a restored session, until they are there: dictionaries and lists arrive later.
    QString m_wantedDictionary, m_wantedList;
    core::FeatureQuery m_told; ///< What changed() was last about.
    /// Of all features, and of what a search found.
    core::FeatureSort m_sort = core::FeatureSort::MaxActivation,
                      m_searchSort = core::FeatureSort::Match;
    bool m_isDescending = true, m_isSearchDescending = true;
    std::string m_shownText; ///< The search whose hits are shown.
    bool m_isSearchLaidOut = false;
    bool m_goesToTable = false; ///< Once the hits are there.
};

} // namespace ui
