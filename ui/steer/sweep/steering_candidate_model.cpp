#include "ui/steer/sweep/steering_candidate_model.h"

#include "ui/steer/sweep/sweep_text.h"
#include "ui/style/text.h"

#include <QGuiApplication>
#include <QPalette>

namespace ui {

SteeringCandidateModel::SteeringCandidateModel(QObject* parent)
    : RowModel(columns({}), parent)
{
}

SteeringCandidateModel::Columns SteeringCandidateModel::columns(
    const std::vector<core::DictionaryInfo>& open)
{
    return {
        {tr("Feature"), tr("Its dictionary, and its number there"),
            [open](const SteeringRow& row) {
                const core::FeatureRow& feature = row.candidate.row;
                return featureInDictionary(feature.feature, feature.layer, open);
            }},
        {tr("Label"), tr("A person's name for it, or what it promotes"),
            [](const SteeringRow& row) { return featureTitle(row.candidate.row); }},
        {tr("Steers"),
            tr("Whether its text is whole and at least 10 percentage points more on topic than "
               "normal text"),
            [](const SteeringRow& row) { return row.steers ? tr("yes") : tr("no"); }},
        {tr("Strength"),
            tr("The best of those that were tried, times the feature's largest activation"),
            [](const SteeringRow& row) {
                return QString::number(row.candidate.multiple) + QStringLiteral(" ×");
            },
            kNumberAlignment},
        {tr("On topic"),
            tr("Share of the text's tokens on which the topic's features fire when the unsteered "
               "model reads it; in brackets the same share of normal text"),
            [](const SteeringRow& row) {
                return QStringLiteral("%1 (%2)").arg(
                    shareText(row.candidate.best.onTopic), shareText(row.normal));
            },
            kNumberAlignment, [](const SteeringRow& row) { return row.candidate.best.onTopic; }},
        {tr("Surprisal"),
            tr("How much the unsteered model is surprised by the text, nats per token"),
            [](const SteeringRow& row) { return formatNumber(row.candidate.best.surprisal); },
            kNumberAlignment},
        {tr("Text"), tr("What the model writes at this strength"),
            [](const SteeringRow& row) { return inOneLine(row.candidate.best.text); }},
    };
}

void SteeringCandidateModel::setAnswer(
    const core::WhatSteers& answer, const std::vector<core::DictionaryInfo>& open)
{
    std::vector<SteeringRow> rows;
    for (int i = 0; i < countOf(answer.ranked); ++i)
        rows.push_back({answer.ranked[static_cast<std::size_t>(i)], i < answer.steering,
            answer.normal.onTopic});
    setTable(columns(open), std::move(rows));
}

QVariant SteeringCandidateModel::more(const SteeringRow& row, int column, int role) const
{
    if (role == Qt::ForegroundRole && !row.steers)
        return QGuiApplication::palette().color(QPalette::PlaceholderText);
    if (role == Qt::ToolTipRole)
        return textOf(row, column);
    return {};
}

} // namespace ui
