#include "ui/style/scaled_sizes.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <QAbstractScrollArea>
#include <QApplication>
#include <QHeaderView>
#include <QLayout>
#include <QPointer>
#include <QScreen>
#include <QToolBar>
#include <QVariant>
#include <QWidget>

namespace ui {

namespace told {
/// What a widget was told in numbers of pixels.
struct Told {
    int leastWidth = 0, leastHeight = 0, mostWidth = QWIDGETSIZE_MAX, mostHeight = QWIDGETSIZE_MAX,
        icon = 0, row = 0;
    std::vector<int> sections;
    double points = 0;
    QSize window;
};
} // namespace told

using told::Told;

namespace {

Told toldTo(const QWidget& widget)
{
    Told told;
    if (!widget.isWindow()) { // a window's least size is its layout's work
        told.leastWidth = widget.minimumWidth();
        told.leastHeight = widget.minimumHeight();
    }
    told.mostWidth = widget.maximumWidth();
    told.mostHeight = widget.maximumHeight();
    if (widget.testAttribute(Qt::WA_SetFont)
        && (widget.font().resolveMask() & QFont::SizeResolved) != 0)
        told.points = widget.font().pointSizeF();
    if (const auto* bar = qobject_cast<const QToolBar*>(&widget))
        told.icon = bar->iconSize().height();
    if (const auto* header = qobject_cast<const QHeaderView*>(&widget)) {
        if (header->orientation() == Qt::Vertical)
            told.row = header->defaultSectionSize();
        else
            for (int section = 0; section < header->count(); ++section)
                told.sections.push_back(header->sectionSize(section));
    }
    told.window = widget.size();
    return told;
}

/// The exact value is kept beside the rounded one, so that many steps up and down end where they
/// began. A value that someone else set meanwhile is a new beginning.
int scaled(QWidget& widget, const char* name, int now, double ratio)
{
    const QList<QVariant> kept = widget.property(name).toList();
    const double exact
        = ratio * (kept.size() == 2 && kept[0].toInt() == now ? kept[1].toDouble() : now);
    const int rounded = std::min(QWIDGETSIZE_MAX, static_cast<int>(std::ceil(exact - 0.01)));
    widget.setProperty(name, QList<QVariant>{rounded, exact});
    return rounded;
}

bool isSet(int most)
{
    return most < QWIDGETSIZE_MAX;
}

void scaleHeader(QHeaderView& header, const Told& before, const Told& now, double ratio)
{
    if (header.orientation() == Qt::Vertical) {
        if (before.row != now.row || header.sectionResizeMode(0) == QHeaderView::ResizeToContents)
            return;
        const int row = scaled(header, "scaledRow", now.row, ratio);
        header.setMinimumSectionSize(std::min(header.minimumSectionSize(), row));
        header.setDefaultSectionSize(row);
        header.setMinimumSectionSize(std::min(row, header.fontMetrics().height()));
        return;
    }
    if (before.sections != now.sections)
        return;
    for (int section = 0; section < header.count(); ++section) {
        const bool isLast
            = header.stretchLastSection() && header.visualIndex(section) == header.count() - 1;
        const auto mode = header.sectionResizeMode(section);
        if (!isLast && !header.isSectionHidden(section)
            && (mode == QHeaderView::Interactive || mode == QHeaderView::Fixed))
            header.resizeSection(section,
                static_cast<int>(
                    std::ceil(now.sections[static_cast<std::size_t>(section)] * ratio - 0.01)));
    }
}

void scaleWindow(QWidget& window, const QSize& before, double ratio)
{
    // A main window has the size that a person gave it; a dialog has the size of what it holds.
    if (window.windowType() != Qt::Dialog || window.isMaximized() || window.isFullScreen())
        return;
    const QSize room = window.screen()->availableSize();
    window.resize((QSizeF(before) * ratio).toSize().boundedTo(room));
    const QRect screen = window.screen()->availableGeometry();
    QRect frame = window.frameGeometry();
    frame.moveRight(std::min(frame.right(), screen.right()));
    frame.moveBottom(std::min(frame.bottom(), screen.bottom()));
    frame.moveLeft(std::max(frame.left(), screen.left()));
    frame.moveTop(std::max(frame.top(), screen.top()));
    window.move(frame.topLeft());
}

} // namespace

struct ScaledSizes::Before {
    struct Entry {
        QPointer<QWidget> widget;
        Told told;
    };
    std::vector<Entry> entries;
};

ScaledSizes::ScaledSizes()
    : m_before(std::make_unique<Before>())
{
    for (QWidget* widget : QApplication::allWidgets())
        m_before->entries.push_back({widget, toldTo(*widget)});
}

ScaledSizes::~ScaledSizes() = default;

void ScaledSizes::follow(double ratio)
{
    for (const auto& [widget, before] : m_before->entries) {
        if (!widget)
            continue;
        const Told now = toldTo(*widget);
        if (before.points > 0 && before.points == now.points) {
            QFont font = widget->font();
            font.setPointSizeF(now.points * ratio);
            widget->setFont(font);
        }
        // The most first where it grows, so that the least is never above it.
        const auto both = [&, w = widget.data()] {
            if (isSet(now.mostWidth) && now.mostWidth == before.mostWidth)
                w->setMaximumWidth(scaled(*w, "scaledMostWidth", now.mostWidth, ratio));
            if (isSet(now.mostHeight) && now.mostHeight == before.mostHeight)
                w->setMaximumHeight(scaled(*w, "scaledMostHeight", now.mostHeight, ratio));
        };
        if (ratio > 1)
            both();
        if (now.leastWidth > 0 && now.leastWidth == before.leastWidth)
            widget->setMinimumWidth(scaled(*widget, "scaledLeastWidth", now.leastWidth, ratio));
        if (now.leastHeight > 0 && now.leastHeight == before.leastHeight)
            widget->setMinimumHeight(scaled(*widget, "scaledLeastHeight", now.leastHeight, ratio));
        if (ratio <= 1)
            both();
        if (auto* bar = qobject_cast<QToolBar*>(widget.data()); bar && now.icon == before.icon) {
            const int icon = scaled(*bar, "scaledIcon", now.icon, ratio);
            bar->setIconSize(QSize(icon, icon));
        }
        if (auto* header = qobject_cast<QHeaderView*>(widget.data()))
            scaleHeader(*header, before, now, ratio);
        if (widget->isWindow() && widget->isVisible())
            scaleWindow(*widget, before.window, ratio);
    }
}

} // namespace ui
