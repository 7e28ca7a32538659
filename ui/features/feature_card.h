#pragma once

#include "core/api/analyze.h"
#include "core/api/feature_card.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ui {

class ExampleList;
class HistogramChart;
class LogitHistogramChart;
class LabelEditor;
class LabelTestLine;
class MessageBar;
class NearFeatures;
class RelativesThatWrite;
class RisenWordsLine;
class Settings;
class TokenEffectModel;
class TokenStrip;

/// Everything known about the chosen feature; follows the selection. Labels written here can be
/// undone.
class FeatureCard : public QWidget {
    Q_OBJECT
public:
    /// Without settings nothing about it is remembered.
    FeatureCard(Session* session, Selection* selection, Settings* settings = nullptr,
        QWidget* parent = nullptr);

    const Shared<core::FeatureCard>& card() const { return m_card; } ///< Null while none is shown.
    void focusLabel();
    QString toText() const; ///< The whole card as plain text.

Q_SIGNALS:
    void steerRequested(const core::FeatureRef& feature);
    void stepRequested(int rows); ///< To another feature of the list.

private:
    QWidget* makeContent();
    QWidget* makeHeader(QWidget* parent);
    void addWays(QHBoxLayout* buttons, QWidget* parent);
    QWidget* makeEffects(QWidget* parent);
    QWidget* makeTrial(QWidget* parent);
    void follow();
    void askForLogits();
    void compareWith(const core::FeatureRef& other);
    void showCard(Shared<core::FeatureCard> card);
    void showTrial(const core::FeatureRef& feature, const Shared<core::PromptAnalysis>& analysis);
    void tryText();

    Session* m_session;
    Selection* m_selection;
    Settings* m_settings;
    Shared<core::FeatureCard> m_card;
    MessageBar* m_messages;
    QStackedWidget* m_stack;
    QWidget* m_empty;
    QLabel* m_title;
    QLabel* m_place;
    QLabel* m_badge; ///< Whether it reads or writes.
    LabelEditor* m_label;
    LabelTestLine* m_labelTest;
    QPushButton* m_steer;
    RelativesThatWrite* m_relatives;
    RisenWordsLine* m_risen;
    QLabel* m_numbers;
    HistogramChart* m_histogram;
    QLabel* m_notHarvested;
    TokenEffectModel* m_positive;
    TokenEffectModel* m_negative;
    QWidget* m_effects;
    QTableView* m_positiveTable;
    QTableView* m_negativeTable;
    QLabel* m_raised; ///< What it raises where it fires.
    QLineEdit* m_trialText;
    TokenStrip* m_trialStrip;
    QLabel* m_trialNote;
    QLabel* m_examplesTitle;
    ExampleList* m_examples;
    LogitHistogramChart* m_logits;
    NearFeatures* m_near;
};

} // namespace ui
