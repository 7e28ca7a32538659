#include "ui/circuit/swap_test/concept_feature_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <utility>

namespace ui {

namespace {

QString textOf(const core::ConceptFeature& feature, int column)
{
    switch (column) {
    case ConceptFeatureModel::Feature:
        return featureTitle(feature.row);
    case ConceptFeatureModel::Layer:
        return QString::number(feature.layer.value);
    case ConceptFeatureModel::Score:
        return formatPercent(feature.score);
    case ConceptFeatureModel::ShareWith:
        return formatPercent(feature.shareWith);
    case ConceptFeatureModel::ShareWithout:
        return formatPercent(feature.shareWithout);
    case ConceptFeatureModel::MeanWith:
        return formatNumber(feature.meanWith);
    case ConceptFeatureModel::MeanWithout:
        return formatNumber(feature.meanWithout);
    default:
        return {};
    }
}

} // namespace

void ConceptFeatureModel::setFeatures(std::shared_ptr<const core::ConceptFeatures> features)
{
    beginResetModel();
    m_features = std::move(features);
    endResetModel();
}

const core::ConceptFeature* ConceptFeatureModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_features->features[static_cast<std::size_t>(row)]
                                        : nullptr;
}

int ConceptFeatureModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_features ? 0 : countOf(m_features->features);
}

int ConceptFeatureModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ConceptFeatureModel::data(const QModelIndex& index, int role) const
{
    const core::ConceptFeature* feature = index.isValid() ? at(index.row()) : nullptr;
    if (!feature)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return textOf(*feature, index.column());
    case Qt::ToolTipRole:
        return tr("%1: shows its card").arg(featureName(feature->row.feature, feature->layer));
    case Qt::TextAlignmentRole:
        return index.column() > Feature ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case BarDelegate::kBarRole: // chance has no bar
        return index.column() == Score ? QVariant(2.0 * feature->score - 1.0) : QVariant();
    default:
        return {};
    }
}

QVariant ConceptFeatureModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Feature"), tr("Layer"), tr("Told apart"), tr("Fires with"),
        tr("Fires without"), tr("Mean with"), tr("Mean without")};
    const QStringList notes{tr("Choose a row to see its card"), tr("Layer of the feature"),
        tr("Share of prompts that it tells apart, both kinds counting the same: 50 % is chance, "
           "100 % is all"),
        tr("Share of the prompts with the concept on which it fires"),
        tr("Share of the prompts without the concept on which it fires"),
        tr("Mean of its largest activation in each prompt with the concept"),
        tr("Mean of its largest activation in each prompt without the concept")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    if (role == Qt::TextAlignmentRole && section > Feature)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
