#include "ui/style/theme.h"

#include "ui/style/scaled_sizes.h"

#include <optional>

#include <QApplication>
#include <QFont>
#include <QFontMetricsF>
#include <QStyle>
#include <QStyleFactory>

namespace ui {

namespace {

struct Scheme {
    QColor window, base, alternate, text, subtle, button, highlight, highlightedText, link, frame;
};

QPalette makePalette(const Scheme& scheme)
{
    QPalette palette(scheme.button, scheme.window);
    palette.setColor(QPalette::Window, scheme.window);
    palette.setColor(QPalette::WindowText, scheme.text);
    palette.setColor(QPalette::Base, scheme.base);
    palette.setColor(QPalette::AlternateBase, scheme.alternate);
    palette.setColor(QPalette::Text, scheme.text);
    palette.setColor(QPalette::PlaceholderText, scheme.subtle);
    palette.setColor(QPalette::Button, scheme.button);
    palette.setColor(QPalette::ButtonText, scheme.text);
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::ToolTipBase, scheme.base);
    palette.setColor(QPalette::ToolTipText, scheme.text);
    palette.setColor(QPalette::Highlight, scheme.highlight);
    palette.setColor(QPalette::HighlightedText, scheme.highlightedText);
    palette.setColor(QPalette::Link, scheme.link);
    palette.setColor(QPalette::LinkVisited, scheme.link);
    palette.setColor(QPalette::Mid, scheme.frame);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, scheme.subtle);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, scheme.frame);
    return palette;
}

std::optional<QPalette> g_desktopPalette;
std::optional<QFont> g_desktopFont;

} // namespace

Theme themeFromName(const QString& name)
{
    if (name == QLatin1String("light"))
        return Theme::Light;
    return name == QLatin1String("dark") ? Theme::Dark : Theme::System;
}

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::WindowText).lightness()
        > palette.color(QPalette::Window).lightness();
}

QPalette lightPalette()
{
    return makePalette({.window = QColor(0xf4f5f7),
        .base = QColor(0xffffff),
        .alternate = QColor(0xf8f9fa),
        .text = QColor(0x1b1f24),
        .subtle = QColor(0x59636e),
        .button = QColor(0xe9ebef),
        .highlight = QColor(0x2563a8),
        .highlightedText = QColor(0xffffff),
        .link = QColor(0x1d5fa8),
        .frame = QColor(0xc3c8cf)});
}

QPalette darkPalette()
{
    return makePalette({.window = QColor(0x2a2d32),
        .base = QColor(0x191b1f),
        .alternate = QColor(0x1f2226),
        .text = QColor(0xe6e8eb),
        .subtle = QColor(0xa4adb7),
        .button = QColor(0x3a3e46),
        .highlight = QColor(0x3b7fc9),
        .highlightedText = QColor(0xffffff),
        .link = QColor(0x7cb7f0),
        .frame = QColor(0x565d67)});
}

void applyTheme(QApplication& application, Theme theme)
{
    if (!g_desktopPalette)
        g_desktopPalette = application.palette();
    if (application.style()->name() != QLatin1String("fusion"))
        application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    const bool dark = theme == Theme::Dark || (theme == Theme::System && isDark(*g_desktopPalette));
    application.setPalette(dark ? darkPalette() : lightPalette());
    if (!dark)
        return;
    // Fusion draws the frame of an empty box in the window's colour, made darker: not to be seen.
    QPalette boxes = application.palette();
    boxes.setColor(QPalette::Window, semanticColors(boxes).subtle);
    for (const char* kind : {"QRadioButton", "QCheckBox"})
        QApplication::setPalette(boxes, kind);
}

void applyFontScale(QApplication& application, double scale)
{
    if (!g_desktopFont)
        g_desktopFont = application.font();
    QFont font = *g_desktopFont;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * scale);
    else
        font.setPixelSize(qRound(font.pixelSize() * scale));
    const double before = QFontMetricsF(application.font()).height(),
                 after = QFontMetricsF(font).height();
    if (font == application.font())
        return;
    ScaledSizes sizes;
    application.setFont(font);
    sizes.follow(after / before);
}

SemanticColors semanticColors(const QPalette& palette)
{
    if (isDark(palette))
        return {.error = QColor(0xff8f85),
            .warning = QColor(0xf0b65a),
            .good = QColor(0x6fc3a4),
            .errorBackground = QColor(0x46211f),
            .warningBackground = QColor(0x3f3217),
            .subtle = QColor(0xa4adb7),
            .grid = QColor(0x363b42)};
    return {.error = QColor(0xa8200d),
        .warning = QColor(0x8a5300),
        .good = QColor(0x0b6b4f),
        .errorBackground = QColor(0xfde8e5),
        .warningBackground = QColor(0xfdf1d8),
        .subtle = QColor(0x59636e),
        .grid = QColor(0xdcdfe4)};
}

} // namespace ui
