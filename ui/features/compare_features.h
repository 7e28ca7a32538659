#pragma once

#include "core/api/feature_card.h"
#include "ui/session/session.h"

#include <QDialog>

class QGridLayout;
class QLabel;

namespace ui {

/// Two features side by side: label, statistics, promoted and suppressed tokens, strongest example,
/// and how alike their decoder directions are where one of them is near the other.
class CompareFeatures : public QDialog {
    Q_OBJECT
public:
    CompareFeatures(Session* session, const core::FeatureRef& left, const core::FeatureRef& right,
        QWidget* parent = nullptr);

    QString toText() const; ///< As a table, parted by tabs.

private:
    void ask(int side, const core::FeatureRef& feature);
    void show(int side, const Shared<core::FeatureCard>& card);
    void showCosine();

    Session* m_session;
    QGridLayout* m_grid;
    QLabel* m_cosine;
    Shared<core::FeatureCard> m_cards[2];
    QLabel* m_cells[2][7]{};
};

} // namespace ui
