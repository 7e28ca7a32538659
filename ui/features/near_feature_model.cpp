#include "ui/features/near_feature_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

namespace ui {

void NearFeatureModel::setFeatures(std::vector<core::NearFeature> features)
{
    beginResetModel();
    m_features = std::move(features);
    endResetModel();
}

core::FeatureRef NearFeatureModel::featureAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_features[static_cast<std::size_t>(row)].feature
                                        : core::FeatureRef{};
}

int NearFeatureModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_features);
}

int NearFeatureModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : 2;
}

QVariant NearFeatureModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const core::NearFeature& near = m_features[static_cast<std::size_t>(index.row())];
    const double cosine = static_cast<double>(near.cosine);
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == 1)
            return formatNumber(cosine, 2);
        return near.label.empty()
            ? featureName(near.feature)
            : QStringLiteral("%1  %2").arg(near.feature.feature.value).arg(toQString(near.label));
    case Qt::ToolTipRole:
        return tr("%1: cosine %2 of the decoder directions")
            .arg(featureName(near.feature), formatNumber(cosine));
    case BarDelegate::kBarRole:
        return index.column() == 1 ? QVariant(cosine) : QVariant();
    default:
        return {};
    }
}

QVariant NearFeatureModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("Feature") : tr("Cosine");
}

} // namespace ui
