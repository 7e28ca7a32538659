#pragma once

#include <QWidget>

namespace ui {

/// The legend below the grid of a sweep.
class SweepLegend : public QWidget {
    Q_OBJECT
public:
    explicit SweepLegend(QWidget* parent = nullptr);

    void setLargest(double onTopic); ///< Where the colours end.
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double m_largest = 1.0;
};

} // namespace ui
