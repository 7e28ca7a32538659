#include "ui/models/dictionary_table_model.h"

#include "ui/style/icons.h"
#include "ui/style/text.h"

namespace ui {

namespace {

QString textOf(const core::DictionaryInfo& info, int column)
{
    using Model = DictionaryTableModel;
    const auto known = [](const std::string& text) {
        return text.empty() ? QStringLiteral("–") : toQString(text);
    };
    switch (column) {
    case Model::Name:
        return toQString(info.name);
    case Model::Kind:
        return kindName(info.kind);
    case Model::Architecture:
        return toQString(info.architecture);
    case Model::Layer:
        return info.layer.isValid() ? QString::number(info.layer.value) : QStringLiteral("–");
    case Model::Hook:
        return info.hookIn == info.hookOut || info.hookOut.empty()
            ? known(info.hookIn)
            : QStringLiteral("%1 → %2").arg(toQString(info.hookIn), toQString(info.hookOut));
    case Model::InputWidth:
        return formatCount(info.d_in);
    case Model::Features:
        return formatCount(info.d_sae);
    case Model::BaseModel:
        return known(info.baseModel);
    case Model::Precision:
        return toQString(info.dtype);
    case Model::Format:
        return toQString(info.format);
    case Model::Harvest:
        return info.isHarvested ? Model::tr("%1 tokens").arg(formatCount(info.harvestedTokens))
                                : Model::tr("not yet");
    default:
        return {};
    }
}

bool isWarnedAt(const core::DictionaryInfo& info, int column)
{
    return !info.warning.empty()
        && (column == DictionaryTableModel::Name
            || (column == DictionaryTableModel::BaseModel && !info.baseModel.empty()
                && info.warning.find(info.baseModel) != std::string::npos));
}

bool isNumber(int column)
{
    return column == DictionaryTableModel::Layer || column == DictionaryTableModel::InputWidth
        || column == DictionaryTableModel::Features;
}

} // namespace

void DictionaryTableModel::setDictionaries(std::vector<core::DictionaryInfo> dictionaries)
{
    beginResetModel();
    m_dictionaries = std::move(dictionaries);
    endResetModel();
}

const core::DictionaryInfo* DictionaryTableModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_dictionaries[static_cast<std::size_t>(row)] : nullptr;
}

int DictionaryTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_dictionaries);
}

int DictionaryTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DictionaryTableModel::data(const QModelIndex& index, int role) const
{
    const core::DictionaryInfo* info = index.isValid() ? at(index.row()) : nullptr;
    if (!info)
        return {};
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return textOf(*info, column);
    case Qt::DecorationRole:
        return isWarnedAt(*info, column) ? QVariant(icon(Icon::Warning)) : QVariant();
    case Qt::AccessibleTextRole:
        return isWarnedAt(*info, column)
            ? tr("%1, warning: %2").arg(textOf(*info, column), toQString(info->warning))
            : textOf(*info, column);
    case Qt::ToolTipRole:
        if (isWarnedAt(*info, column))
            return toQString(info->warning);
        if (column == Name)
            return toQString(info->path);
        if (column == Harvest && info->aliveFeatures > 0)
            return tr("%1 of %2 features fired")
                .arg(formatCount(info->aliveFeatures), formatCount(info->d_sae));
        return textOf(*info, column);
    case Qt::TextAlignmentRole:
        return isNumber(column) ? QVariant(Qt::AlignCenter) : QVariant();
    default:
        return {};
    }
}

QVariant DictionaryTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Dictionary"), tr("Kind"), tr("Architecture"), tr("Layer"),
        tr("Hook point"), tr("d_in"), tr("d_sae"), tr("Made for"), tr("dtype"), tr("Format"),
        tr("Harvest")};
    const QStringList notes{tr("Name of the dictionary; its tooltip is where it lies"),
        tr("An SAE rebuilds what it reads; a transcoder predicts an MLP's output from its input; a "
           "cross-layer transcoder writes to its own and all later layers"),
        tr("How activations become features"), tr("Layer it reads, from 0"),
        tr("The activation it reads and, for a transcoder, the one it predicts"),
        tr("Width of the activation it reads"), tr("Number of features"),
        tr("The model its files say it was made for; a warning stands here when another is open"),
        tr("Precision of the numbers in its files"), tr("The program that saved it"),
        tr("Tokens from which densities, examples and histograms were made")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    if (role == Qt::TextAlignmentRole && isNumber(section))
        return QVariant(Qt::AlignCenter);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
