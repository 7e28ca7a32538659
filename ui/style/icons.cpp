#include "ui/style/icons.h"

#include <array>

#include <QApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QSvgRenderer>

namespace ui {

namespace {

/// SVG path data in a 24 x 24 box, stroked.
constexpr std::array kPaths{
    "M12 3 L20 7.5 L12 12 L4 7.5 Z M4 12 L12 16.5 L20 12 M4 16.5 L12 21 L20 16.5", // Models: layers
    "M4 5 H20 V16 H11 L7 20 V16 H4 Z M8 9 H16 M8 12 H13", // Prompt: speech
    "M4 4 H10 V10 H4 Z M14 4 H20 V10 H14 Z M4 14 H10 V20 H4 Z M14 14 H20 V20 H14 Z", // Features:
                                                                                     // grid
    "M4 7 H20 M4 12 H20 M4 17 H20 M9 5 V9 M15 10 V14 M7 15 V19", // Steer: sliders
    "M6 18 m-2 0 a2 2 0 1 0 4 0 a2 2 0 1 0 -4 0 M18 18 m-2 0 a2 2 0 1 0 4 0 a2 2 0 1 0 -4 0 "
    "M12 6 m-2 0 a2 2 0 1 0 4 0 a2 2 0 1 0 -4 0 M7 16.2 L11 7.8 M17 16.2 L13 7.8 M8 18 H16", // Circuit
    "M10.5 10.5 m-6 0 a6 6 0 1 0 12 0 a6 6 0 1 0 -12 0 M15 15 L20 20", // Search
    "M3 6 H9 L11 8 H21 V19 H3 Z", // Open
    "M8 8 H20 V20 H8 Z M16 8 V4 H4 V16 H8", // Copy
    "M7 4 L20 12 L7 20 Z", // Play
    "M6 6 H18 V18 H6 Z", // Stop
    "M12 5 V19 M5 12 H19", // Add
    "M5 12 H19", // Remove
    "M6 6 L18 18 M18 6 L6 18", // Close
    "M9 6 L4 11 L9 16 M4 11 H15 a4 4 0 0 1 0 8 H11", // Undo
    "M12 4 L21 20 H3 Z M12 10 V14.5 M12 17 V17.6", // Warning
    "M4 4 H12 L20 12 L12 20 L4 12 Z M8 8 V8.2", // Label
    "M12 4 V15 M8 11 L12 15 L16 11 M4 20 H20", // Save
    "M12 12 m-3 0 a3 3 0 1 0 6 0 a3 3 0 1 0 -6 0 M12 3 V6 M12 18 V21 M3 12 H6 M18 12 H21 "
    "M5.6 5.6 L7.8 7.8 M16.2 16.2 L18.4 18.4 M5.6 18.4 L7.8 16.2 M16.2 7.8 L18.4 5.6", // Preferences
    "M5 12 a7 7 0 1 0 2.5 -5.4 M5 4 V8 H9", // Reset
    "M4 8 H18 L14 4 M20 16 H6 L10 20", // Swap
    "M9 4 H15 L14 10 L17 13 H7 L10 10 Z M12 13 V20", // Pin
    "M4 4 H20 V20 H4 Z M8 12 m-1.5 0 a1.5 1.5 0 1 0 3 0 a1.5 1.5 0 1 0 -3 0 "
    "M15 12 m-1.5 0 a1.5 1.5 0 1 0 3 0 a1.5 1.5 0 1 0 -3 0", // Group
    "M14 5 L7 12 L14 19", // Back
    "M4 13 L10 19 L20 6", // Check
    "M12 3 V14 M7 10 L12 15 L17 10 M3 16 V21 H21 V16", // Download
    "M12 12 m-8.5 0 a8.5 8.5 0 1 0 17 0 a8.5 8.5 0 1 0 -17 0 M12 7 V12 L16 14", // Recent: a clock
    "M4 11 L12 4 L20 11 M6 9.5 V20 H18 V9.5 M10 20 V14 H14 V20", // Start: a house
    "M4 4 V20 H20 M7 7 C9 15 12 16.5 19 17", // Train: a falling curve
};

static_assert(kPaths.size() == static_cast<std::size_t>(Icon::Train) + 1, "a path for each icon");

class LineIconEngine : public QIconEngine {
public:
    explicit LineIconEngine(Icon which)
        : m_which(which)
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        const QPalette palette = QApplication::palette();
        const QColor color = mode == QIcon::Disabled
            ? palette.color(QPalette::Disabled, QPalette::ButtonText)
            : mode == QIcon::Selected ? palette.color(QPalette::HighlightedText)
                                      : palette.color(QPalette::ButtonText);
        const QByteArray svg
            = QByteArrayLiteral("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>"
                                "<path fill='none' stroke-width='1.8' stroke-linejoin='round' "
                                "stroke-linecap='round' stroke='")
            + color.name().toLatin1() + QByteArrayLiteral("' d='")
            + kPaths[static_cast<std::size_t>(m_which)] + QByteArrayLiteral("'/></svg>");
        QSvgRenderer renderer(svg);
        const int side = qMin(rect.width(), rect.height());
        QRect square(0, 0, side, side);
        square.moveCenter(rect.center());
        renderer.render(painter, square);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }

    QIconEngine* clone() const override { return new LineIconEngine(*this); }

private:
    Icon m_which;
};

} // namespace

QIcon icon(Icon which)
{
    return QIcon(new LineIconEngine(which));
}

} // namespace ui
