#include "ui/train/training_advice.h"

#include "ui/style/text.h"
#include "ui/train/curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QCoreApplication>

namespace ui {

namespace {

QString trAdvice(const char* text)
{
    return QCoreApplication::translate("ui::adviceOn", text);
}

// From where on a figure is worth a word.
constexpr double kManyDead = 0.3, kPoorFvu = 0.3, kCrowdedL0 = 200.0, kEmptyL0 = 5.0;
constexpr double kRise = 1.3; // of the loss over its least mean
constexpr double kStillFalls = 0.02; // of the loss from one tenth of the run to the next
constexpr std::int64_t kManyEpochs = 100;
constexpr std::size_t kEnoughRows = 20;

double meanLoss(const std::vector<core::TrainMetrics>& rows, std::size_t begin, std::size_t end)
{
    double sum = 0.0;
    for (std::size_t i = begin; i < end; ++i)
        sum += rows[i].loss;
    return sum / static_cast<double>(std::max<std::size_t>(end - begin, 1));
}

/// Means over tenths of what there is, first to last.
std::vector<double> tenths(const std::vector<core::TrainMetrics>& rows)
{
    constexpr std::size_t kParts = 10;
    std::vector<double> means;
    for (std::size_t part = 0; part < kParts; ++part)
        means.push_back(
            meanLoss(rows, part * rows.size() / kParts, (part + 1) * rows.size() / kParts));
    return means;
}

class Advice {
public:
    Advice(const TrainingPlan& plan, const Curve& curve)
        : m_settings(plan.settings)
        , m_text(plan.text)
        , m_curve(curve)
        , m_last(curve.rows.back())
        , m_isLate(m_last.step * 2 >= m_last.totalSteps)
    {
    }

    QStringList all()
    {
        rising();
        dead();
        activity();
        fvu();
        ending();
        return m_lines;
    }

private:
    void rising()
    {
        if (m_curve.rows.size() < kEnoughRows)
            return;
        const std::vector<double> means = tenths(m_curve.rows);
        const double least = *std::min_element(means.begin(), means.end());
        // λ that still rises makes the loss rise too, rightly.
        const bool isLambdaFull = m_settings.hasK()
            || static_cast<double>(m_last.step)
                > 2.0 * m_settings.lambdaWarmUp * static_cast<double>(m_last.totalSteps);
        if (isLambdaFull && means.back() > kRise * least)
            m_lines << trAdvice("The loss has risen by %1 % from its lowest: the learning rate, "
                                "%2, is too high for this. Stop, and begin again with a third of "
                                "it; a longer warm-up helps too.")
                           .arg(std::lround(100.0 * (means.back() / least - 1.0)))
                           .arg(formatNumber(m_settings.learningRate));
    }

    void dead()
    {
        const auto window = static_cast<std::int64_t>(
            m_settings.deadWindow * static_cast<double>(m_settings.tokens));
        const double share = static_cast<double>(m_last.deadFeatures)
            / static_cast<double>(std::max<std::int64_t>(m_last.features, 1));
        if (m_last.tokens < window || share < kManyDead)
            return;
        const QString seen
            = trAdvice("%1 of %2 features (%3) fired on none of the last %4 tokens. ")
                  .arg(formatCount(m_last.deadFeatures), formatCount(m_last.features),
                      formatPercent(share), formatCount(window));
        m_lines << seen
                + (m_settings.hasK()
                        ? trAdvice("k did not cause this: there are more features than this text "
                                   "has use for, or they began where no activation is. Try, in "
                                   "this order: more and more varied text, a smaller expansion, "
                                   "half the learning rate with a longer warm-up.")
                        : trAdvice(
                            "Lowering λ alone is not the cure: features die early, while λ "
                            "is still rising or steps are too long. Try, in this order: "
                            "restart dead features, let λ rise over a longer share of the "
                            "run, half the learning rate, a smaller expansion; or BatchTopK, "
                            "whose dead features go on learning."));
    }

    void activity()
    {
        if (!m_isLate || m_settings.hasK())
            return;
        if (m_last.l0 > kCrowdedL0)
            m_lines << trAdvice("%1 features fire on a token, too many to be read. Raise λ to "
                                "about %2 (L0 falls roughly as λ grows).")
                           .arg(formatNumber(m_last.l0),
                               formatNumber(m_settings.lambda * m_last.l0 / 60.0, 2));
        else if (m_last.l0 < kEmptyL0)
            m_lines << trAdvice("Only %1 features fire on a token: the penalty outweighs the "
                                "error. Lower λ to a third, %2.")
                           .arg(formatNumber(m_last.l0), formatNumber(m_settings.lambda / 3.0, 2));
    }

    void fvu()
    {
        if (!m_isLate || m_last.fvu < kPoorFvu)
            return;
        m_lines
            << trAdvice("%1 of the variance is still unexplained. Try, in this order: %2, "
                        "more tokens, a larger expansion.")
                   .arg(formatPercent(m_last.fvu),
                       m_settings.hasK()
                           ? trAdvice("a larger k (%1 now)").arg(m_settings.k)
                           : trAdvice("a smaller λ (%1 now)").arg(formatNumber(m_settings.lambda)));
    }

    void ending()
    {
        if (m_last.step < m_last.totalSteps || m_curve.rows.size() < kEnoughRows)
            return;
        const std::vector<double> means = tenths(m_curve.rows);
        const double before = means[means.size() - 2], after = means.back();
        const std::int64_t epochs = m_settings.tokens / std::max<std::int64_t>(m_text.tokens, 1);
        if (before > 0.0 && (before - after) / before > kStillFalls)
            m_lines << trAdvice("The loss was still falling at the end, by %1 % over the last "
                                "tenth: more tokens would make it better.")
                           .arg(formatNumber(100.0 * (before - after) / before, 2));
        if (epochs >= kManyEpochs)
            m_lines << trAdvice("The text was seen about %1 times. What is learned from so little "
                                "may not hold elsewhere: take more text.")
                           .arg(formatCount(epochs));
    }

    const core::TrainingSettings& m_settings;
    const core::TrainingText& m_text;
    const Curve& m_curve;
    const core::TrainMetrics& m_last;
    const bool m_isLate;
    QStringList m_lines;
};

} // namespace

QStringList adviceOn(const TrainingPlan& plan, const std::vector<core::TrainMetrics>& rows)
{
    QStringList lines;
    const std::vector<Curve> curves = curvesOf({}, rows);
    for (const Curve& curve : curves)
        for (const QString& line : Advice(plan, curve).all())
            lines << (curves.size() > 1 ? QStringLiteral("%1: %2").arg(curve.name, line) : line);
    return lines;
}

} // namespace ui
