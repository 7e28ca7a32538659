#include "ui/train/metric.h"

#include "ui/style/text.h"

#include <cmath>
#include <limits>

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
    case Metric::TokensPerSecond:
        return trMetric("Tokens per second");
    case Metric::HeldOutFvu:
        return trMetric("FVU on held-out text");
    case Metric::HeldOutL0:
        return trMetric("L0 on held-out text");
    case Metric::CeScore:
        return trMetric("CE score");
    case Metric::Kl:
        return trMetric("KL, nats a token");
    case Metric::Dense:
        return trMetric("Dense (over 1 in 10 tokens), %");
    case Metric::Rare:
        return trMetric("Rare (under 1 in 100,000), %");
    case Metric::DecoderCosine:
        return trMetric("Likeness of features");
    case Metric::Lambda:
        return trMetric("λ");
    case Metric::Threshold:
        return trMetric("Threshold");
    }
    return {};
}

QString metricNote(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return trMetric("What is made smaller: the squared error of a token's activation, summed "
                        "over its numbers, and what the penalty, dead features and the inner "
                        "levels of a Matryoshka add. It falls "
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
        return trMetric("Length of all gradients of a step together, before it is clipped. It "
                        "depends on the size of the activations, so that no one number is right: "
                        "usual is that it falls within the first steps and then stays level. "
                        "Spikes that come back, or a steady rise, mean that the learning rate is "
                        "too high.");
    case Metric::TokensPerSecond:
        return trMetric("How fast it learns: tokens of a batch over the time of its step, without "
                        "what is measured in between.");
    case Metric::HeldOutFvu:
        return trMetric("FVU on text that it does not learn from: the squared error, summed over "
                        "tokens and numbers, divided by that of answering the mean always. "
                        "Explained variance is 1 - FVU. Well above the FVU of the batches, it has "
                        "learned this text by heart: take more text.");
    case Metric::HeldOutL0:
        return trMetric("Mean number of features that fire on a token that it does not learn "
                        "from, as the saved dictionary fires.");
    case Metric::CeScore:
        return trMetric("How much of the model's prediction is left when the dictionary stands in "
                        "for the activation, on held-out text: 1 is all of it, 0 as little as "
                        "with zeros there. Good dictionaries reach 0.95 and more.");
    case Metric::Kl:
        return trMetric("How far the model's next-token probabilities move when the dictionary "
                        "stands in for the activation, on held-out text: KL(model || with it). 0 "
                        "is not at all.");
    case Metric::Dense:
        return trMetric("Share of the features that fire on more than a tenth of the tokens. Such "
                        "features seldom mean a thing that can be named; a few are usual.");
    case Metric::Rare:
        return trMetric("Share of the features that fire on fewer than one token in 100,000, the "
                        "dead among them. A short run cannot tell rare from dead.");
    case Metric::DecoderCosine:
        return trMetric(
            "Decoder cosine: for each feature the largest cosine of its decoder direction "
            "with another feature's, the mean over all. "
            "0: at right angles to all others; 1: a copy of another. It "
            "begins near that of random directions; 0.2 to 0.6 is usual, above 0.8 "
            "there are more features than the text has use for.");
    case Metric::Lambda:
        return trMetric("Weight of the penalty; it rises over its warm-up. TopK and BatchTopK "
                        "have none.");
    case Metric::Threshold:
        return trMetric("What an activation must exceed to count, mean over the features: learned "
                        "by JumpReLU; of BatchTopK the one that keeps k features a token. In the "
                        "units of the activations, so that no one number is right: usual is that "
                        "it rises at the start and then stays; if it goes on rising, fewer and "
                        "fewer features fire.");
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
    case Metric::TokensPerSecond:
        return QStringLiteral("tokens_per_second");
    case Metric::HeldOutFvu:
        return QStringLiteral("held_out_fvu");
    case Metric::HeldOutL0:
        return QStringLiteral("held_out_l0");
    case Metric::CeScore:
        return QStringLiteral("ce_score");
    case Metric::Kl:
        return QStringLiteral("kl");
    case Metric::Dense:
        return QStringLiteral("dense_percent");
    case Metric::Rare:
        return QStringLiteral("rare_percent");
    case Metric::DecoderCosine:
        return QStringLiteral("decoder_cosine");
    case Metric::Lambda:
        return QStringLiteral("lambda");
    case Metric::Threshold:
        return QStringLiteral("threshold");
    }
    return {};
}

QString valueText(Metric metric, double value)
{
    switch (metric) {
    case Metric::L0:
    case Metric::HeldOutL0:
        return trMetric("%1 features").arg(formatNumber(value));
    case Metric::Dead:
    case Metric::Dense:
    case Metric::Rare:
        return formatPercent(value / 100.0);
    case Metric::Kl:
        return trMetric("%1 nats").arg(formatNumber(value));
    case Metric::TokensPerSecond:
        return trMetric("%1 tokens/s").arg(formatCount(std::llround(value)));
    default:
        return formatNumber(value);
    }
}

namespace {

double measuredValue(const core::TrainingMeasurement& m, Metric metric)
{
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    const bool isHeldOut = m.heldOutTokens > 0;
    switch (metric) {
    case Metric::HeldOutFvu:
        return isHeldOut ? m.fvu : nothing;
    case Metric::HeldOutL0:
        return isHeldOut ? m.l0 : nothing;
    case Metric::CeScore:
        return isHeldOut ? m.ceScore : nothing;
    case Metric::Kl:
        return isHeldOut ? m.kl : nothing;
    case Metric::Dense:
        return 100.0 * m.denseShare;
    case Metric::Rare:
        return 100.0 * m.rareShare;
    case Metric::DecoderCosine:
        return m.decoderCosine;
    case Metric::Lambda:
        return m.lambda > 0.0 ? m.lambda : nothing;
    case Metric::Threshold:
        return m.threshold > 0.0 ? m.threshold : nothing;
    default:
        return nothing;
    }
}

} // namespace

double metricValue(const core::TrainMetrics& row, Metric metric)
{
    if (isMeasured(metric))
        return row.measured ? measuredValue(*row.measured, metric)
                            : std::numeric_limits<double>::quiet_NaN();
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
    case Metric::TokensPerSecond:
        return row.tokensPerSecond;
    default:
        return 0.0;
    }
}

} // namespace ui
