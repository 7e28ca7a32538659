#pragma once

#include "core/api/feature_card.h"

#include <QWidget>

class QVBoxLayout;

namespace ui {

/// A feature's examples, interval by interval, tokens coloured by activation. A click puts an
/// example's text where it can be tried.
class ExampleList : public QWidget {
    Q_OBJECT
public:
    explicit ExampleList(QWidget* parent = nullptr);

    void setIntervals(const std::vector<core::ExampleInterval>& intervals, double maximum);
    int exampleCount() const { return m_count; }

Q_SIGNALS:
    void exampleChosen(const QString& text);

private:
    void clear();

    QVBoxLayout* m_layout;
    int m_count = 0;
};

} // namespace ui
