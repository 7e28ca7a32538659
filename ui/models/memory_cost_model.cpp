#include "ui/models/memory_cost_model.h"

#include "ui/style/icons.h"

#include <QBrush>
#include <QGuiApplication>
#include <QPalette>

namespace ui {

namespace {

using Cost = core::MemoryCost;

QString fitText(const Cost& cost)
{
    if (cost.fits)
        return MemoryCostModel::tr("fits");
    return cost.freeBytes > 0 && cost.total() > cost.freeBytes
        //: %1 is an amount of memory
        ? MemoryCostModel::tr("%1 too much").arg(formatBytes(cost.total() - cost.freeBytes))
        : MemoryCostModel::tr("does not fit");
}

/// A column of bytes.
TableColumn<Cost> bytesOf(const QString& title, const QString& note, std::int64_t Cost::*bytes)
{
    return {title, note, [bytes](const Cost& cost) { return formatBytes(cost.*bytes); },
        kNumberAlignment};
}

bool isOnCard(const Cost& cost)
{
    return cost.device.starts_with("cuda");
}

bool isDevice(const Cost& cost, const QString& wanted)
{
    return wanted == QLatin1String("auto") || wanted.isEmpty() || toQString(cost.device) == wanted
        || (wanted == QLatin1String("cuda") && isOnCard(cost));
}

} // namespace

MemoryCostModel::MemoryCostModel(std::vector<Cost> costs, QObject* parent)
    : RowModel(
        {
            {tr("Device"), tr("Where the model would run"),
                [](const Cost& cost) { return toQString(cost.device); }},
            {tr("Precision"),
                tr("Of the weights while it runs; int8 keeps a scale for each group of weights"),
                [](const Cost& cost) { return toQString(cost.dtype); }},
            {tr("Total"), tr("Everything to its right together, in bytes"),
                [](const Cost& cost) { return formatBytes(cost.total()); }, kNumberAlignment},
            {tr("Free now"), tr("Memory free on that device now"),
                [](const Cost& cost) {
                    return cost.freeBytes > 0 ? formatBytes(cost.freeBytes) : tr("not known");
                },
                kNumberAlignment},
            {tr("Fits"), tr("Whether the total is less than what is free"), fitText},
            bytesOf(tr("In its files"),
                tr("Weights used where they lie, in their files; the system may drop and read "
                   "them again"),
                &Cost::mappedBytes),
            bytesOf(tr("Converted"), tr("Weights converted into memory"), &Cost::weightBytes),
            bytesOf(tr("KV cache"),
                tr("Keys and values of a normal and a steered text, at most 1,024 tokens each"),
                &Cost::kvCacheBytes),
            bytesOf(tr("Activations"), tr("What one pass needs besides"), &Cost::activationBytes),
            {tr("Note"), tr("What to know about this way"),
                [](const Cost& cost) { return toQString(cost.note); }},
        },
        parent)
{
    setRows(std::move(costs));
}

int MemoryCostModel::bestRow(const QString& device, const QString& dtype) const
{
    int first = -1, wanted = -1;
    for (int row = 0; row < rowCount(); ++row) {
        const Cost& cost = *at(row);
        if (!cost.fits)
            continue;
        if (first < 0)
            first = row;
        if (isDevice(cost, device) && toQString(cost.dtype) == dtype
            && (wanted < 0 || (isOnCard(cost) && !isOnCard(*at(wanted)))))
            wanted = row;
    }
    return wanted >= 0 ? wanted : first;
}

int MemoryCostModel::fittingRow(const QString& device, const QString& dtype) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (at(row)->fits && toQString(at(row)->device) == device
            && toQString(at(row)->dtype) == dtype)
            return row;
    }
    return -1;
}

QVariant MemoryCostModel::more(const Cost& cost, int column, int role) const
{
    switch (role) {
    case Qt::DecorationRole:
        return column == Fits ? QVariant(icon(cost.fits ? Icon::Check : Icon::Close)) : QVariant();
    case Qt::ForegroundRole:
        return cost.fits
            ? QVariant()
            : QVariant(QBrush(QGuiApplication::palette().color(QPalette::PlaceholderText)));
    case Qt::ToolTipRole:
        return cost.note.empty() ? textOf(cost, column) : toQString(cost.note);
    default:
        return {};
    }
}

} // namespace ui
