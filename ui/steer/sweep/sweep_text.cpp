#include "ui/steer/sweep/sweep_text.h"

#include "ui/shared/sheet_file.h"
#include "ui/steer/sweep/sweep_rows.h"
#include "ui/steer/sweep/sweep_words.h"
#include "ui/style/text.h"

#include <cmath>

#include <QStringList>

namespace ui {

namespace {

const core::SweepCell& cellAt(const core::Sweep& sweep, int row, int column)
{
    return sweep.cells[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
}

QString rowName(const core::Sweep& sweep, int row)
{
    return toQString(sweep.request.rows[static_cast<std::size_t>(row)].name);
}

QString featuresOf(const core::Sweep& sweep, int row)
{
    QStringList features;
    for (const auto& one : sweep.request.rows[static_cast<std::size_t>(row)].interventions)
        features << featureAddress(one.feature);
    return features.join(QLatin1Char(' '));
}

/// A line of the table; the text comes last, so that it may be as long as it likes.
QStringList sweepFields(const QString& method, const QString& features, const QString& strength,
    const core::SweepCell& cell, const QString& mark)
{
    return {method, features, strength, mark,
        cell.isWhole ? QStringLiteral("1") : QStringLiteral("0"), QString::number(cell.onTopic),
        QString::number(cell.klMean), QString::number(cell.klP95), QString::number(cell.spent),
        QString::number(cell.repetition), QString::number(cell.surprisal),
        QString::number(cell.deltaNormRatio), toQString(cell.text)};
}

std::vector<QStringList> sweepLines(const core::Sweep& sweep)
{
    // Names as the command line's JSON has them: tables of both can be put together.
    std::vector<QStringList> lines{
        QStringLiteral("method,features,strength,mark,is_whole,on_topic,kl_mean,"
                       "kl_p95,spent,repetition,surprisal,"
                       "delta_norm_ratio,text")
            .split(QLatin1Char(','))};
    lines.push_back(sweepFields(QStringLiteral("normal"), {}, {}, sweep.normal, {}));
    for (int row = 0; row < countOf(sweep.cells); ++row)
        for (int column = 0; column < countOf(sweep.cells[static_cast<std::size_t>(row)]);
             ++column) {
            QStringList marks;
            if (isSweetSpot(sweep, row, column))
                marks << QStringLiteral("sweet_spot");
            if (isIsoKl(sweep, row, column))
                marks << QStringLiteral("iso_kl");
            lines.push_back(sweepFields(rowName(sweep, row), featuresOf(sweep, row),
                QString::number(sweep.request.strengths[static_cast<std::size_t>(column)]),
                cellAt(sweep, row, column), marks.join(QLatin1Char(' '))));
        }
    return lines;
}

} // namespace

QString cellTitle(const core::Sweep& sweep, int row, int column)
{
    return sweepTr("%1, %2").arg(rowName(sweep, row), sweepStrength(sweep.request, column));
}

QString cellFigures(const core::SweepCell& cell, const core::SweepCell* normal, int samples)
{
    QStringList figures;
    figures << (normal ? sweepTr("On topic %1 (normal text %2)")
                             .arg(shareText(cell.onTopic), shareText(normal->onTopic))
                       : sweepTr("On topic %1").arg(shareText(cell.onTopic)));
    if (normal)
        figures << sweepTr("KL %1 nats per token, p95 %2")
                       .arg(formatNumber(cell.klMean), formatNumber(cell.klP95));
    figures << sweepTr("surprisal %1 nats per token").arg(formatNumber(cell.surprisal))
            << sweepTr("repetition %1").arg(shareText(cell.repetition));
    if (normal) {
        figures << sweepTr("‖Δ‖/‖x‖ %1").arg(formatNumber(cell.deltaNormRatio));
        if (cell.spent > 0)
            figures << sweepTr("guard spent %1 nats").arg(formatNumber(cell.spent));
    }
    if (samples > 1)
        figures << sweepTr("means of %1 samples, the text is the first").arg(samples);
    QString text = figures.join(QStringLiteral(" · "));
    if (!cell.isWhole)
        text = sweepTr("Broken: it repeats itself, or surprises the unsteered model, far more "
                       "than normal text.")
            + QLatin1Char(' ') + text;
    return text;
}

bool isSweetSpot(const core::Sweep& sweep, int row, int column)
{
    return sweep.sweetSpot && *sweep.sweetSpot == std::pair(row, column);
}

bool isIsoKl(const core::Sweep& sweep, int row, int column)
{
    return row < countOf(sweep.isoKl) && sweep.isoKl[static_cast<std::size_t>(row)] == column;
}

QString sweetSpotSentence(const core::Sweep& sweep)
{
    if (!sweep.sweetSpot)
        return sweepTr("No sweet spot: no whole text is clearly more on topic than normal text "
                       "(%1). Try other strengths, the guard, or other features.")
            .arg(shareText(sweep.normal.onTopic));
    const auto [row, column] = *sweep.sweetSpot;
    return sweepTr("Sweet spot: %1. Its text is whole, and %2 of it on topic; of normal text %3.")
        .arg(cellTitle(sweep, row, column), shareText(cellAt(sweep, row, column).onTopic),
            shareText(sweep.normal.onTopic));
}

QString isoKlSentence(const core::Sweep& sweep, int row)
{
    const int column = sweep.isoKl[static_cast<std::size_t>(row)];
    return column < 0
        ? sweepTr("No strength of this row keeps the p95 of KL per token at 1 nat.")
        : sweepTr("iso-KL strength of this row: %1.").arg(sweepStrength(sweep.request, column));
}

QString marksMeaning()
{
    return sweepTr(
        "Sweet spot: of the whole texts that are clearly more on topic than normal text, "
        "the best by its share on topic and by how little it surprises the unsteered "
        "model. iso-KL: a row's largest strength up to which the p95 of KL per token, "
        "before any guard, stays at most 1 nat.");
}

QString shareText(double share)
{
    //: %1 is a number
    return sweepTr("%1 %").arg(std::lround(100.0 * share));
}

QString sweepConditions(const core::Sweep& sweep)
{
    const core::GenerateSettings& settings = sweep.request.settings;
    const QString text = sweepTr("Prompt “%1”. Up to %2 tokens, temperature %3, seed %4, samples "
                                 "per cell: %5.")
                             .arg(inOneLine(sweep.request.prompt))
                             .arg(settings.maxTokens)
                             .arg(settings.temperature)
                             .arg(settings.seed)
                             .arg(sweep.request.samples);
    return withNote(text, sweep.note);
}

QString inOneLine(const std::string& text)
{
    return toQString(text).trimmed().replace(QLatin1Char('\n'), QStringLiteral(" ⏎ "));
}

QString sweepCsv(const core::Sweep& sweep)
{
    QString text;
    for (const QStringList& line : sweepLines(sweep)) {
        QStringList fields;
        for (const QString& field : line)
            fields << csvField(field);
        text += fields.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    }
    return text;
}

QString sweepTable(const core::Sweep& sweep)
{
    QString text;
    for (QStringList line : sweepLines(sweep)) {
        for (QString& field : line)
            field.replace(QLatin1Char('\n'), QStringLiteral(" ⏎ "))
                .replace(QLatin1Char('\t'), QLatin1Char(' '));
        text += line.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    return text;
}

} // namespace ui
