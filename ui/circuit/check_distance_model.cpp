#include "ui/circuit/check_distance_model.h"

namespace ui {

namespace {
using Distance = core::PerturbationCheck::Distance;
}

CheckDistanceModel::CheckDistanceModel(QObject* parent)
    : RowModel(
        {{tr("Layers"), tr("How many layers after the changed feature"),
             [](const Distance& row) { return formatCount(row.layers); }, kNumberAlignment, {}},
            {tr("Cosine"),
                tr("Between the change that the graph predicts and the one observed; 1 is "
                   "perfect"),
                [](const Distance& row) { return formatNumber(row.cosine); }, kNumberAlignment,
                [](const Distance& row) { return row.cosine; }},
            {tr("Size"),
                tr("Length of the observed change divided by that of the predicted; 1 is "
                   "perfect"),
                [](const Distance& row) { return formatNumber(row.normRatio); }, kNumberAlignment,
                {}},
            {tr("Features"), tr("Changed features that count here"),
                [](const Distance& row) { return formatCount(row.features); }, kNumberAlignment,
                {}}},
        parent)
{
}

} // namespace ui
