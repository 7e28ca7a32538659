#include "ui/item_models/dictionary_table_model.h"

#include "ui/style/icons.h"
#include "ui/style/text.h"

#include <algorithm>

namespace ui {

void DictionaryTableModel::setDictionaries(std::vector<core::DictionaryInfo> dictionaries)
{
    beginResetModel();
    m_dictionaries = std::move(dictionaries);
    std::erase_if(m_quality, [this](const auto& entry) {
        return std::none_of(m_dictionaries.begin(), m_dictionaries.end(),
            [&](const core::DictionaryInfo& info) { return info.name == entry.first; });
    });
    endResetModel();
}

void DictionaryTableModel::setQuality(const core::DictionaryQuality& quality)
{
    m_quality[quality.dictionary] = quality;
    for (int row = 0; row < rowCount(); ++row) {
        if (m_dictionaries[static_cast<std::size_t>(row)].name == quality.dictionary)
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

void DictionaryTableModel::clearQuality()
{
    beginResetModel();
    m_quality.clear();
    endResetModel();
}

const core::DictionaryInfo* DictionaryTableModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_dictionaries[static_cast<std::size_t>(row)] : nullptr;
}

QString DictionaryTableModel::toTable() const
{
    QString text;
    for (int column = 0; column < ColumnCount; ++column)
        text += headerData(column, Qt::Horizontal, Qt::DisplayRole).toString()
            + QLatin1Char(column + 1 < ColumnCount ? '\t' : '\n');
    for (const core::DictionaryInfo& info : m_dictionaries) {
        for (int column = 0; column < ColumnCount; ++column)
            text += cellText(info, column) + QLatin1Char(column + 1 < ColumnCount ? '\t' : '\n');
    }
    return text;
}

int DictionaryTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_dictionaries);
}

int DictionaryTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString DictionaryTableModel::cellText(const core::DictionaryInfo& info, int column) const
{
    switch (column) {
    case Name:
        return toQString(info.name);
    case Kind:
        return toQString(info.architecture);
    case Hook:
        return info.kind == core::DictionaryKind::Sae
            ? toQString(info.hookIn)
            : QStringLiteral("%1 → %2").arg(toQString(info.hookIn), toQString(info.hookOut));
    case Size:
        return QStringLiteral("%1 → %2").arg(formatCount(info.d_in), formatCount(info.d_sae));
    case Harvest:
        return info.isHarvested ? tr("%1 tokens").arg(formatCount(info.harvestedTokens))
                                : tr("not yet");
    default:
        break;
    }
    const auto found = m_quality.find(info.name);
    if (found == m_quality.end())
        return QStringLiteral("–");
    const core::DictionaryQuality& quality = found->second;
    switch (column) {
    case L0:
        return formatNumber(quality.l0);
    case Fvu:
        return formatNumber(quality.fvu);
    case CeIncrease:
        return formatNumber(quality.ceDictionary - quality.ceClean);
    case CeScore:
        return formatNumber(quality.ceScore);
    case Dead:
        return formatPercent(quality.deadFraction);
    default:
        return {};
    }
}

QVariant DictionaryTableModel::data(const QModelIndex& index, int role) const
{
    const core::DictionaryInfo* info = index.isValid() ? at(index.row()) : nullptr;
    if (!info)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return cellText(*info, index.column());
    case Qt::DecorationRole:
        return index.column() == Name && !info->warning.empty() ? QVariant(icon(Icon::Warning))
                                                                : QVariant();
    case Qt::ToolTipRole:
        if (!info->warning.empty())
            return toQString(info->warning);
        if (index.column() <= Name)
            return tr("%1\n%2, %3")
                .arg(toQString(info->path), toQString(info->format), toQString(info->dtype));
        if (index.column() == Harvest && info->aliveFeatures > 0)
            return tr("%1 of %2 features fired")
                .arg(formatCount(info->aliveFeatures), formatCount(info->d_sae));
        if (const auto found = m_quality.find(info->name);
            index.column() >= L0 && found != m_quality.end())
            return tr("On %1 tokens of your text. Cross-entropy: %2 clean, %3 with the dictionary, "
                      "%4 with zeros.")
                .arg(formatCount(found->second.tokens), formatNumber(found->second.ceClean, 4),
                    formatNumber(found->second.ceDictionary, 4),
                    formatNumber(found->second.ceZero, 4));
        return cellText(*info, index.column());
    case Qt::TextAlignmentRole:
        return index.column() >= L0 ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    default:
        return {};
    }
}

QVariant DictionaryTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Dictionary"), tr("Architecture"), tr("Hook point"), tr("Size"),
        tr("Harvest"), tr("L0"), tr("FVU"), tr("CE increase"), tr("CE score"), tr("Silent")};
    const QStringList notes{tr("Name of the dictionary"), tr("How activations become features"),
        tr("The activation it reads (and, for a transcoder, predicts)"),
        tr("Width in → number of features"),
        tr("Tokens from which densities, examples and histograms were made"),
        tr("Mean number of active features per token of your text"),
        tr("Share of the variance that the dictionary does not explain; 0 is perfect"),
        tr("How much worse the model predicts your text when it reads through the dictionary, in "
           "nats per token"),
        tr("1: as good as without the dictionary; 0: as bad as with the activation set to zero"),
        tr("Share of features that never fire on your text; on a short text most are silent")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
