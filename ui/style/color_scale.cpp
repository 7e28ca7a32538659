#include "ui/style/color_scale.h"

#include "ui/style/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {

namespace {

QColor mix(const QColor& a, const QColor& b, double share)
{
    const auto channel = [&](int from, int to) {
        return static_cast<int>(std::lround(from + (to - from) * share));
    };
    return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

using Stops = std::array<QRgb, 3>; // at one third, two thirds and one

constexpr Stops kOrangeOnLight{0xfdd2a2, 0xf3923c, 0xb24a05};
constexpr Stops kBlueOnLight{0xb6d5f0, 0x5a9bd5, 0x1a5a9c};
constexpr Stops kOrangeOnDark{0x6b3b12, 0xc06a1b, 0xffb765};
constexpr Stops kBlueOnDark{0x1d4468, 0x3a7fbf, 0x92c8ff};

QColor along(const Stops& stops, double share, const QColor& background)
{
    const double at = std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0) * 3.0;
    if (at <= 1.0)
        return mix(background, QColor(stops[0]), at);
    if (at <= 2.0)
        return mix(QColor(stops[0]), QColor(stops[1]), at - 1.0);
    return mix(QColor(stops[1]), QColor(stops[2]), at - 2.0);
}

double luminance(const QColor& color)
{
    const auto linear
        = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF())
        + 0.0722 * linear(color.blueF());
}

} // namespace

QColor sequentialColor(double share, const QPalette& palette)
{
    return along(
        isDark(palette) ? kOrangeOnDark : kOrangeOnLight, share, palette.color(QPalette::Base));
}

QColor divergingColor(double value, const QPalette& palette)
{
    const bool dark = isDark(palette);
    const Stops& stops = value >= 0 ? (dark ? kOrangeOnDark : kOrangeOnLight)
                                    : (dark ? kBlueOnDark : kBlueOnLight);
    return along(stops, std::fabs(value), palette.color(QPalette::Base));
}

double contrastRatio(const QColor& a, const QColor& b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor textOn(const QColor& background)
{
    const QColor black(Qt::black),
        white(Qt::white); // pure, so that one of them always reaches 4.5 : 1
    return contrastRatio(background, black) >= contrastRatio(background, white) ? black : white;
}

QColor seriesColor(int index, const QPalette& palette)
{
    // Okabe and Ito's colours, darkened or lightened to stand on either background.
    static constexpr std::array<QRgb, 6> kOnLight{
        0x0b5d8f, 0xb24a05, 0x00735a, 0x9a4d80, 0x6b6300, 0x3a7fbf};
    static constexpr std::array<QRgb, 6> kOnDark{
        0x6cb8ee, 0xffa751, 0x3fc6a0, 0xe09ac6, 0xe3d84a, 0xa8c7f0};
    const auto& colors = isDark(palette) ? kOnDark : kOnLight;
    return QColor(colors[static_cast<std::size_t>(index) % colors.size()]);
}

} // namespace ui
