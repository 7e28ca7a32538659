#pragma once

#include "core/api/feature_card.h"
#include "ui/session/session.h"

#include <map>
#include <vector>

#include <QWidget>

class QComboBox;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace ui {

class Settings;
struct ShownExample;

/// A feature's examples, interval by interval, tokens coloured by activation, with what a person
/// may choose: how much text around the peak, which interval, lines broken or not. Examples with
/// the same text are one line. Whole passages are read by the engine when they are asked for.
class ExampleList : public QWidget {
    Q_OBJECT
public:
    /// `tag` is that of its request for whole passages; lists side by side have one each. Without
    /// settings nothing is remembered.
    ExampleList(Session* session, Settings* settings, QLatin1String tag, QWidget* parent = nullptr);

    void setCard(const Shared<core::FeatureCard>& card);
    int exampleCount() const { return m_count; } ///< Lines that are shown.

Q_SIGNALS:
    void exampleChosen(const QString& text);

private:
    QWidget* makeChoices();
    void fillIntervals();
    int contextTokens() const; ///< 0: whole passages.
    void contextChosen();
    void askForWhole();
    void showExamples();
    void clear();
    void addLine(const ShownExample& shown, double maximum);
    std::vector<core::FeatureExample> examplesOf(const core::ExampleInterval& interval) const;
    bool isIntervalShown(int interval) const;

    Session* m_session;
    Settings* m_settings;
    QLatin1String m_tag;
    Shared<core::FeatureCard> m_card;
    std::map<std::int64_t, core::FeatureExample> m_whole; ///< By passage; read for this card.
    QComboBox* m_context;
    QComboBox* m_interval;
    QToolButton* m_breaks;
    QLabel* m_note;
    QWidget* m_choices;
    QVBoxLayout* m_lines;
    int m_count = 0;
};

} // namespace ui
