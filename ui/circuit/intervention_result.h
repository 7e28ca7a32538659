#pragma once

#include "core/api/intervene.h"

#include <QScrollArea>

class QLabel;
class QPushButton;

namespace ui {

class TokenChangeTable;

/// What the model says with nodes changed: the next tokens and the text before and after.
class InterventionResult : public QScrollArea {
    Q_OBJECT
public:
    explicit InterventionResult(QWidget* parent = nullptr);

    void showResult(const core::InterveneResult& result, const QString& changes);
    QString toText() const; ///< How it was run, and what came of it.
    QPushButton* copyButton() const { return m_copy; }

private:
    core::InterveneRequest m_request;
    QLabel* m_summary;
    QPushButton* m_copy;
    TokenChangeTable* m_tokens;
    QLabel* m_texts;
};

} // namespace ui
