#include "ui/features/feature_map_view.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QWheelEvent>

namespace ui {

namespace {

constexpr std::int64_t kMostPoints = 10'000; ///< More are drawn as a density.
constexpr double kZoomStep = 1.25;
constexpr double kDeepest = 2e-4; ///< Of the whole map's width.
constexpr int kCell = 2; ///< Pixels.

} // namespace

FeatureMapView::FeatureMapView(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("featureMap"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(ex(this) * 20, em(this) * 8);
    setAccessibleName(tr("Map of the features"));
}

QSize FeatureMapView::sizeHint() const
{
    return {ex(this) * 80, em(this) * 30};
}

void FeatureMapView::setPoints(MapPoints points)
{
    m_points = std::move(points);
    m_current = -1;
    setChosen(m_chosenFeature);
    m_isFitted = true;
    showAll();
}

void FeatureMapView::setColor(MapColor by)
{
    m_by = by;
    forget();
}

void FeatureMapView::setHits(const std::vector<core::FeatureRef>& hits)
{
    m_points.setHits(hits);
    forget();
}

void FeatureMapView::setChosen(const std::optional<core::FeatureRef>& feature)
{
    m_chosenFeature = feature;
    m_chosen = feature ? m_points.indexOf(*feature) : -1;
    update();
}

void FeatureMapView::setText(const core::FeatureRef& feature, const QString& text)
{
    m_textOf = feature;
    m_text = text;
    describe();
    update();
}

void FeatureMapView::describe()
{
    const QString middle
        = m_current >= 0 && m_points.featureAt(static_cast<std::size_t>(m_current)) == m_textOf
        ? m_text
        : QString();
    setAccessibleDescription(tr("%1 features, %2 in view. %3")
                                 .arg(formatCount(static_cast<std::int64_t>(m_points.size())),
                                     formatCount(m_points.countIn(m_area)), middle));
}

void FeatureMapView::forget()
{
    m_picture = {};
    update();
}

void FeatureMapView::fit()
{
    // Everything with a margin, one unit as long in both directions.
    const QRectF all = m_points.bounds();
    const double ratio = static_cast<double>(std::max(1, height())) / std::max(1, width());
    constexpr double kMargin = 1.08;
    const double wide = std::max(all.width(), all.height() / ratio) * kMargin;
    m_area = QRectF(0, 0, wide, wide * ratio);
    m_area.moveCenter(all.center());
}

void FeatureMapView::showAll()
{
    m_isFitted = true;
    fit();
    forget();
    describe();
}

void FeatureMapView::zoom(double factor, const QPointF& around)
{
    const double widest = std::max(m_points.bounds().width(), m_points.bounds().height());
    const double wide = std::clamp(m_area.width() / factor, widest * kDeepest, widest * 4.0);
    const double real = m_area.width() / wide;
    const QPointF fixed = unitsAt(around);
    m_area = QRectF(fixed.x() + (m_area.left() - fixed.x()) / real,
        fixed.y() + (m_area.top() - fixed.y()) / real, m_area.width() / real,
        m_area.height() / real);
    m_isFitted = false;
    forget();
}

void FeatureMapView::pan(double dx, double dy)
{
    m_area.translate(
        -dx * m_area.width() / std::max(1, width()), -dy * m_area.height() / std::max(1, height()));
    m_isFitted = false;
    forget();
}

QPointF FeatureMapView::unitsAt(const QPointF& place) const
{
    return {m_area.left() + place.x() / std::max(1, width()) * m_area.width(),
        m_area.top() + place.y() / std::max(1, height()) * m_area.height()};
}

QPointF FeatureMapView::placeOf(std::size_t point) const
{
    const QPointF units = m_points.placeOf(point);
    return {(units.x() - m_area.left()) / m_area.width() * width(),
        (units.y() - m_area.top()) / m_area.height() * height()};
}

bool FeatureMapView::drawsPoints() const
{
    return m_points.countIn(m_area) <= kMostPoints;
}

void FeatureMapView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (m_picture.isNull()) {
        m_arePointsDrawn = drawsPoints();
        // The picture of points is made once too: hovering paints only what is marked on top.
        const double scale = devicePixelRatioF();
        if (m_arePointsDrawn) {
            m_picture
                = QImage((QSizeF(size()) * scale).toSize(), QImage::Format_ARGB32_Premultiplied);
            m_picture.setDevicePixelRatio(scale);
            m_picture.fill(Qt::transparent);
            QPainter into(&m_picture);
            paintPoints(into);
        } else {
            m_picture = m_points.density(m_area, size(), kCell, m_by, palette());
        }
    }
    painter.drawImage(QRectF(0, 0, width(), height()), m_picture);
    paintMarks(painter);
    paintLegend(painter);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void FeatureMapView::paintPoints(QPainter& painter)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const double radius = std::max(1.5, gap(this) * 0.5);
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        if (!m_area.contains(m_points.placeOf(i)))
            continue;
        QColor color
            = mapColor(m_by, m_by == MapColor::Hits ? 0.0 : m_points.shareOf(i, m_by), palette());
        color.setAlphaF(0.75f);
        painter.setBrush(color);
        painter.drawEllipse(placeOf(i), radius, radius);
    }
}

void FeatureMapView::paintMarks(QPainter& painter)
{
    painter.setRenderHint(QPainter::Antialiasing);
    const double radius = std::max(3.0, gap(this) * 0.9);
    // Hits stand out whatever the colours say.
    painter.setPen(QPen(palette().color(QPalette::Base), 1));
    painter.setBrush(mapColor(MapColor::Hits, 1.0, palette()));
    for (const std::size_t hit : m_points.hits())
        painter.drawEllipse(placeOf(hit), radius, radius);
    painter.setBrush(Qt::NoBrush);
    if (m_chosen >= 0) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 3));
        painter.drawEllipse(placeOf(static_cast<std::size_t>(m_chosen)), radius * 2, radius * 2);
    }
    if (m_drag == Drag::Area && m_hasMoved) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DashLine));
        painter.drawRect(QRectF(m_pressed, m_last).normalized());
    }
    if (m_current < 0)
        return;
    const QPointF at = placeOf(static_cast<std::size_t>(m_current));
    painter.setPen(QPen(palette().color(QPalette::Text), 1.5));
    painter.drawEllipse(at, radius * 1.4, radius * 1.4);
    if (m_points.featureAt(static_cast<std::size_t>(m_current)) != m_textOf || m_text.isEmpty())
        return;
    const int room = std::max(1, width() - 4 * gap(this));
    const QString text = fontMetrics().elidedText(m_text, Qt::ElideRight, room);
    QRectF box(0, 0, fontMetrics().horizontalAdvance(text) + 2 * gap(this),
        fontMetrics().height() + gap(this));
    box.moveBottomLeft(at + QPointF(radius * 2, -radius * 2));
    box.moveLeft(std::clamp(box.left(), 0.0, std::max(0.0, width() - box.width())));
    box.moveTop(std::max(0.0, box.top()));
    painter.setPen(palette().color(QPalette::Mid));
    painter.setBrush(palette().color(QPalette::ToolTipBase));
    painter.drawRect(box);
    painter.setPen(palette().color(QPalette::ToolTipText));
    painter.drawText(box, Qt::AlignCenter, text);
}

void FeatureMapView::paintLegend(QPainter& painter)
{
    if (m_points.size() == 0)
        return;
    painter.setRenderHint(QPainter::Antialiasing, false);
    const int line = fontMetrics().height(), margin = gap(this);
    const double wide = ex(this) * 26;
    const std::vector<int> layers = m_points.layers();
    QString title, low, high;
    switch (m_by) {
    case MapColor::Layer:
        title = tr("layer");
        low = QString::number(layers.empty() ? 0 : layers.front());
        high = layers.size() > 1 ? QString::number(layers.back()) : QString();
        break;
    case MapColor::Density:
        title = tr("share of tokens where it fires");
        low = formatPercent(kLowestMapDensity);
        high = formatPercent(kHighestMapDensity);
        break;
    case MapColor::Hits:
        title = m_points.hits().empty()
            ? tr("search for something to see it here")
            : tr("● %1 hits of the list").arg(formatCount(countOf(m_points.hits())));
        break;
    }
    const bool hasBar = m_by != MapColor::Hits;
    const double tall = line * (hasBar ? 2.4 : 1.0) + 2 * margin;
    const QRectF box(margin, height() - tall - margin, wide + 2 * margin, tall);
    QColor ground = palette().color(QPalette::Base);
    ground.setAlphaF(0.85f);
    painter.fillRect(box, ground);
    painter.setPen(palette().color(QPalette::Text));
    if (!hasBar)
        painter.setPen(m_points.hits().empty() ? semanticColors(palette()).subtle
                                               : mapColor(MapColor::Hits, 1.0, palette()));
    const QRectF inner = box.adjusted(margin, margin, -margin, -margin);
    painter.drawText(QRectF(inner.left(), inner.top(), inner.width(), line),
        static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter),
        fontMetrics().elidedText(title, Qt::ElideRight, static_cast<int>(inner.width())));
    if (!hasBar)
        return;
    constexpr int kSteps = 64;
    const QRectF bar(inner.left(), inner.top() + line * 1.05, inner.width(), line * 0.35);
    for (int i = 0; i < kSteps; ++i)
        painter.fillRect(QRectF(bar.left() + bar.width() * i / kSteps, bar.top(),
                             bar.width() / kSteps + 1, bar.height()),
            mapColor(m_by, high.isEmpty() ? 0.0 : i / double(kSteps - 1), palette()));
    const QRectF below(inner.left(), bar.bottom(), inner.width(), line);
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(below, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), low);
    painter.drawText(below, static_cast<int>(Qt::AlignRight | Qt::AlignVCenter), high);
}

void FeatureMapView::tell(std::int64_t point)
{
    if (point == m_current)
        return;
    m_current = point;
    update();
    Q_EMIT currentChanged();
}

void FeatureMapView::tellMiddle()
{
    tell(m_points.nearest(m_area.center(), std::hypot(m_area.width(), m_area.height()) / 2));
    describe();
}

void FeatureMapView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (m_isFitted) {
        fit();
    } else { // as wide as before
        const QPointF middle = m_area.center();
        m_area.setHeight(m_area.width() * height() / std::max(1, width()));
        m_area.moveCenter(middle);
    }
    forget();
}

void FeatureMapView::wheelEvent(QWheelEvent* event)
{
    constexpr double kNotch = 120.0;
    zoom(std::pow(kZoomStep, event->angleDelta().y() / kNotch), event->position());
    event->accept();
}

void FeatureMapView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    m_drag = event->modifiers().testFlag(Qt::ShiftModifier) ? Drag::Area : Drag::Pan;
    m_pressed = m_last = event->position();
    m_hasMoved = false;
}

void FeatureMapView::mouseMoveEvent(QMouseEvent* event)
{
    if (m_drag == Drag::None) {
        const double reach = em(this) * 0.6 * m_area.width() / std::max(1, width());
        return tell(m_points.nearest(unitsAt(event->position()), reach));
    }
    if ((event->position() - m_pressed).manhattanLength() >= QApplication::startDragDistance())
        m_hasMoved = true;
    if (m_drag == Drag::Pan && m_hasMoved)
        pan(event->position().x() - m_last.x(), event->position().y() - m_last.y());
    if (m_hasMoved)
        m_last = event->position();
    update();
}

void FeatureMapView::mouseReleaseEvent(QMouseEvent* event)
{
    const Drag drag = std::exchange(m_drag, Drag::None);
    update();
    if (drag == Drag::Area && m_hasMoved)
        Q_EMIT areaChosen(QRectF(unitsAt(m_pressed), unitsAt(event->position())).normalized());
    else if (drag == Drag::Pan && !m_hasMoved && m_current >= 0)
        Q_EMIT featureChosen(m_points.featureAt(static_cast<std::size_t>(m_current)));
}

void FeatureMapView::leaveEvent(QEvent*)
{
    if (!hasFocus())
        tell(-1);
}

void FeatureMapView::keyPressEvent(QKeyEvent* event)
{
    const double step = em(this) * 3;
    const QPointF middle(width() / 2.0, height() / 2.0);
    switch (event->key()) {
    case Qt::Key_Left:
        pan(step, 0);
        break;
    case Qt::Key_Right:
        pan(-step, 0);
        break;
    case Qt::Key_Up:
        pan(0, step);
        break;
    case Qt::Key_Down:
        pan(0, -step);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(kZoomStep, middle);
        break;
    case Qt::Key_Minus:
        zoom(1.0 / kZoomStep, middle);
        break;
    case Qt::Key_0:
    case Qt::Key_Home:
        showAll();
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_current >= 0)
            Q_EMIT featureChosen(m_points.featureAt(static_cast<std::size_t>(m_current)));
        return;
    default:
        return QWidget::keyPressEvent(event);
    }
    tellMiddle();
}

void FeatureMapView::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason)
        tellMiddle();
    update();
}

void FeatureMapView::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

void FeatureMapView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        forget();
}

} // namespace ui
