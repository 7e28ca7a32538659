#include "ui/models/dictionary_table_model.h"

#include "ui/style/icons.h"

namespace ui {

namespace {

using Info = core::DictionaryInfo;

QString orDash(const std::string& text)
{
    return text.empty() ? QStringLiteral("–") : toQString(text);
}

QString hooksOf(const Info& info)
{
    return info.hookIn == info.hookOut || info.hookOut.empty()
        ? orDash(info.hookIn)
        : QStringLiteral("%1 → %2").arg(toQString(info.hookIn), toQString(info.hookOut));
}

bool isWarnedAt(const Info& info, int column)
{
    return !info.warning.empty()
        && (column == DictionaryTableModel::Name
            || (column == DictionaryTableModel::BaseModel && !info.baseModel.empty()
                && info.warning.find(info.baseModel) != std::string::npos));
}

} // namespace

DictionaryTableModel::DictionaryTableModel(QObject* parent)
    : RowModel(
        {
            {tr("Dictionary"), tr("Name of the dictionary; its tooltip is where it lies"),
                [](const Info& info) { return toQString(info.name); }},
            {tr("Kind"),
                tr("An SAE rebuilds what it reads; a transcoder predicts an MLP's output from its "
                   "input; a cross-layer transcoder writes to its own and all later layers; "
                   "concept directions were learnt from texts about named concepts"),
                [](const Info& info) { return kindName(info); }},
            {tr("Architecture"), tr("How activations become features"),
                [](const Info& info) { return toQString(info.architecture); }},
            {tr("Layer"), tr("Layer it reads, from 0"),
                [](const Info& info) {
                    return info.layer.isValid() ? QString::number(info.layer.value)
                                                : QStringLiteral("–");
                },
                Qt::AlignCenter},
            {tr("Quality"),
                tr("Variance that is not explained (FVU), and the share of the loss that is "
                   "recovered, on the text measured last; Evaluate below measures"),
                [this](const Info& info) {
                    const core::DictionaryQuality* known = quality(info.name);
                    return known ? tr("FVU %1, CE %2")
                                       .arg(formatNumber(known->fvu), formatPercent(known->ceScore))
                                 : tr("not measured");
                }},
            {tr("Hook point"),
                tr("The activation it reads and, for a transcoder, the one it predicts"), hooksOf},
            {tr("d_in"), tr("Width of the activation it reads"),
                [](const Info& info) { return formatCount(info.d_in); }, Qt::AlignCenter},
            {tr("d_sae"), tr("Number of features"),
                [](const Info& info) { return formatCount(info.d_sae); }, Qt::AlignCenter},
            {tr("Made for"),
                tr("The model its files say it was made for; a warning stands here when another "
                   "is open"),
                [](const Info& info) { return orDash(info.baseModel); }},
            {tr("dtype"), tr("Precision of the numbers in its files"),
                [](const Info& info) { return toQString(info.dtype); }},
            {tr("Format"), tr("The program that saved it"),
                [](const Info& info) { return toQString(info.format); }},
            {tr("Harvest"), tr("Tokens from which densities, examples and histograms were made"),
                [](const Info& info) {
                    return info.isHarvested ? tr("%1 tokens").arg(formatCount(info.harvestedTokens))
                                            : tr("not yet");
                }},
        },
        parent)
{
}

void DictionaryTableModel::setQuality(const core::DictionaryQuality& quality)
{
    m_qualities[quality.dictionary] = quality;
    for (int row = 0; row < rowCount(); ++row)
        if (at(row)->name == quality.dictionary)
            Q_EMIT dataChanged(index(row, Quality), index(row, Quality));
}

void DictionaryTableModel::forgetQualities()
{
    m_qualities.clear();
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, Quality), index(rowCount() - 1, Quality));
}

const core::DictionaryQuality* DictionaryTableModel::quality(const std::string& dictionary) const
{
    const auto known = m_qualities.find(dictionary);
    return known == m_qualities.end() ? nullptr : &known->second;
}

QString qualityInWords(const core::DictionaryQuality& quality)
{
    return DictionaryTableModel::tr("FVU %1, %2 of the loss recovered, KL %3, L0 %4, on %5 tokens")
        .arg(formatNumber(quality.fvu), formatPercent(quality.ceScore), formatNumber(quality.kl),
            formatNumber(quality.l0), formatCount(quality.tokens));
}

QVariant DictionaryTableModel::more(const Info& info, int column, int role) const
{
    const bool isWarned = isWarnedAt(info, column);
    switch (role) {
    case Qt::DecorationRole:
        return isWarned ? QVariant(icon(Icon::Warning)) : QVariant();
    case Qt::AccessibleTextRole:
        return isWarned ? tr("%1, warning: %2").arg(textOf(info, column), toQString(info.warning))
                        : textOf(info, column);
    case Qt::ToolTipRole:
        if (isWarned)
            return toQString(info.warning);
        if (column == Name)
            return toQString(info.path);
        if (column == Harvest && info.aliveFeatures > 0)
            return tr("%1 of %2 features fired")
                .arg(formatCount(info.aliveFeatures), formatCount(info.d_sae));
        if (const core::DictionaryQuality* known = quality(info.name); column == Quality && known)
            return qualityInWords(*known);
        return textOf(info, column);
    default:
        return {};
    }
}

} // namespace ui
