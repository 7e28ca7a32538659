#include "ui/models/comparison/matched_feature_model.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

using Match = core::MatchedFeature;

QString knownDensity(float density)
{
    return std::isnan(density) ? QStringLiteral("–") : formatPercent(static_cast<double>(density));
}

/// What a column is sorted by; NaN where it is unknown.
double matchKey(const Match& match, MatchedFeatureModel::Column by)
{
    switch (by) {
    case MatchedFeatureModel::Other:
        return match.other;
    case MatchedFeatureModel::Cosine:
        return static_cast<double>(match.cosine);
    case MatchedFeatureModel::Mutual:
        return match.isMutual ? 1 : 0;
    case MatchedFeatureModel::Density:
        return static_cast<double>(match.density);
    case MatchedFeatureModel::OtherDensity:
        return static_cast<double>(match.otherDensity);
    default:
        return match.feature;
    }
}

} // namespace

MatchedFeatureModel::MatchedFeatureModel(QObject* parent)
    : RowModel(
        {
            {tr("Feature"), tr("Its number in this dictionary; choose a row to see it in the card"),
                [](const Match& match) { return QString::number(match.feature); },
                kNumberAlignment},
            {tr("Label"), tr("A person's label, or the suggested one"),
                [](const Match& match) { return toQString(match.label); }},
            {tr("Most like"), tr("The feature of the other dictionary whose direction is nearest"),
                [](const Match& match) { return QString::number(match.other); }, kNumberAlignment},
            {tr("Cosine"), tr("Of the two decoder directions: 1 is the same, 0 is nothing alike"),
                [](const Match& match) {
                    return QString::number(static_cast<double>(match.cosine), 'f', 3);
                },
                kNumberAlignment},
            {tr("Mutual"), tr("Each is the other's most alike"),
                [](const Match& match) { return match.isMutual ? tr("yes") : QString(); }},
            {tr("Fires on"), tr("Share of tokens; of the text, else of the harvest"),
                [](const Match& match) { return knownDensity(match.density); }, kNumberAlignment},
            {tr("Other fires on"), tr("The same of the feature it is most like"),
                [](const Match& match) { return knownDensity(match.otherDensity); },
                kNumberAlignment},
        },
        parent)
{
}

void sortMatches(
    std::vector<core::MatchedFeature>& matches, MatchedFeatureModel::Column by, bool isDescending)
{
    if (by == MatchedFeatureModel::Label) {
        std::stable_sort(matches.begin(), matches.end(), [&](const Match& a, const Match& b) {
            if (a.label.empty() != b.label.empty())
                return b.label.empty();
            return isDescending ? b.label < a.label : a.label < b.label;
        });
        return;
    }
    std::stable_sort(matches.begin(), matches.end(), [&](const Match& a, const Match& b) {
        const double first = matchKey(a, by), second = matchKey(b, by);
        if (std::isnan(first) || std::isnan(second))
            return !std::isnan(first) && std::isnan(second);
        return isDescending ? second < first : first < second;
    });
}

} // namespace ui
