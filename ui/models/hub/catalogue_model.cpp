#include "ui/models/hub/catalogue_model.h"

namespace ui {

namespace {

/// What comes, a line each.
QString partsText(const CatalogueEntry& entry)
{
    QStringList lines;
    for (const CataloguePart& part : entry.parts)
        lines << (part.only.isEmpty()
                ? part.repository
                : CatalogueModel::tr("%1: %2").arg(part.repository, part.only));
    return lines.join(QLatin1Char('\n'));
}

QString bytesText(const CatalogueEntry& entry)
{
    const QString known = formatBytes(entry.bytes());
    return entry.hasUnknownSizes() ? CatalogueModel::tr("over %1").arg(known)
                                   : CatalogueModel::tr("about %1").arg(known);
}

QString parametersText(const CatalogueEntry& entry)
{
    constexpr qint64 kMillion = 1'000'000;
    return CatalogueModel::tr("%1 M").arg((entry.parameters + kMillion / 2) / kMillion);
}

} // namespace

CatalogueModel::CatalogueModel(std::vector<CatalogueEntry> entries, QObject* parent)
    : RowModel(
        {
            {tr("Model"), tr("What the others call it"),
                [](const CatalogueEntry& entry) { return entry.name; }},
            {tr("With"), tr("Dictionaries that fit it and come along"),
                [](const CatalogueEntry& entry) {
                    return entry.with.isEmpty() ? tr("no dictionary yet") : entry.with;
                }},
            {tr("Parameters"), tr("Of the model, in millions"), parametersText, kNumberAlignment},
            {tr("Licence"), tr("Of the model; then of its dictionaries, where another"),
                [](const CatalogueEntry& entry) { return entry.licence; }},
            {tr("Download"), tr("All files together"), bytesText, kNumberAlignment},
            {tr("Memory here"),
                tr("Whether the weights and dictionaries fit into what is free now, as they are "
                   "stored. Opening shows the exact figures of every precision before anything is "
                   "loaded."),
                [this](const CatalogueEntry& entry) { return memoryText(entry); }},
        },
        parent)
{
    setRows(std::move(entries));
}

void CatalogueModel::setFreeMemory(qint64 bytes)
{
    m_freeMemory = bytes;
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, Memory), index(rowCount() - 1, Memory));
}

QString CatalogueModel::memoryText(const CatalogueEntry& entry) const
{
    if (m_freeMemory <= 0)
        return tr("not known");
    return entry.bytes() < m_freeMemory
        ? tr("fits")
        //: %1 is an amount of memory
        : tr("%1 too much").arg(formatBytes(entry.bytes() - m_freeMemory));
}

QVariant CatalogueModel::more(const CatalogueEntry& entry, int column, int role) const
{
    if (role != Qt::ToolTipRole)
        return {};
    if (column == With)
        return partsText(entry);
    return column == Memory && m_freeMemory > 0
        ? tr("%1 of %2 free").arg(bytesText(entry), formatBytes(m_freeMemory))
        : entry.about;
}

} // namespace ui
