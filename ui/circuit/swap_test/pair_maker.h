#pragma once

#include "core/api/swap_test.h"

#include <vector>

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

/// Makes pairs for the swap test from a sentence with a gap and what may fill it.
class PairMaker : public QWidget {
    Q_OBJECT
public:
    explicit PairMaker(QWidget* parent = nullptr);

Q_SIGNALS:
    void made(const std::vector<core::SwapPair>& pairs);

private:
    std::vector<core::SwapPair> pairs() const;
    void emitPairs();
    void updateCount();

    QLineEdit* m_sentence;
    QLineEdit* m_fillers;
    QLabel* m_count;
    QPushButton* m_make;
};

} // namespace ui
