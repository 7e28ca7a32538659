#pragma once

#include <vector>

#include <QWidget>

namespace ui {

/// How many features fire how often: a bar for each half decade of density (share of tokens where a
/// feature is active), from below one in a million to every token. Hovering or the table says the
/// counts; the context menu copies them.
class DensityChart : public QWidget {
    Q_OBJECT
public:
    explicit DensityChart(QWidget* parent = nullptr);

    /// The first bin is everything below 10^-6, the others are half decades up to 1.
    void setHistogram(std::vector<double> counts);
    QString describeBin(int bin) const;
    QString toTable() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    QRect plot() const;
    int binAt(const QPoint& at) const; ///< -1 outside.

    std::vector<double> m_counts;
};

} // namespace ui
