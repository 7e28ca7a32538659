#pragma once

#include "core/api/writing_relatives.h"
#include "ui/session/session.h"

#include <QWidget>

class QLabel;
class QMenu;
class QPushButton;

namespace ui {

/// Shown where a person is about to steer with a feature that recognises something but hardly moves
/// what the model says: says so, and on a click lists the features most like it that do, to steer
/// with one of them. Hidden for all others.
class RelativesThatWrite : public QWidget {
    Q_OBJECT
public:
    explicit RelativesThatWrite(Session* session, QWidget* parent = nullptr);

    void setFeature(const core::FeatureRow& row);

Q_SIGNALS:
    void steerRequested(const core::FeatureRef& feature);

private:
    void look();
    void showRelatives(const core::WritingRelatives& found);

    Session* m_session;
    core::FeatureRef m_feature;
    QLabel* m_sentence;
    QPushButton* m_button;
    QMenu* m_menu;
};

} // namespace ui
