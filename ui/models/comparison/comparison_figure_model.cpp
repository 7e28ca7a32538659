#include "ui/models/comparison/comparison_figure_model.h"

#include <functional>

namespace ui {

namespace {

using Side = core::ComparedDictionary;

std::vector<ComparisonFigure> figuresOf(const core::DictionaryComparison& comparison)
{
    std::vector<ComparisonFigure> figures;
    const auto tr = [](const char* text) { return ComparisonFigureModel::tr(text); };
    const auto add = [&](const QString& name, const QString& note,
                         const std::function<QString(const Side&)>& text) {
        figures.push_back({name, note, text(comparison.left), text(comparison.right)});
    };
    add(tr("Features"), {}, [](const Side& side) { return formatCount(side.features); });
    add(tr("Also in the other"),
        tr("Share of features that have one in the other dictionary with a cosine of 0.7 or more"),
        [](const Side& side) { return formatPercent(side.matchedShare); });
    add(tr("Nearly the same"), tr("The same from a cosine of 0.9 on"),
        [](const Side& side) { return formatPercent(side.sameShare); });
    add(tr("Only here"), tr("Features that nothing in the other dictionary is like"),
        [](const Side& side) { return formatCount(side.alone); });
    add(tr("Median best cosine"),
        tr("Of a feature's direction with the nearest of the other dictionary"),
        [](const Side& side) { return formatNumber(side.medianCosine); });
    if (!comparison.left.quality || !comparison.right.quality)
        return figures;
    const auto measured = [&](const QString& name, const QString& note,
                              const std::function<QString(const core::DictionaryQuality&)>& text) {
        add(name, note, [&](const Side& side) { return text(*side.quality); });
    };
    using Quality = core::DictionaryQuality;
    measured(tr("L0"), tr("Mean number of active features per token"),
        [](const Quality& q) { return formatNumber(q.l0); });
    measured(tr("FVU"), tr("Share of the variance that is not explained; 0 is perfect"),
        [](const Quality& q) { return formatNumber(q.fvu); });
    measured(tr("CE recovered"),
        tr("100 %: the model predicts the text as well as without the dictionary"),
        [](const Quality& q) { return formatPercent(q.ceScore); });
    measured(tr("KL"), tr("From the model's own next-token distributions, nats per token"),
        [](const Quality& q) { return formatNumber(q.kl); });
    measured(tr("Cosine"), tr("Of the real value and the reconstruction"),
        [](const Quality& q) { return formatNumber(q.cosine); });
    measured(tr("Length ratio"), tr("Rebuilt over real; below 1 the dictionary shrinks"),
        [](const Quality& q) { return formatNumber(q.l2Ratio); });
    measured(tr("Silent"), tr("Share of features that never fire on the text"),
        [](const Quality& q) { return formatPercent(q.deadFraction); });
    return figures;
}

} // namespace

ComparisonFigureModel::ComparisonFigureModel(QObject* parent)
    : RowModel({}, parent)
{
}

void ComparisonFigureModel::setComparison(const core::DictionaryComparison& comparison)
{
    using Figure = ComparisonFigure;
    setTable({{QString(), {}, [](const Figure& figure) { return figure.name; }},
                 {tr("A: %1").arg(toQString(comparison.left.name)), {},
                     [](const Figure& figure) { return figure.left; }, kNumberAlignment},
                 {tr("B: %1").arg(toQString(comparison.right.name)), {},
                     [](const Figure& figure) { return figure.right; }, kNumberAlignment}},
        figuresOf(comparison));
}

QVariant ComparisonFigureModel::more(const ComparisonFigure& figure, int /*column*/, int role) const
{
    return role == Qt::ToolTipRole && !figure.note.isEmpty() ? QVariant(figure.note) : QVariant();
}

} // namespace ui
