#include "ui/train/layer_list.h"

#include <algorithm>

#include <QRegularExpression>
#include <QStringList>

namespace ui {

namespace {
constexpr int kMostLayers = 100'000; // a slip of the finger is no list
}

std::optional<std::vector<int>> layersOf(const QString& text)
{
    static const QRegularExpression kRange(QStringLiteral("^(\\d{1,6})(?:\\s*-\\s*(\\d{1,6}))?$"));
    std::vector<int> layers;
    const QString plain = text.trimmed();
    if (plain.isEmpty() || plain.compare(QLatin1String("all"), Qt::CaseInsensitive) == 0)
        return layers;
    for (const QString& part : plain.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        const QRegularExpressionMatch match = kRange.match(part.trimmed());
        if (!match.hasMatch())
            return {};
        const int first = match.captured(1).toInt(),
                  last = match.captured(2).isEmpty() ? first : match.captured(2).toInt();
        if (last < first || last - first > kMostLayers)
            return {};
        for (int layer = first; layer <= last; ++layer)
            layers.push_back(layer);
    }
    if (layers.empty()) // commas alone
        return {};
    std::sort(layers.begin(), layers.end());
    layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
    return layers;
}

QString layersText(const std::vector<int>& layers)
{
    if (layers.empty())
        return QStringLiteral("all");
    QStringList parts;
    for (std::size_t i = 0; i < layers.size();) {
        std::size_t end = i + 1;
        while (end < layers.size() && layers[end] == layers[end - 1] + 1)
            ++end;
        parts << (end - i > 2 ? QStringLiteral("%1-%2").arg(layers[i]).arg(layers[end - 1])
                              : QString::number(layers[i]));
        i = end - i > 2 ? end : i + 1;
    }
    return parts.join(QStringLiteral(", "));
}

} // namespace ui
