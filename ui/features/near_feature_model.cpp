#include "ui/features/near_feature_model.h"

#include <utility>

namespace ui {

namespace {

double likenessOf(const core::NearFeature& near)
{
    return static_cast<double>(near.cosine);
}

} // namespace

NearFeatureModel::NearFeatureModel(QObject* parent)
    : RowModel({}, parent)
{
    setTable(columns({}), {});
}

NearFeatureModel::Columns NearFeatureModel::columns(
    const std::vector<core::DictionaryInfo>& open) const
{
    const bool isElsewhere = m_by == By::DecoderElsewhere;
    return {
        {tr("Feature"), {},
            [isElsewhere, open](const core::NearFeature& near) {
                const QString name = isElsewhere ? featureInDictionary(near.feature, {}, open)
                    : near.label.empty()         ? featureName(near.feature)
                                                 : QString::number(near.feature.feature.value);
                return near.label.empty()
                    ? name
                    : QStringLiteral("%1  %2").arg(name, toQString(near.label));
            },
            {}, {}},
        {m_by == By::Firing ? tr("Jaccard") : tr("Cosine"), {},
            [](const core::NearFeature& near) { return formatNumber(likenessOf(near), 2); }, {},
            likenessOf},
    };
}

void NearFeatureModel::setNear(
    By by, std::vector<core::NearFeature> rows, const std::vector<core::DictionaryInfo>& open)
{
    m_by = by;
    setTable(columns(open), std::move(rows));
}

core::FeatureRef NearFeatureModel::featureAt(int row) const
{
    const core::NearFeature* near = at(row);
    return near ? near->feature : core::FeatureRef{};
}

QVariant NearFeatureModel::more(const core::NearFeature& near, int /*column*/, int role) const
{
    if (role != Qt::ToolTipRole)
        return {};
    const QString name = featureAddress(near.feature);
    const QString number = formatNumber(likenessOf(near));
    return m_by == By::Firing
        ? tr("%1: fires together with it on %2 of the tokens where either fires (estimated from "
             "sampled tokens)")
              .arg(name, formatPercent(likenessOf(near)))
        : tr("%1: cosine %2 of the decoder directions").arg(name, number);
}

} // namespace ui
