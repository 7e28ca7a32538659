#pragma once

#include "core/api/feature_card.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QTableView;

namespace ui {

class NearFeatureModel;

/// Features that are like the one on the card, by what they write (in its dictionary or in the
/// others that are open) or by where they fire. A click goes to one; Compare sets it beside.
class NearFeatures : public QWidget {
    Q_OBJECT
public:
    NearFeatures(Session* session, Selection* selection, QWidget* parent = nullptr);

    void setCard(const Shared<core::FeatureCard>& card);

Q_SIGNALS:
    void compareRequested(const core::FeatureRef& with);

private:
    void showNear();
    void askElsewhere();
    void showRows(std::vector<core::NearFeature> rows, const QString& note);

    Session* m_session;
    Selection* m_selection;
    Shared<core::FeatureCard> m_card;
    QComboBox* m_by;
    NearFeatureModel* m_model;
    QTableView* m_table;
    QLabel* m_note;
};

} // namespace ui
