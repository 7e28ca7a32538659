#pragma once

#include "core/api/risen_words.h"
#include "ui/session/session.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace ui {

/// On a click: what the model says more often when the feature of the card is held up. Hidden for
/// features that never fired, of which no strength is known.
class RisenWordsLine : public QWidget {
    Q_OBJECT
public:
    explicit RisenWordsLine(Session* session, QWidget* parent = nullptr);

    void setFeature(const core::FeatureRow& row);

private:
    void ask();
    void showWords(const core::RisenWords& risen);

    Session* m_session;
    core::FeatureRef m_feature;
    QPushButton* m_button;
    QLabel* m_words;
};

} // namespace ui
