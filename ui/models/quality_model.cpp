#include "ui/models/quality_model.h"

#include "ui/style/icons.h"

namespace ui {

namespace {

using Quality = core::DictionaryQuality;

template <auto write>
TableColumn<Quality> figure(const QString& title, const QString& note, double Quality::*value)
{
    return {title, note, [value](const Quality& quality) { return write(quality.*value); },
        kNumberAlignment};
}

QString asNumber(double value)
{
    return formatNumber(value);
}

bool isWarnedAt(const Quality& quality, int column)
{
    return column == QualityModel::Name && !quality.warning.empty();
}

} // namespace

QualityModel::QualityModel(QObject* parent)
    : RowModel(
        {
            {tr("Dictionary"), tr("Choose a row to see its densities"),
                [](const Quality& quality) { return toQString(quality.dictionary); }},
            figure<asNumber>(
                tr("L0"), tr("Mean number of active features per token"), &Quality::l0),
            figure<asNumber>(tr("FVU"),
                tr("Share of the variance that the dictionary does not explain; 0 is perfect"),
                &Quality::fvu),
            figure<asNumber>(tr("Explained"), tr("Explained variance, 1 is perfect"),
                &Quality::explainedVariance),
            figure<formatPercent>(tr("CE recovered"),
                tr("100 %: the model predicts the text as well as without the dictionary; 0 %: as "
                   "badly as with the activation set to zero"),
                &Quality::ceScore),
            {tr("CE increase"),
                tr("How much worse the model predicts the text when it reads through the "
                   "dictionary, in nats per token"),
                [](const Quality& quality) {
                    return formatNumber(quality.ceDictionary - quality.ceClean);
                },
                kNumberAlignment},
            figure<asNumber>(tr("KL"),
                tr("KL divergence from the model's own next-token distributions, mean over "
                   "tokens, nats"),
                &Quality::kl),
            figure<asNumber>(tr("Cosine"),
                tr("Of the real value and the reconstruction, mean over tokens; 1 is perfect"),
                &Quality::cosine),
            figure<asNumber>(tr("Length ratio"),
                tr("Length of the reconstruction over that of the real value; below 1 the "
                   "dictionary shrinks"),
                &Quality::l2Ratio),
            figure<formatPercent>(tr("Silent"),
                tr("Share of features that never fire on the text; on a short text most are "
                   "silent"),
                &Quality::deadFraction),
            {tr("Tokens"), tr("Tokens of the text that were measured; special ones are left out"),
                [](const Quality& quality) { return formatCount(quality.tokens); },
                kNumberAlignment},
        },
        parent)
{
}

QVariant QualityModel::more(const Quality& quality, int column, int role) const
{
    switch (role) {
    case Qt::DecorationRole:
        return isWarnedAt(quality, column) ? QVariant(icon(Icon::Warning)) : QVariant();
    case Qt::AccessibleTextRole:
        return isWarnedAt(quality, column)
            ? tr("%1, warning: %2").arg(toQString(quality.dictionary), toQString(quality.warning))
            : textOf(quality, column);
    case Qt::ToolTipRole:
        if (isWarnedAt(quality, column))
            return toQString(quality.warning);
        if (column == Tokens && !quality.note.empty())
            return toQString(quality.note);
        if (column == Kl)
            return tr("%1 nats with the activation set to zero, so %2 of the difference is "
                      "recovered")
                .arg(formatNumber(quality.klZero), formatPercent(quality.klScore));
        if (column == Fvu || column == ExplainedVariance)
            return tr("Squared error %1 per token; mean of the tokens' own shares explained (as "
                      "older SAELens has it): %2")
                .arg(formatNumber(quality.mse), formatNumber(quality.explainedVarianceLegacy));
        if (column == L0)
            return tr("Sum of a token's activations (L1): %1").arg(formatNumber(quality.l1));
        if (column == LengthRatio)
            return tr("%1 rebuilt, %2 real; relative reconstruction bias %3")
                .arg(formatNumber(quality.l2Out), formatNumber(quality.l2In),
                    formatNumber(quality.relativeReconstructionBias));
        if (column == CeRecovered || column == CeIncrease)
            return tr("Cross-entropy in nats per token: %1 clean, %2 with the dictionary, %3 with "
                      "the activation set to zero")
                .arg(formatNumber(quality.ceClean, 4), formatNumber(quality.ceDictionary, 4),
                    formatNumber(quality.ceZero, 4));
        return textOf(quality, column);
    default:
        return {};
    }
}

} // namespace ui
