#pragma once

#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <string>
#include <vector>

#include <QTimer>
#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QSpinBox;

namespace ui {

class Notice;

/// What a graph should explain, through which dictionaries, and what it may take; below it what
/// tracing the prompt will cost, measured while one types. What is set is remembered.
class CircuitSettings : public QWidget {
    Q_OBJECT
public:
    CircuitSettings(Session* session, Settings* settings, QWidget* parent = nullptr);

    /// Of `prompt`, all but the thresholds.
    core::TraceRequest request(const QString& prompt) const;
    void setPrompt(const QString& prompt); ///< Of the estimate.
    void setTargets(const QString& targets); ///< As a person writes them, parted by commas.
    /// "explains “Austin” · 2 GB": what differs from the defaults; empty when nothing does.
    QString summary() const;

Q_SIGNALS:
    void changed();

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct DictionarySet {
        QString name;
        std::vector<std::string> dictionaries;
    };
    std::vector<DictionarySet> setsOf(const core::EngineState& state) const;
    void makeFields();
    void layOut();
    void refreshDictionaries();
    void edited();
    void sendEstimate();
    void showEstimate(const core::TraceEstimate& estimate);

    Session* m_session;
    Settings* m_settings;
    QString m_prompt;
    std::vector<DictionarySet> m_sets;
    QTimer m_typing; ///< An estimate costs a forward pass: it waits for a pause.

    QLineEdit* m_targets;
    QSpinBox* m_logits;
    QDoubleSpinBox* m_probability;
    QSpinBox* m_features;
    QDoubleSpinBox* m_memory;
    QComboBox* m_dictionaries;
    Notice* m_estimate;
};

} // namespace ui
