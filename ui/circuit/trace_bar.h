#pragma once

#include <QWidget>

class QLineEdit;
class QPushButton;
class QToolButton;

namespace ui {

class CircuitDocument;
class CircuitSettings;
class PromptLine;
class Settings;

/// The prompt to trace, what of it to explain, and how far tracing is.
class TraceBar : public QWidget {
    Q_OBJECT
public:
    TraceBar(CircuitDocument* document, Settings* settings, QWidget* parent = nullptr);

private:
    QWidget* makeRow();
    bool isTracing() const;
    void traceOrStop();
    void updateButtons();
    void updateStale();

    CircuitDocument* m_document;
    QLineEdit* m_prompt;
    PromptLine* m_line;
    QToolButton* m_explain;
    QPushButton* m_trace;
    CircuitSettings* m_settings;
};

} // namespace ui
