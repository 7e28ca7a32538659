#include "ui/circuit/patching/signed_map.h"

#include "ui/circuit/translated.h"
#include "ui/shared/sheet_file.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QLocale>

namespace ui {

double SignedMap::at(int row, int column) const
{
    if (row < 0 || column < 0 || row >= countOf(rows) || column >= countOf(columns))
        return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(
        values[static_cast<std::size_t>(row) * columns.size() + static_cast<std::size_t>(column)]);
}

double SignedMap::fullScale() const
{
    if (scale > 0.0)
        return scale;
    double largest = 0.0;
    for (const float value : values)
        if (std::isfinite(value))
            largest = std::max(largest, std::fabs(static_cast<double>(value)));
    return largest;
}

QString SignedMap::columnTitle(int column) const
{
    const Column& name = columns[static_cast<std::size_t>(column)];
    QString text = name.number;
    if (!name.text.isEmpty())
        text += QLatin1Char(' ') + name.text;
    if (!name.second.isEmpty())
        text += QStringLiteral(" | ") + name.second;
    return text;
}

QString SignedMap::describe(int row, int column) const
{
    if (row < 0 || column < 0 || row >= countOf(rows) || column >= countOf(columns))
        return {};
    const double value = at(row, column);
    const QString number = std::isfinite(value)
        ? QStringLiteral("%1 %2").arg(signedText(value, 3), unit).trimmed()
        : translated("no value");
    //: "resid_pre, layer 3, position 5 ·Dallas: +0.42 logits"
    return translated("%1, %2 %3, %4 %5: %6")
        .arg(title, rowAxis, rows[static_cast<std::size_t>(row)], columnAxis, columnTitle(column),
            number);
}

QString SignedMap::toTable() const
{
    QString text = QStringLiteral("%1 \\ %2").arg(rowAxis, columnAxis);
    for (int column = 0; column < countOf(columns); ++column)
        text += QLatin1Char('\t') + columnTitle(column);
    for (int row = 0; row < countOf(rows); ++row) {
        text += QLatin1Char('\n') + rows[static_cast<std::size_t>(row)];
        for (int column = 0; column < countOf(columns); ++column) {
            const double value = at(row, column);
            text += QLatin1Char('\t') + (std::isfinite(value) ? QString::number(value) : QString());
        }
    }
    return text + QLatin1Char('\n');
}

QString SignedMap::toCsv() const
{
    QString text = csvField(QStringLiteral("%1 \\ %2").arg(rowAxis, columnAxis));
    for (int column = 0; column < countOf(columns); ++column)
        text += QLatin1Char(',') + csvField(columnTitle(column));
    for (int row = 0; row < countOf(rows); ++row) {
        text += QStringLiteral("\r\n") + csvField(rows[static_cast<std::size_t>(row)]);
        for (int column = 0; column < countOf(columns); ++column) {
            const double value = at(row, column);
            text += QLatin1Char(',') + (std::isfinite(value) ? QString::number(value) : QString());
        }
    }
    return text + QStringLiteral("\r\n");
}

QString signedCellText(double value, double scale)
{
    constexpr double kDecimalsEnd = 0.1; // below, two digits of each value are shorter
    if (!std::isfinite(value) || scale < kDecimalsEnd)
        return signedText(value);
    const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(scale))), 0, 3);
    if (std::fabs(value) < 0.5 * std::pow(10.0, -decimals))
        return QStringLiteral("0");
    return (value < 0 ? QChar(0x2212) : QChar(u'+'))
        + QLocale().toString(std::fabs(value), 'f', decimals);
}

QString signedText(double value, int significant)
{
    if (!std::isfinite(value))
        return {};
    if (value == 0.0)
        return QStringLiteral("0");
    return (value < 0 ? QChar(0x2212) : QChar(u'+')) + formatNumber(std::fabs(value), significant);
}

} // namespace ui
