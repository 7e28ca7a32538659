#include "ui/circuit/patching/patched_feature_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ui {

QString patchedName(const core::PatchedFeature& feature)
{
    if (!feature.feature.isValid())
        return PatchedFeatureModel::tr("error term");
    if (!feature.label.empty())
        return toQString(feature.label);
    return featureName({feature.dictionary, feature.feature}, feature.layer);
}

void PatchedFeatureModel::setResult(std::shared_ptr<const core::PatchResult> result)
{
    beginResetModel();
    m_result = std::move(result);
    m_largest = 0.0;
    if (m_result)
        for (const core::PatchedFeature& feature : m_result->features)
            m_largest = std::max({m_largest, std::fabs(static_cast<double>(feature.approximate)),
                std::fabs(static_cast<double>(feature.exact))});
    endResetModel();
}

const core::PatchedFeature* PatchedFeatureModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_result->features[static_cast<std::size_t>(row)]
                                        : nullptr;
}

int PatchedFeatureModel::rowOf(const core::FeatureRef& feature) const
{
    for (int row = 0; row < rowCount(); ++row)
        if (at(row)->feature == feature.feature && at(row)->dictionary == feature.dictionary)
            return row;
    return -1;
}

int PatchedFeatureModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_result ? 0 : countOf(m_result->features);
}

int PatchedFeatureModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString PatchedFeatureModel::tokensAt(core::Position position) const
{
    const auto tokenOf = [&](const std::vector<core::TokenInfo>& tokens) {
        return position.isValid() && position.value < countOf(tokens)
            ? visibleToken(tokens[static_cast<std::size_t>(position.value)].text)
            : QString();
    };
    const QString clean = tokenOf(m_result->cleanTokens),
                  corrupt = tokenOf(m_result->corruptTokens);
    return clean == corrupt ? clean : QStringLiteral("%1 | %2").arg(clean, corrupt);
}

QString PatchedFeatureModel::textOf(const core::PatchedFeature& feature, int column) const
{
    const auto number = [](float value) { return formatNumber(static_cast<double>(value)); };
    const auto effect = [](float value) {
        const QString text = formatNumber(static_cast<double>(value));
        return value > 0 ? QLatin1Char('+') + text : text;
    };
    switch (column) {
    case Feature:
        return patchedName(feature);
    case Layer:
        return QString::number(feature.layer.value);
    case Position:
        return QStringLiteral("%1 %2").arg(feature.position.value).arg(tokensAt(feature.position));
    case Clean:
        return number(feature.clean);
    case Corrupt:
        return number(feature.corrupt);
    case Approximate:
        return m_result->request.isApproximate ? effect(feature.approximate) : QString();
    case Exact:
        return feature.hasExact ? effect(feature.exact) : QString();
    default:
        return {};
    }
}

QVariant PatchedFeatureModel::data(const QModelIndex& index, int role) const
{
    const core::PatchedFeature* feature = index.isValid() ? at(index.row()) : nullptr;
    if (!feature)
        return {};
    const int column = index.column();
    const double effect
        = static_cast<double>(column == Exact ? feature->exact : feature->approximate);
    const bool hasEffect = column == Exact
        ? feature->hasExact
        : column == Approximate && m_result->request.isApproximate;
    switch (role) {
    case Qt::DisplayRole:
        return textOf(*feature, column);
    case Qt::ToolTipRole:
        if (column == Exact && !feature->hasExact)
            return tr("Not patched exactly: only the strongest by the approximation are");
        if (!feature->feature.isValid())
            return tr(
                "What the dictionary of layer %1 does not explain at this position; clean and "
                "corrupt are norms")
                .arg(feature->layer.value);
        return tr("%1, position %2: shows its card")
            .arg(featureName({feature->dictionary, feature->feature}, feature->layer),
                textOf(*feature, Position));
    case Qt::TextAlignmentRole:
        return column > Position || column == Layer ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                                                    : QVariant();
    case BarDelegate::kBarRole:
        return hasEffect && m_largest > 0 ? QVariant(effect / m_largest) : QVariant();
    case kSortRole:
        switch (column) {
        case Feature:
            return patchedName(*feature);
        case Layer:
            return feature->layer.value;
        case Position:
            return feature->position.value;
        case Clean:
            return feature->clean;
        case Corrupt:
            return feature->corrupt;
        default: // by strength, and what was not measured last
            return hasEffect ? std::fabs(effect) : -1.0;
        }
    default:
        return {};
    }
}

QVariant PatchedFeatureModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Feature"), tr("Layer"), tr("Position"), tr("Approximate"),
        tr("Exact"), tr("Clean"), tr("Corrupt")};
    const QStringList notes{tr("Label of the feature, or the error term of a dictionary"),
        tr("Layer of the dictionary"), tr("Position, and the tokens of both prompts there"),
        tr("First-order estimate of its effect on the metric, in logits"),
        tr("Effect of patching it alone on the metric, in logits; measured for the strongest only"),
        tr("Activation in the clean prompt (of an error term its norm)"),
        tr("Activation in the corrupt prompt (of an error term its norm)")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    if (role == Qt::TextAlignmentRole && (section > Position || section == Layer))
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
