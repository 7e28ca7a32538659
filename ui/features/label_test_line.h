#pragma once

#include "core/api/feature_card.h"
#include "core/api/label_history.h"
#include "ui/session/session.h"

#include <QWidget>

class QLabel;
class QMenu;
class QToolButton;

namespace ui {

/// How well the label of the feature on the card predicts its firing, or why there is none, and
/// what it was called before.
class LabelTestLine : public QWidget {
    Q_OBJECT
public:
    explicit LabelTestLine(Session* session, QWidget* parent = nullptr);

    void setCard(const core::FeatureCard& card);
    QString text() const;

Q_SIGNALS:
    void labelChosen(const QString& text); ///< One of the earlier ones.

private:
    void showHistory(const core::LabelHistory& history);

    Session* m_session;
    QLabel* m_text;
    QToolButton* m_history;
    QMenu* m_menu;
    core::FeatureRef m_feature;
};

} // namespace ui
