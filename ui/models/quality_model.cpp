#include "ui/models/quality_model.h"

#include "ui/style/icons.h"
#include "ui/style/text.h"

namespace ui {

namespace {

QString textOf(const core::DictionaryQuality& quality, int column)
{
    switch (column) {
    case QualityModel::Name:
        return toQString(quality.dictionary);
    case QualityModel::L0:
        return formatNumber(quality.l0);
    case QualityModel::Fvu:
        return formatNumber(quality.fvu);
    case QualityModel::ExplainedVariance:
        return formatNumber(quality.explainedVariance);
    case QualityModel::CeRecovered:
        return formatPercent(quality.ceScore);
    case QualityModel::CeIncrease:
        return formatNumber(quality.ceDictionary - quality.ceClean);
    case QualityModel::Kl:
        return formatNumber(quality.kl);
    case QualityModel::Dead:
        return formatPercent(quality.deadFraction);
    case QualityModel::Tokens:
        return formatCount(quality.tokens);
    default:
        return {};
    }
}

} // namespace

void QualityModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

void QualityModel::add(const core::DictionaryQuality& quality)
{
    beginInsertRows({}, rowCount(), rowCount());
    m_rows.push_back(quality);
    endInsertRows();
}

const core::DictionaryQuality* QualityModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_rows[static_cast<std::size_t>(row)] : nullptr;
}

int QualityModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_rows);
}

int QualityModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant QualityModel::data(const QModelIndex& index, int role) const
{
    const core::DictionaryQuality* quality = index.isValid() ? at(index.row()) : nullptr;
    if (!quality)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return textOf(*quality, index.column());
    case Qt::DecorationRole:
        return index.column() == Name && !quality->warning.empty() ? QVariant(icon(Icon::Warning))
                                                                   : QVariant();
    case Qt::AccessibleTextRole:
        return index.column() == Name && !quality->warning.empty()
            ? tr("%1, warning: %2").arg(toQString(quality->dictionary), toQString(quality->warning))
            : textOf(*quality, index.column());
    case Qt::ToolTipRole:
        if (index.column() == Name && !quality->warning.empty())
            return toQString(quality->warning);
        if (index.column() == CeRecovered || index.column() == CeIncrease)
            return tr("Cross-entropy in nats per token: %1 clean, %2 with the dictionary, %3 with "
                      "the activation set to zero")
                .arg(formatNumber(quality->ceClean, 4), formatNumber(quality->ceDictionary, 4),
                    formatNumber(quality->ceZero, 4));
        return textOf(*quality, index.column());
    case Qt::TextAlignmentRole:
        return index.column() > Name ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    default:
        return {};
    }
}

QVariant QualityModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Dictionary"), tr("L0"), tr("FVU"), tr("Explained"),
        tr("CE recovered"), tr("CE increase"), tr("KL"), tr("Silent"), tr("Tokens")};
    const QStringList notes{tr("Choose a row to see its densities"),
        tr("Mean number of active features per token"),
        tr("Share of the variance that the dictionary does not explain; 0 is perfect"),
        tr("Explained variance, 1 is perfect"),
        tr("100 %: the model predicts the text as well as without the dictionary; 0 %: as badly "
           "as with the activation set to zero"),
        tr("How much worse the model predicts the text when it reads through the dictionary, in "
           "nats per token"),
        tr("KL divergence from the model's own next-token distributions, mean over tokens, nats"),
        tr("Share of features that never fire on the text; on a short text most are silent"),
        tr("Tokens of the text that were measured")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    if (role == Qt::TextAlignmentRole && section > Name)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
