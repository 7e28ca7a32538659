#pragma once

#include "ui/train/curve.h"

#include <cstdint>
#include <vector>

#include <QChartView>

class QLineSeries;
class QScatterSeries;
class QValueAxis;

namespace ui {

/// Dictionaries as points: how many features fire on a token against how well it is rebuilt, or
/// against the CE score. On held-out text where that was measured, else on the batches. Those of
/// one sweep hang on one line as far as they were measured at the same share of their run; those
/// that lag behind, which no line may join, are grey. A click tells which one a point is.
class FrontChart : public QChartView {
    Q_OBJECT
public:
    enum class Against : std::uint8_t { Fvu, CeScore };

    explicit FrontChart(Against against, QWidget* parent = nullptr);

    void setCurves(const std::vector<Curve>& curves);
    void setChosen(const QString& name); ///< Of a curve; its point is ringed.
    int points() const { return static_cast<int>(m_points.size()); }
    /// The nearest point, where it is near; empty for none. In the view's pixels.
    QString nameAt(const QPoint& point) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(const QString& name);

protected:
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    struct Point {
        QString name, label, text; ///< "k 16"; what a tooltip says.
        QString sweep; ///< The same for those that one line may join.
        int color = 0;
        QPointF at;
        double share = 0; ///< Of the run, when it was measured.
        bool isHeldOut = false, isBehind = false;
    };
    void markBehind();
    void redraw();

    Against m_against;
    std::vector<Point> m_points;
    QString m_chosen;
    QValueAxis* m_l0;
    QValueAxis* m_values;
};

/// "sweep-1 layer_2_k_16: L0 16.2, FVU 0.131, CE score 0.97 on 2,048 held-out tokens"
QString frontText(const Curve& curve);

} // namespace ui
