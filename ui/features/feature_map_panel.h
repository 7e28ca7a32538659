#pragma once

#include "core/api/feature_map.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <string>
#include <vector>

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace ui {

class EmptyState;
class FeatureMapView;
class JobProgress;

/// The map of the open dictionaries' features with what it is coloured by; before there is one, how
/// to get it. Follows and sets the selection.
class FeatureMapPanel : public QWidget {
    Q_OBJECT
public:
    FeatureMapPanel(Session* session, Selection* selection, QWidget* parent = nullptr);

    /// Nothing is asked for while it is not shown.
    void setShown(bool isShown);
    void setDictionaries(const std::vector<std::string>& names); ///< Empty: all open ones.
    void setHits(const std::vector<core::FeatureRef>& hits); ///< Of a search.

Q_SIGNALS:
    void areaChosen(const std::vector<core::FeatureRef>& features);
    void cardRequested(); ///< Of the feature that was clicked.
    void harvestRequested();

private:
    QWidget* makeContent();
    void refresh();
    void showMap(const Shared<core::FeatureMap>& map);
    void showEmpty();
    void makeMap();
    void tellCurrent();

    Session* m_session;
    Selection* m_selection;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QPushButton* m_make;
    JobProgress* m_progress;
    QComboBox* m_color;
    QLabel* m_note;
    FeatureMapView* m_view;
    std::vector<std::string> m_dictionaries;
    std::vector<core::FeatureRef> m_hits;
    bool m_isShown = false;
    bool m_isStale = true; ///< What is shown may be of another harvest.
};

} // namespace ui
