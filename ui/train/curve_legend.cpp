#include "ui/train/curve_legend.h"

#include "ui/style/color_scale.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QPainter>

namespace ui {

CurveLegend::CurveLegend(QWidget* parent)
    : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Curves"));
    hide();
}

void CurveLegend::setCurves(const std::vector<Curve>& curves)
{
    QStringList names;
    std::vector<Mark> marks;
    for (const Curve& curve : curves) {
        names << curve.name;
        marks.push_back({curve.color, curve.isEarlier});
    }
    if (m_names == names && m_marks == marks)
        return;
    m_names = names;
    m_marks = marks;
    setAccessibleDescription(names.join(QStringLiteral(", ")));
    setVisible(!names.isEmpty());
    updateGeometry();
    update();
}

int CurveLegend::lay(QPainter* painter, int width, const QPalette& colors) const
{
    const QFontMetrics metrics(font());
    const int line = metrics.height() + gap(this), mark = metrics.height() / 2,
              space = 2 * metrics.averageCharWidth();
    int x = 0, y = 0;
    for (int i = 0; i < countOf(m_names); ++i) {
        const QString name = metrics.elidedText(m_names[i], Qt::ElideMiddle,
            std::max(width - mark - space, metrics.averageCharWidth()));
        const int wide = mark + space / 2 + metrics.horizontalAdvance(name);
        if (x > 0 && x + wide > width) {
            x = 0;
            y += line;
        }
        if (painter) {
            const Mark& of = m_marks[static_cast<std::size_t>(i)];
            const QRect square(x, y + (metrics.height() - mark) / 2, mark, mark);
            const QColor color = seriesColor(of.color, colors);
            painter->fillRect(square, color);
            if (of.isHollow)
                painter->fillRect(square.adjusted(2, 2, -2, -2), colors.color(QPalette::Window));
            painter->setPen(colors.color(QPalette::Text));
            painter->drawText(x + mark + space / 2, y + metrics.ascent(), name);
        }
        x += wide + space;
    }
    return m_names.isEmpty() ? 0 : y + line;
}

int CurveLegend::heightForWidth(int width) const
{
    return lay(nullptr, width, palette());
}

QSize CurveLegend::sizeHint() const
{
    return {ex(this) * 40, lay(nullptr, std::max(width(), ex(this) * 40), palette())};
}

QSize CurveLegend::minimumSizeHint() const
{
    return {ex(this) * 12, em(this)};
}

void CurveLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    lay(&painter, width(), palette());
}

} // namespace ui
