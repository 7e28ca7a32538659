#pragma once

#include "core/api/swap.h"

#include <memory>

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QListWidget;

namespace ui {

class CircuitDocument;
class TokenChangeTable;

/// Replace the features of one prompt by those of another, and what the model then answers.
class CircuitSwap : public QWidget {
    Q_OBJECT
public:
    explicit CircuitSwap(CircuitDocument* document, QWidget* parent = nullptr);

    void swap(const QString& donor); ///< As if the button was pressed; `shown` follows.
    QString toText() const; ///< The sentence, the probabilities and the features, to be copied.

Q_SIGNALS:
    void shown(); ///< What a swap did.

private:
    void showResult(std::shared_ptr<const core::SwapResult> result);
    void chooseFeature(int row);

    CircuitDocument* m_document;
    std::shared_ptr<const core::SwapResult> m_result;
    QLineEdit* m_donor;
    QPushButton* m_run;
    QLabel* m_sentence;
    TokenChangeTable* m_tokens;
    QListWidget* m_features;
};

/// What happened, in a sentence made of real labels and tokens only: "Texas off, California on:
/// “Austin” 0.98 → “Sacramento” 0.97".
QString swapSentence(const core::SwapResult& result);

} // namespace ui
