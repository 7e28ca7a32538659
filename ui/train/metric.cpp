#include "ui/train/metric.h"

#include <QCoreApplication>

namespace ui {

namespace {

QString trMetric(const char* text)
{
    return QCoreApplication::translate("ui::Metric", text);
}

} // namespace

QString metricTitle(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return trMetric("Loss");
    case Metric::Fvu:
        return trMetric("FVU");
    case Metric::L0:
        return trMetric("L0: active features a token");
    case Metric::Dead:
        return trMetric("Dead features, %");
    case Metric::LearningRate:
        return trMetric("Learning rate");
    case Metric::GradientNorm:
        return trMetric("Gradient norm");
    }
    return {};
}

QString metricNote(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return trMetric("What is made smaller: the squared error of a token's activation, summed "
                        "over its numbers, and what the penalty and dead features add. It falls "
                        "steeply and then slowly; a rise that stays means that the learning rate "
                        "is too high.");
    case Metric::Fvu:
        return trMetric("Share of the activations' variance that the dictionary leaves "
                        "unexplained: 0 rebuilds everything, 1 nothing. Explained variance is 1 - "
                        "FVU. Good dictionaries end below 0.3, often below 0.1.");
    case Metric::L0:
        return trMetric("Mean number of features that fire on a token. Dictionaries that people "
                        "can read have 20 to 100.");
    case Metric::Dead:
        return trMetric("Share of the features that fired on none of the tokens of the last dead "
                        "window. They cost memory and explain nothing.");
    case Metric::LearningRate:
        return trMetric("Length of a step: it rises over the warm-up and decays as chosen.");
    case Metric::GradientNorm:
        return trMetric("Length of all gradients together. Spikes that come back mean that the "
                        "learning rate is too high.");
    }
    return {};
}

QString metricName(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return QStringLiteral("loss");
    case Metric::Fvu:
        return QStringLiteral("fvu");
    case Metric::L0:
        return QStringLiteral("l0");
    case Metric::Dead:
        return QStringLiteral("dead_percent");
    case Metric::LearningRate:
        return QStringLiteral("lr");
    case Metric::GradientNorm:
        return QStringLiteral("gradient_norm");
    }
    return {};
}

double metricValue(const core::TrainMetrics& row, Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return row.loss;
    case Metric::Fvu:
        return row.fvu;
    case Metric::L0:
        return row.l0;
    case Metric::Dead:
        return row.features > 0
            ? 100.0 * static_cast<double>(row.deadFeatures) / static_cast<double>(row.features)
            : 0.0;
    case Metric::LearningRate:
        return row.learningRate;
    case Metric::GradientNorm:
        return row.gradientNorm;
    }
    return 0.0;
}

} // namespace ui
