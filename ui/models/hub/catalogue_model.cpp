#include "ui/models/hub/catalogue_model.h"

namespace ui {

namespace {

QString partsText(const CatalogueEntry& entry)
{
    QStringList dictionaries;
    for (std::size_t i = 1; i < entry.parts.size(); ++i) {
        const CataloguePart& part = entry.parts[i];
        const QString name = part.repository.section(QLatin1Char('/'), 1);
        dictionaries << (part.only.isEmpty() ? name : name + QLatin1Char('/') + part.only);
    }
    return dictionaries.isEmpty() ? CatalogueModel::tr("no dictionary yet")
                                  : dictionaries.join(QStringLiteral(", "));
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
            {tr("With"), tr("Dictionaries that fit it and come along"), partsText},
            {tr("Parameters"), tr("Of the model, in millions"), parametersText, kNumberAlignment},
            {tr("Licence"), tr("Of the model; then of its dictionaries, where another"),
                [](const CatalogueEntry& entry) { return entry.licence; }},
            {tr("Download"), tr("All files together"), bytesText, kNumberAlignment},
            {tr("Memory here"),
                tr("At least what the weights and dictionaries take as they are stored, beside "
                   "what is free on this machine now. Opening shows the exact figures of every "
                   "precision before anything is loaded."),
                [this](const CatalogueEntry& entry) { return memoryText(entry); },
                kNumberAlignment},
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
    const QString needed = bytesText(entry);
    if (m_freeMemory <= 0)
        return needed;
    return entry.bytes() < m_freeMemory
        ? tr("%1 of %2 free").arg(needed, formatBytes(m_freeMemory))
        : tr("%1, only %2 free").arg(needed, formatBytes(m_freeMemory));
}

QVariant CatalogueModel::more(const CatalogueEntry& entry, int column, int role) const
{
    if (role == Qt::ToolTipRole)
        return column == With ? partsText(entry) : entry.about;
    return {};
}

} // namespace ui
