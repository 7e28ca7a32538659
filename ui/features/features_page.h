#pragma once

#include "core/api/list_features.h"
#include "core/api/session.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QStackedWidget;
class QTableView;

namespace ui {

class EmptyState;
class FeatureTableModel;
class MessageBar;

/// Browse every feature of the open dictionaries, or find one by concept. The table follows and
/// sets the selection; sorting and filtering happen in the engine.
class FeaturesPage : public QWidget {
    Q_OBJECT
public:
    FeaturesPage(Session* session, Selection* selection, QWidget* parent = nullptr);

    void search(const QString& concept_); ///< As if typed and Enter pressed.
    void save(core::SavedSession& session) const { session.search = query(); }
    void restore(const core::SavedSession& session);
    core::FeatureQuery query() const;
    FeatureTableModel* model() const { return m_model; }
    void focusSearch();
    void chooseRow(int row);

Q_SIGNALS:
    void changed(); ///< Something that save() writes.

private:
    QWidget* makeFilters();
    void makeTable();
    void refresh();
    void refreshDictionaries();
    void showList(const Shared<core::FeatureList>& list);
    void followSelection();
    void rowChosen();
    void copyRows();
    void updateEmptyState();

    Session* m_session;
    Selection* m_selection;
    FeatureTableModel* m_model;
    MessageBar* m_messages;
    QLineEdit* m_search;
    QComboBox* m_dictionary;
    QDoubleSpinBox* m_minDensity;
    QDoubleSpinBox* m_maxDensity;
    QCheckBox* m_labelled;
    QCheckBox* m_hideDead;
    QLabel* m_count;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QTableView* m_table;
    QTimer m_delay;
    core::FeatureQuery m_told; ///< What changed() was last about.
    core::FeatureSort m_sort = core::FeatureSort::MaxActivation;
    bool m_isDescending = true;
};

} // namespace ui
