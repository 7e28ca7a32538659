#pragma once

#include "ui/features/map_points.h"

#include <optional>

#include <QWidget>

namespace ui {

/// The map of features, painted: from far away a density, from near points. The wheel, + and -
/// zoom, dragging and arrows pan, 0 shows all; a click or Enter takes the feature under the mouse
/// or nearest to the middle; dragging with Shift chooses an area.
class FeatureMapView : public QWidget {
    Q_OBJECT
public:
    explicit FeatureMapView(QWidget* parent = nullptr);

    void setPoints(MapPoints points);
    const MapPoints& points() const { return m_points; }
    void setColor(MapColor by);
    MapColor color() const { return m_by; }
    void setHits(const std::vector<core::FeatureRef>& hits);
    void setChosen(const std::optional<core::FeatureRef>& feature);
    /// What is said about the point under the mouse or in the middle: its feature's name and label.
    void setText(const core::FeatureRef& feature, const QString& text);
    void showAll();
    void zoom(double factor, const QPointF& around); ///< `around`: stays where it is.
    QRectF area() const { return m_area; } ///< What is in view, in the map's units.
    QPointF placeOf(std::size_t point) const; ///< In the widget.
    /// The point that is told about: under the mouse, or with the keyboard nearest to the middle.
    std::int64_t current() const { return m_current; }
    bool drawsPoints() const; ///< Few enough are in view.

    QSize sizeHint() const override;

Q_SIGNALS:
    void currentChanged(); ///< Read current().
    void featureChosen(const core::FeatureRef& feature);
    void areaChosen(const QRectF& area); ///< In the map's units.

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    enum class Drag : std::uint8_t { None, Pan, Area };

    QPointF unitsAt(const QPointF& place) const;
    void fit();
    void pan(double dx, double dy); ///< In pixels.
    void forget(); ///< The picture, which is made anew when it is painted.
    void tell(std::int64_t point);
    void tellMiddle();
    void paintPoints(QPainter& painter);
    void paintMarks(QPainter& painter);
    void paintLegend(QPainter& painter);
    void describe();

    MapPoints m_points;
    MapColor m_by = MapColor::Layer;
    QRectF m_area{0, 0, 1, 1};
    QImage m_picture;
    bool m_arePointsDrawn = false;
    std::int64_t m_chosen = -1, m_current = -1;
    std::optional<core::FeatureRef> m_chosenFeature;
    core::FeatureRef m_textOf;
    QString m_text;
    Drag m_drag = Drag::None;
    QPointF m_pressed, m_last;
    bool m_hasMoved = false;
    bool m_isFitted = true; ///< Shows all, also when it gets another size.
};

} // namespace ui
