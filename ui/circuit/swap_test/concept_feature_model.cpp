#include "ui/circuit/swap_test/concept_feature_model.h"

namespace ui {

namespace {

using Found = core::ConceptFeature;

TableColumn<Found> shareColumn(const QString& title, const QString& note, double Found::*share)
{
    return {title, note, [share](const Found& row) { return formatPercent(row.*share); },
        kNumberAlignment, {}};
}

TableColumn<Found> meanColumn(const QString& title, const QString& note, double Found::*mean)
{
    return {title, note, [mean](const Found& row) { return formatNumber(row.*mean); },
        kNumberAlignment, {}};
}

} // namespace

ConceptFeatureModel::ConceptFeatureModel(QObject* parent)
    : RowModel(
        {{tr("Feature"), tr("Choose a row to see its card"),
             [](const Found& row) { return featureTitle(row.row); }, {}, {}},
            {tr("Layer"), tr("Layer of the feature"),
                [](const Found& row) { return QString::number(row.layer.value); }, kNumberAlignment,
                {}},
            {tr("Told apart"),
                tr("Share of prompts that it tells apart, both kinds counting the same: 50 % is "
                   "chance, 100 % is all"),
                [](const Found& row) { return formatPercent(row.score); }, kNumberAlignment,
                [](const Found& row) { return 2.0 * row.score - 1.0; }}, // chance has no bar
            shareColumn(tr("Fires with"),
                tr("Share of the prompts with the concept on which it fires"), &Found::shareWith),
            shareColumn(tr("Fires without"),
                tr("Share of the prompts without the concept on which it fires"),
                &Found::shareWithout),
            meanColumn(tr("Mean with"),
                tr("Mean of its largest activation in each prompt with the concept"),
                &Found::meanWith),
            meanColumn(tr("Mean without"),
                tr("Mean of its largest activation in each prompt without the concept"),
                &Found::meanWithout)},
        parent)
{
}

QVariant ConceptFeatureModel::more(const core::ConceptFeature& feature, int, int role) const
{
    return role == Qt::ToolTipRole
        ? tr("%1: shows its card").arg(featureName(feature.row.feature, feature.layer))
        : QVariant();
}

} // namespace ui
