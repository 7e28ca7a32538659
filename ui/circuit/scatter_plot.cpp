#include "ui/circuit/scatter_plot.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace ui {

namespace {

constexpr int kTicks = 6;
constexpr double kHitPixels = 8.0;

/// 1, 2 or 5 times a power of ten, at least `rough`.
double niceStep(double rough)
{
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough * (1 - 1e-9))
            return factor * power;
    return 10 * power;
}

} // namespace

ScatterPlot::ScatterPlot(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Scatter plot"));
}

QSize ScatterPlot::sizeHint() const
{
    return {em(this) * 24, em(this) * 20};
}

QSize ScatterPlot::minimumSizeHint() const
{
    return {em(this) * 12, em(this) * 10};
}

ScatterPlot::Range ScatterPlot::rangeOf(double least, double most, int ticks)
{
    if (!(most > least)) {
        const double half = least == 0.0 ? 1.0 : std::fabs(least) * 0.5;
        least -= half;
        most += half;
    }
    const double margin = (most - least) * 0.04;
    const double step = niceStep((most - least + 2 * margin) / ticks);
    return {least - margin, most + margin, step};
}

void ScatterPlot::setData(std::vector<ScatterPoint> points, const QString& xTitle,
    const QString& yTitle, const QString& summary)
{
    m_points = std::move(points);
    m_xTitle = xTitle;
    m_yTitle = yTitle;
    m_summary = summary;
    m_current = m_hovered = -1;
    m_byX.clear();
    double least[2] = {1e300, 1e300}, most[2] = {-1e300, -1e300};
    for (int i = 0; i < countOf(m_points); ++i) {
        const ScatterPoint& point = m_points[static_cast<std::size_t>(i)];
        if (!std::isfinite(point.x) || !std::isfinite(point.y))
            continue;
        m_byX.push_back(i);
        for (const auto& [axis, value] : {std::pair(0, point.x), std::pair(1, point.y)}) {
            least[axis] = std::min(least[axis], value);
            most[axis] = std::max(most[axis], value);
        }
    }
    std::stable_sort(m_byX.begin(), m_byX.end(), [this](int a, int b) {
        const auto& p = m_points[static_cast<std::size_t>(a)];
        const auto& q = m_points[static_cast<std::size_t>(b)];
        return std::pair(p.x, p.y) < std::pair(q.x, q.y);
    });
    m_x = m_byX.empty() ? Range{} : rangeOf(least[0], most[0], kTicks);
    m_y = m_byX.empty() ? Range{} : rangeOf(least[1], most[1], kTicks);
    setAccessibleName(m_xTitle.isEmpty()
            ? tr("Scatter plot")
            //: %1 and %2 are what the axes measure
            : tr("Scatter plot: %2 against %1").arg(m_xTitle, m_yTitle));
    describe();
    invalidate();
}

void ScatterPlot::setCurrent(int index)
{
    const bool isKnown = index >= 0 && index < countOf(m_points)
        && std::find(m_byX.begin(), m_byX.end(), index) != m_byX.end();
    m_current = isKnown ? index : -1;
    describe();
    update();
}

void ScatterPlot::describe()
{
    QStringList parts;
    if (!m_summary.isEmpty())
        parts << m_summary;
    parts << tr("%n points. Left and right walk them.", nullptr, countOf(m_byX));
    if (m_current >= 0)
        parts << sentence(m_current);
    setAccessibleDescription(parts.join(QLatin1Char('\n')));
    QAccessibleEvent change(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&change);
}

QString ScatterPlot::sentence(int index) const
{
    const ScatterPoint& point = m_points[static_cast<std::size_t>(index)];
    return QStringLiteral("%1\n%2: %3\n%4: %5")
        .arg(point.name, m_xTitle, formatNumber(point.x), m_yTitle, formatNumber(point.y));
}

QString ScatterPlot::toTable() const
{
    QStringList lines{QStringList{tr("Name"), m_xTitle, m_yTitle}.join(QLatin1Char('\t'))};
    for (const ScatterPoint& point : m_points) {
        QString name = point.name;
        name.replace(QLatin1Char('\t'), QLatin1Char(' '))
            .replace(QLatin1Char('\n'), QLatin1Char(' '));
        lines << name + QLatin1Char('\t') + QString::number(point.x, 'g', 9) + QLatin1Char('\t')
                + QString::number(point.y, 'g', 9);
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QRectF ScatterPlot::plot() const
{
    if (m_plotOf == size()) // every point asks
        return m_plot;
    m_plotOf = size();
    const QFontMetricsF metrics(font());
    double widest = 0;
    for (double tick = std::ceil(m_y.from / m_y.step) * m_y.step; tick <= m_y.to; tick += m_y.step)
        widest = std::max(widest,
            metrics.horizontalAdvance(formatNumber(std::fabs(tick) < m_y.step * 1e-6 ? 0 : tick)));
    const double line = metrics.height();
    m_plot = QRectF(rect()).adjusted(line * 1.5 + widest + 6,
        m_summary.isEmpty() ? line * 0.6 : line * 1.8, -line * 0.8, -line * 2.9);
    return m_plot;
}

QPointF ScatterPlot::pointPosition(int index) const
{
    const ScatterPoint& point = m_points[static_cast<std::size_t>(index)];
    const QRectF area = plot();
    return {area.left() + (point.x - m_x.from) / (m_x.to - m_x.from) * area.width(),
        area.bottom() - (point.y - m_y.from) / (m_y.to - m_y.from) * area.height()};
}

int ScatterPlot::pointAt(QPointF position) const
{
    const QRectF area = plot();
    if (area.width() <= 0 || m_byX.empty())
        return -1;
    // m_byX is sorted, so only the points of a narrow strip are looked at.
    const double perPixel = (m_x.to - m_x.from) / area.width();
    const double at = m_x.from + (position.x() - area.left()) * perPixel;
    auto it = std::lower_bound(m_byX.begin(), m_byX.end(), at - kHitPixels * perPixel,
        [this](int index, double x) { return m_points[static_cast<std::size_t>(index)].x < x; });
    int best = -1;
    double nearest = kHitPixels;
    for (; it != m_byX.end(); ++it) {
        if (m_points[static_cast<std::size_t>(*it)].x > at + kHitPixels * perPixel)
            break;
        const QPointF d = pointPosition(*it) - position;
        if (const double distance = std::hypot(d.x(), d.y()); distance < nearest) {
            nearest = distance;
            best = *it;
        }
    }
    return best;
}

void ScatterPlot::invalidate()
{
    m_isStale = true;
    m_plotOf = QSize();
    update();
}

void ScatterPlot::paintPoints(QPainter& painter) const
{
    // Many points: smaller discs, so that a cloud keeps its shape.
    const double radius = m_byX.size() > 2000 ? 1.8 : m_byX.size() > 300 ? 2.6 : 3.6;
    QColor color = seriesColor(0, palette());
    color.setAlphaF(m_byX.size() > 300 ? 0.55f : 0.8f);
    // One disc is painted and copied: thousands of antialiased ones would take a tenth of a second.
    const qreal ratio = devicePixelRatioF();
    const double room = std::ceil(radius) + 1;
    QPixmap disc(QSizeF(2 * room * ratio, 2 * room * ratio).toSize());
    disc.setDevicePixelRatio(ratio);
    disc.fill(Qt::transparent);
    QPainter once(&disc);
    once.setRenderHint(QPainter::Antialiasing);
    once.setPen(Qt::NoPen);
    once.setBrush(color);
    once.drawEllipse(QPointF(room, room), radius, radius);
    once.end();
    for (const int index : m_byX) {
        const QPointF corner = pointPosition(index) - QPointF(room, room);
        painter.drawPixmap(
            QPointF(std::round(corner.x() * ratio) / ratio, std::round(corner.y() * ratio) / ratio),
            disc);
    }
}

void ScatterPlot::renderLayer()
{
    const qreal ratio = devicePixelRatioF();
    m_layer = QPixmap(size() * ratio);
    m_layer.setDevicePixelRatio(ratio);
    m_layer.fill(palette().color(QPalette::Base));
    m_isStale = false;
    QPainter painter(&m_layer);
    painter.setFont(font());
    const QFontMetricsF metrics(font());
    const QRectF area = plot();
    const QColor ink = palette().color(QPalette::Text), subtle = semanticColors(palette()).subtle,
                 grid = semanticColors(palette()).grid;
    if (area.width() < 20 || area.height() < 20)
        return;
    const auto xAt = [&](double x) {
        return area.left() + (x - m_x.from) / (m_x.to - m_x.from) * area.width();
    };
    const auto yAt = [&](double y) {
        return area.bottom() - (y - m_y.from) / (m_y.to - m_y.from) * area.height();
    };
    const auto tickText = [](double value, double step) {
        return formatNumber(std::fabs(value) < step * 1e-6 ? 0.0 : value);
    };
    double free = -1e300; // names of ticks that would touch are left out
    for (double tick = std::ceil(m_x.from / m_x.step) * m_x.step; tick <= m_x.to;
         tick += m_x.step) {
        const double x = xAt(tick);
        painter.setPen(QPen(grid, 1));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        const QString text = tickText(tick, m_x.step);
        const double left = std::min(x - metrics.horizontalAdvance(text) / 2.0,
            width() - metrics.horizontalAdvance(text) - 2.0);
        if (left < free)
            continue;
        painter.setPen(subtle);
        painter.drawText(QPointF(left, area.bottom() + metrics.height() * 1.1), text);
        free = left + metrics.horizontalAdvance(text) + metrics.averageCharWidth();
    }
    for (double tick = std::ceil(m_y.from / m_y.step) * m_y.step; tick <= m_y.to;
         tick += m_y.step) {
        const double y = yAt(tick);
        painter.setPen(QPen(grid, 1));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(subtle);
        const QString text = tickText(tick, m_y.step);
        painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text),
                             y + metrics.ascent() / 2 - 1),
            text);
    }
    painter.save();
    painter.setClipRect(area);
    painter.setPen(QPen(subtle, 1)); // where a measure is zero
    if (m_x.from < 0 && m_x.to > 0)
        painter.drawLine(QPointF(xAt(0), area.top()), QPointF(xAt(0), area.bottom()));
    if (m_y.from < 0 && m_y.to > 0)
        painter.drawLine(QPointF(area.left(), yAt(0)), QPointF(area.right(), yAt(0)));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(subtle, 1.2, Qt::DashLine)); // where both are the same
    painter.drawLine(QPointF(xAt(m_x.from), yAt(m_x.from)), QPointF(xAt(m_x.to), yAt(m_x.to)));
    painter.restore();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(subtle, 1));
    painter.drawRect(area);
    painter.setRenderHint(QPainter::Antialiasing);
    paintPoints(painter);
    painter.setPen(ink);
    const auto middle = [&](const QString& text, double width) {
        return metrics.elidedText(text, Qt::ElideRight, width);
    };
    const QString x = middle(m_xTitle, area.width());
    painter.drawText(QPointF(area.center().x() - metrics.horizontalAdvance(x) / 2,
                         height() - metrics.descent() - metrics.height() * 0.2),
        x);
    painter.save();
    const QString y = middle(m_yTitle, area.height());
    painter.translate(metrics.ascent() + metrics.height() * 0.2, area.center().y());
    painter.rotate(-90);
    painter.drawText(QPointF(-metrics.horizontalAdvance(y) / 2, 0), y);
    painter.restore();
    QString above = m_summary;
    if (const int left = countOf(m_points) - countOf(m_byX); left > 0)
        above += QStringLiteral(" · ") + tr("%n points are not numbers", nullptr, left);
    painter.drawText(QPointF(area.left(), metrics.ascent() + metrics.height() * 0.4),
        metrics.elidedText(above, Qt::ElideRight, width() - area.left() - metrics.height() / 2));
}

void ScatterPlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    if (m_byX.empty()) {
        painter.fillRect(rect(), palette().color(QPalette::Base));
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect().adjusted(12, 12, -12, -12), Qt::AlignCenter | Qt::TextWordWrap,
            tr("Nothing measured yet."));
    } else {
        if (m_isStale || m_layer.size() != size() * devicePixelRatioF())
            renderLayer();
        painter.drawPixmap(0, 0, m_layer);
        painter.setRenderHint(QPainter::Antialiasing);
        for (const auto& [index, color] : {std::pair(m_hovered, palette().color(QPalette::Text)),
                 std::pair(m_current, palette().color(QPalette::Highlight))}) {
            if (index < 0)
                continue;
            painter.setBrush(seriesColor(1, palette()));
            painter.setPen(QPen(color, 2));
            painter.drawEllipse(pointPosition(index), 5.5, 5.5);
        }
        if (m_current >= 0) {
            painter.setPen(palette().color(QPalette::Text));
            const QFontMetricsF metrics(font());
            const QRectF area = plot();
            const QString name
                = metrics.elidedText(m_points[static_cast<std::size_t>(m_current)].name,
                    Qt::ElideRight, area.width() * 0.6);
            const double width = metrics.horizontalAdvance(name);
            const QPointF at = pointPosition(m_current);
            const double left = std::clamp(at.x() - width / 2, area.left() + 4,
                std::max(area.left() + 4, area.right() - width - 4));
            const double base = at.y() - 9 - metrics.height() > area.top()
                ? at.y() - 9 - metrics.descent()
                : at.y() + 9 + metrics.ascent();
            QColor veil = palette().color(QPalette::Base);
            veil.setAlphaF(0.85f);
            painter.fillRect(
                QRectF(left - 3, base - metrics.ascent(), width + 6, metrics.height()), veil);
            painter.drawText(QPointF(left, base), name);
        }
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void ScatterPlot::resizeEvent(QResizeEvent*)
{
    invalidate();
}

void ScatterPlot::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        invalidate();
    QWidget::changeEvent(event);
}

void ScatterPlot::mouseMoveEvent(QMouseEvent* event)
{
    const int index = pointAt(event->position());
    if (index == m_hovered)
        return;
    m_hovered = index;
    setCursor(index >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    update();
}

void ScatterPlot::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int index = pointAt(event->position());
    if (index < 0)
        return;
    setCurrent(index);
    Q_EMIT pointChosen(index);
}

void ScatterPlot::keyPressEvent(QKeyEvent* event)
{
    if (m_byX.empty())
        return QWidget::keyPressEvent(event);
    const auto here = std::find(m_byX.begin(), m_byX.end(), m_current);
    const auto walk = [this](int index) {
        setCurrent(index);
        Q_EMIT pointChosen(index);
    };
    switch (event->key()) {
    case Qt::Key_Right:
        return walk(here == m_byX.end()   ? m_byX.front()
                : here + 1 == m_byX.end() ? *here
                                          : *(here + 1));
    case Qt::Key_Left:
        return walk(here == m_byX.end() ? m_byX.back()
                : here == m_byX.begin() ? *here
                                        : *(here - 1));
    case Qt::Key_Home:
        return walk(m_byX.front());
    case Qt::Key_End:
        return walk(m_byX.back());
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current >= 0)
            Q_EMIT pointChosen(m_current);
        return;
    case Qt::Key_Escape:
        if (m_current < 0)
            return QWidget::keyPressEvent(event);
        return setCurrent(-1);
    default:
        QWidget::keyPressEvent(event);
    }
}

void ScatterPlot::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

bool ScatterPlot::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = pointAt(QPointF(help->pos()));
        if (index >= 0)
            QToolTip::showText(help->globalPos(), sentence(index), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace ui
