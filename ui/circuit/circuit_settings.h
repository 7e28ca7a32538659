#pragma once

#include "core/api/engine_state.h"
#include "core/api/estimate_trace.h"
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

class CircuitDocument;
class Notice;

/// What a graph should explain, through which dictionaries, and what it may take; below it what
/// tracing the prompt will cost, measured while one types. What is set is remembered.
class CircuitSettings : public QWidget {
    Q_OBJECT
public:
    /// Without settings nothing is remembered.
    CircuitSettings(CircuitDocument* document, Settings* settings, QWidget* parent = nullptr);

    /// "explains “Austin” · 2 GB": what differs from the defaults; empty when nothing does.
    QString summary() const;
    /// The fields as the request says. Dictionaries that are not open are left to be chosen.
    void setOptions(const core::TraceRequest& request);

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
    core::TraceRequest options() const; ///< What the fields say.
    void askForEstimate();
    void showEstimate(const core::TraceEstimate& estimate);

    CircuitDocument* m_document;
    Settings* m_settings;
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
