#include "ui/models/memory_cost_model.h"

#include "ui/style/icons.h"
#include "ui/style/text.h"

#include <QBrush>
#include <QGuiApplication>
#include <QPalette>

namespace ui {

namespace {

QString textOf(const core::MemoryCost& cost, int column)
{
    switch (column) {
    case MemoryCostModel::Device:
        return toQString(cost.device);
    case MemoryCostModel::Precision:
        return toQString(cost.dtype);
    case MemoryCostModel::Total:
        return formatBytes(cost.total());
    case MemoryCostModel::Free:
        return cost.freeBytes > 0 ? formatBytes(cost.freeBytes) : MemoryCostModel::tr("not known");
    case MemoryCostModel::Fits:
        if (cost.fits)
            return MemoryCostModel::tr("fits");
        return cost.freeBytes > 0 && cost.total() > cost.freeBytes
            //: %1 is an amount of memory
            ? MemoryCostModel::tr("%1 too much").arg(formatBytes(cost.total() - cost.freeBytes))
            : MemoryCostModel::tr("does not fit");
    case MemoryCostModel::InFile:
        return formatBytes(cost.mappedBytes);
    case MemoryCostModel::Converted:
        return formatBytes(cost.weightBytes);
    case MemoryCostModel::KvCache:
        return formatBytes(cost.kvCacheBytes);
    case MemoryCostModel::Activations:
        return formatBytes(cost.activationBytes);
    default:
        return toQString(cost.note);
    }
}

bool isOnCard(const core::MemoryCost& cost)
{
    return cost.device.starts_with("cuda");
}

bool isDevice(const core::MemoryCost& cost, const QString& wanted)
{
    return wanted == QLatin1String("auto") || wanted.isEmpty() || toQString(cost.device) == wanted
        || (wanted == QLatin1String("cuda") && isOnCard(cost));
}

} // namespace

MemoryCostModel::MemoryCostModel(std::vector<core::MemoryCost> costs, QObject* parent)
    : QAbstractTableModel(parent)
    , m_costs(std::move(costs))
{
}

const core::MemoryCost* MemoryCostModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_costs[static_cast<std::size_t>(row)] : nullptr;
}

int MemoryCostModel::bestRow(const QString& device, const QString& dtype) const
{
    int first = -1, wanted = -1;
    for (int row = 0; row < rowCount(); ++row) {
        const core::MemoryCost& cost = *at(row);
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

int MemoryCostModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_costs);
}

int MemoryCostModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MemoryCostModel::data(const QModelIndex& index, int role) const
{
    const core::MemoryCost* cost = index.isValid() ? at(index.row()) : nullptr;
    if (!cost)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return textOf(*cost, index.column());
    case Qt::DecorationRole:
        return index.column() == Fits ? QVariant(icon(cost->fits ? Icon::Check : Icon::Close))
                                      : QVariant();
    case Qt::ForegroundRole:
        return cost->fits
            ? QVariant()
            : QVariant(QBrush(QGuiApplication::palette().color(QPalette::PlaceholderText)));
    case Qt::ToolTipRole:
        return cost->note.empty() ? textOf(*cost, index.column()) : toQString(cost->note);
    case Qt::TextAlignmentRole:
        return (index.column() == Total || index.column() == Free
                   || (index.column() >= InFile && index.column() <= Activations))
            ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
            : QVariant();
    default:
        return {};
    }
}

QVariant MemoryCostModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Device"), tr("Precision"), tr("Total"), tr("Free now"), tr("Fits"),
        tr("In its files"), tr("Converted"), tr("KV cache"), tr("Activations"), tr("Note")};
    const QStringList notes{tr("Where the model would run"),
        tr("Of the weights while it runs; int8 keeps a scale for each group of weights"),
        tr("Everything to its right together, in bytes"), tr("Memory free on that device now"),
        tr("Whether the total is less than what is free"),
        tr("Weights used where they lie, in their files; the system may drop and read them again"),
        tr("Weights converted into memory"),
        tr("Keys and values of a normal and a steered text, at most 1,024 tokens each"),
        tr("What one pass needs besides"), tr("What to know about this way")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
