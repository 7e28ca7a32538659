#pragma once

#include "core/api/swap.h"

#include <memory>

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;
class QListWidget;

namespace ui {

class TokenChangeModel;

/// Replace the features of one prompt by those of another, and what the model then answers.
class CircuitSwap : public QWidget {
    Q_OBJECT
public:
    explicit CircuitSwap(QWidget* parent = nullptr);

    void setDonor(const QString& text);
    QString donor() const;
    void setBusy(bool isBusy);
    void showResult(std::shared_ptr<const core::SwapResult> result);
    QString toText() const; ///< The sentence, the probabilities and the features, to be copied.

Q_SIGNALS:
    void swapRequested();
    void featureChosen(const core::FeatureRef& feature);

private:
    void copy() const;

    std::shared_ptr<const core::SwapResult> m_result;
    QLineEdit* m_donor;
    QPushButton* m_run;
    QLabel* m_sentence;
    TokenChangeModel* m_tokens;
    QTableView* m_tokenTable;
    QListWidget* m_features;
};

/// What happened, in a sentence made of real labels and tokens only: "Texas off, California on:
/// “Austin” 0.98 → “Sacramento” 0.97".
QString swapSentence(const core::SwapResult& result);

} // namespace ui
