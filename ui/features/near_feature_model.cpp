#include "ui/features/near_feature_model.h"

namespace ui {

namespace {

double cosineOf(const core::NearFeature& near)
{
    return static_cast<double>(near.cosine);
}

QString titleOf(const core::NearFeature& near)
{
    return near.label.empty()
        ? featureName(near.feature)
        : QStringLiteral("%1  %2").arg(near.feature.feature.value).arg(toQString(near.label));
}

} // namespace

NearFeatureModel::NearFeatureModel(QObject* parent)
    : RowModel(
        {
            {tr("Feature"), {}, titleOf},
            {tr("Cosine"), {},
                [](const core::NearFeature& near) { return formatNumber(cosineOf(near), 2); }, {},
                cosineOf},
        },
        parent)
{
}

core::FeatureRef NearFeatureModel::featureAt(int row) const
{
    const core::NearFeature* near = at(row);
    return near ? near->feature : core::FeatureRef{};
}

QVariant NearFeatureModel::more(const core::NearFeature& near, int /*column*/, int role) const
{
    return role == Qt::ToolTipRole
        ? QVariant(tr("%1: cosine %2 of the decoder directions")
                       .arg(featureName(near.feature), formatNumber(cosineOf(near))))
        : QVariant();
}

} // namespace ui
