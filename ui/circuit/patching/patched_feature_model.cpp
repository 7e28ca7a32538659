#include "ui/circuit/patching/patched_feature_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ui {

namespace {

using Patched = core::PatchedFeature;

double effectOf(const Patched& feature, int column)
{
    return static_cast<double>(
        column == PatchedFeatureModel::Exact ? feature.exact : feature.approximate);
}

} // namespace

QString patchedName(const core::PatchedFeature& feature)
{
    if (!feature.feature.isValid())
        return PatchedFeatureModel::tr("error term");
    if (!feature.label.empty())
        return toQString(feature.label);
    return featureName({feature.dictionary, feature.feature}, feature.layer);
}

PatchedFeatureModel::PatchedFeatureModel(QObject* parent)
    : RowModel(
        {{tr("Feature"), tr("Label of the feature, or the error term of a dictionary"), patchedName,
             {}, {}},
            {tr("Layer"), tr("Layer of the dictionary"),
                [](const Patched& row) { return QString::number(row.layer.value); },
                kNumberAlignment, {}},
            {tr("Position"), tr("Position, and the tokens of both prompts there"),
                [this](const Patched& row) { return placeText(row.position); }, {}, {}},
            {tr("Approximate"), tr("First-order estimate of its effect on the metric, in logits"),
                [this](const Patched& row) { return effectText(row, Approximate); },
                kNumberAlignment,
                [this](const Patched& row) { return effectBar(row, Approximate); }},
            {tr("Exact"),
                tr("Effect of patching it alone on the metric, in logits; measured for the "
                   "strongest only"),
                [this](const Patched& row) { return effectText(row, Exact); }, kNumberAlignment,
                [this](const Patched& row) { return effectBar(row, Exact); }},
            {tr("Clean"), tr("Activation in the clean prompt (of an error term its norm)"),
                [](const Patched& row) { return formatNumber(static_cast<double>(row.clean)); },
                kNumberAlignment, {}},
            {tr("Corrupt"), tr("Activation in the corrupt prompt (of an error term its norm)"),
                [](const Patched& row) { return formatNumber(static_cast<double>(row.corrupt)); },
                kNumberAlignment, {}}},
        parent)
{
}

void PatchedFeatureModel::setResult(std::shared_ptr<const core::PatchResult> result)
{
    m_largest = 0.0;
    if (result)
        for (const Patched& feature : result->features)
            m_largest = std::max({m_largest, std::fabs(effectOf(feature, Approximate)),
                std::fabs(effectOf(feature, Exact))});
    if (!result)
        setRows({}); // nothing is asked of a result that is gone
    m_result = std::move(result);
    if (m_result)
        setRows(m_result->features);
}

int PatchedFeatureModel::rowOf(const core::FeatureRef& feature) const
{
    for (int row = 0; row < rowCount(); ++row)
        if (at(row)->feature == feature.feature && at(row)->dictionary == feature.dictionary)
            return row;
    return -1;
}

QString PatchedFeatureModel::placeText(core::Position position) const
{
    const auto tokenOf = [&](const std::vector<core::TokenInfo>& tokens) {
        return position.isValid() && position.value < countOf(tokens)
            ? visibleToken(tokens[static_cast<std::size_t>(position.value)].text)
            : QString();
    };
    const QString clean = tokenOf(m_result->cleanTokens),
                  corrupt = tokenOf(m_result->corruptTokens);
    return QStringLiteral("%1 %2")
        .arg(position.value)
        .arg(clean == corrupt ? clean : QStringLiteral("%1 | %2").arg(clean, corrupt));
}

bool PatchedFeatureModel::hasEffect(const Patched& feature, int column) const
{
    return column == Exact ? feature.hasExact
                           : column == Approximate && m_result->request.isApproximate;
}

QString PatchedFeatureModel::effectText(const Patched& feature, int column) const
{
    if (!hasEffect(feature, column))
        return {};
    const double effect = effectOf(feature, column);
    return (effect > 0 ? QStringLiteral("+") : QString()) + formatNumber(effect);
}

QVariant PatchedFeatureModel::effectBar(const Patched& feature, int column) const
{
    return hasEffect(feature, column) && m_largest > 0
        ? QVariant(effectOf(feature, column) / m_largest)
        : QVariant();
}

QVariant PatchedFeatureModel::sortKey(const Patched& feature, int column) const
{
    switch (column) {
    case Feature:
        return patchedName(feature);
    case Layer:
        return feature.layer.value;
    case Position:
        return feature.position.value;
    case Clean:
        return feature.clean;
    case Corrupt:
        return feature.corrupt;
    default: // by strength, and what was not measured last
        return hasEffect(feature, column) ? std::fabs(effectOf(feature, column)) : -1.0;
    }
}

QVariant PatchedFeatureModel::more(const Patched& feature, int column, int role) const
{
    if (role == kSortRole)
        return sortKey(feature, column);
    if (role != Qt::ToolTipRole)
        return {};
    if (column == Exact && !feature.hasExact)
        return tr("Not patched exactly: only the strongest by the approximation are");
    if (!feature.feature.isValid())
        return tr("What the dictionary of layer %1 does not explain at this position; clean and "
                  "corrupt are norms")
            .arg(feature.layer.value);
    return tr("%1, position %2: shows its card")
        .arg(featureName({feature.dictionary, feature.feature}, feature.layer),
            textOf(feature, Position));
}

} // namespace ui
