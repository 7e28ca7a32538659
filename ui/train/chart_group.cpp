#include "ui/train/chart_group.h"

#include <QCoreApplication>

namespace ui {

namespace {

QString trGroup(const char* text)
{
    return QCoreApplication::translate("ui::ChartGroup", text);
}

} // namespace

QString groupTitle(ChartGroup group)
{
    switch (group) {
    case ChartGroup::Overview:
        return trGroup("Overview");
    case ChartGroup::HeldOut:
        return trGroup("Held-out text");
    case ChartGroup::Features:
        return trGroup("Features");
    case ChartGroup::Steps:
        return trGroup("Steps");
    case ChartGroup::Front:
        return trGroup("Front");
    case ChartGroup::Peek:
        return trGroup("Peek");
    }
    return {};
}

QString groupNote(ChartGroup group)
{
    switch (group) {
    case ChartGroup::Overview:
        return trGroup("Whether it goes well");
    case ChartGroup::HeldOut:
        return trGroup("Measured on text that it does not learn from, with the dictionary in the "
                       "model's place");
    case ChartGroup::Features:
        return trGroup("How often features fire, and how alike they are");
    case ChartGroup::Steps:
        return trGroup("What drives the learning: rates, gradients, penalty, speed");
    case ChartGroup::Front:
        return trGroup("Each dictionary as a point: how few features it needs for how much; for "
                       "sweeps and several runs");
    case ChartGroup::Peek:
        return trGroup("A dozen features as they form, with where they fire most");
    }
    return {};
}

std::vector<Metric> metricsOf(ChartGroup group)
{
    switch (group) {
    case ChartGroup::Overview:
        return {Metric::Loss, Metric::Fvu, Metric::L0, Metric::CeScore, Metric::Dead,
            Metric::GradientNorm};
    case ChartGroup::HeldOut:
        return {Metric::HeldOutFvu, Metric::CeScore, Metric::HeldOutL0, Metric::Kl};
    case ChartGroup::Features:
        return {Metric::Dead, Metric::Rare, Metric::Dense, Metric::DecoderCosine};
    case ChartGroup::Steps:
        return {Metric::LearningRate, Metric::GradientNorm, Metric::TokensPerSecond, Metric::Lambda,
            Metric::Threshold};
    case ChartGroup::Front:
    case ChartGroup::Peek:
        return {};
    }
    return {};
}

} // namespace ui
