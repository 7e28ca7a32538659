#include "ui/train/training_advice.h"

#include "ui/style/text.h"
#include "ui/train/curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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
constexpr double kJump = 3.0; // of two rows in a row over the least one: no noise does that
constexpr double kWorseThanNothing = 1.1; // FVU; the mean alone has 1
constexpr double kAbsurdRate = 0.02; // Adam's usual ones are a tenth of this and less
constexpr double kStillFalls = 0.02; // of the loss from one tenth of the run to the next
constexpr std::int64_t kManyEpochs = 100;
constexpr double kByHeart = 1.3, kByHeartLeast = 0.02; // FVU held out against that of the batches
constexpr double kPoorCeScore = 0.9, kManyDense = 0.02, kManyCopies = 0.8;
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

/// As a sweep names them.
constexpr std::pair<const char*, core::TrainedArchitecture> kSweptKinds[]{
    {"batchtopk", core::TrainedArchitecture::BatchTopK},
    {"matryoshka_batchtopk", core::TrainedArchitecture::Matryoshka},
    {"topk", core::TrainedArchitecture::TopK}, {"abstopk", core::TrainedArchitecture::AbsTopK},
    {"l1", core::TrainedArchitecture::L1}, {"standard", core::TrainedArchitecture::L1},
    {"jumprelu", core::TrainedArchitecture::JumpRelu}, {"gated", core::TrainedArchitecture::Gated}};

/// With the value of a sweep that this dictionary took.
core::TrainingSettings settingsOf(core::TrainingSettings settings, const std::string& dictionary)
{
    for (const std::string& value : settings.sweep.values) {
        const QString text = toQString(value);
        if (!toQString(dictionary)
                 .endsWith(QStringLiteral("_%1_%2").arg(toQString(settings.sweep.field), text)))
            continue;
        if (settings.sweep.field == "k")
            settings.k = text.toLongLong();
        else if (settings.sweep.field == "lambda")
            settings.lambda = text.toDouble();
        else if (settings.sweep.field == "expansion")
            settings.expansion = text.toLongLong();
        else if (settings.sweep.field == "architecture")
            for (const auto& [name, architecture] : kSweptKinds)
                if (value == name)
                    settings.architecture = architecture;
        break;
    }
    return settings;
}

class Advice {
public:
    Advice(const TrainingPlan& plan, const Curve& curve)
        : m_settings(settingsOf(plan.settings, curve.dictionary))
        , m_text(plan.text)
        , m_curve(curve)
        , m_last(curve.rows.back())
        , m_isLate(m_last.step * 2 >= m_last.totalSteps)
    {
    }

    QStringList all()
    {
        // A training that ran away has one cause; what else its figures show follows from that.
        if (ranAway())
            return m_lines;
        dead();
        byHeart();
        activity();
        fvu();
        prediction();
        crowded();
        copies();
        ending();
        return m_lines;
    }

private:
    bool ranAway()
    {
        if (!std::isfinite(m_last.loss))
            m_lines << trAdvice("The loss is no longer a number: the learning rate, %1, is too "
                                "high for this. ")
                           .arg(rate())
                    + withLowerRate();
        else if (const double times = risen(); times > 1.0)
            m_lines << trAdvice("The loss is %1 times its lowest: the learning rate, %2, is too "
                                "high for this. ")
                           .arg(times < 10.0 ? formatNumber(times, 2)
                                             : formatCount(std::llround(times)),
                               rate())
                    + withLowerRate();
        else if (m_isLate && fvuOfBatches() > kWorseThanNothing)
            m_lines << trAdvice("It rebuilds worse than the mean activation alone would (FVU %1 "
                                "against 1): the learning rate, %2, is too high for this. ")
                           .arg(formatNumber(fvuOfBatches()), rate())
                    + withLowerRate();
        else if (m_isLate && m_settings.learningRate >= kAbsurdRate && m_last.fvu >= kPoorFvu)
            m_lines << trAdvice("The learning rate, %1, is far above what is usual (0.0001 to "
                                "0.005), and %2 of the variance is still unexplained. ")
                           .arg(rate(), formatPercent(m_last.fvu))
                    + withLowerRate();
        return !m_lines.isEmpty();
    }

    QString rate() const { return formatNumber(m_settings.learningRate); }

    /// What to do, in the words of the page's own buttons.
    QString withLowerRate() const
    {
        const QString third = formatNumber(m_settings.learningRate / 3.0, 2);
        return m_last.step < m_last.totalSteps
            ? trAdvice("On a pause write %1 at “Go on with learning rate” and press Continue; "
                       "where that does not bring it down, begin again with it and a longer "
                       "warm-up.")
                  .arg(third)
            : trAdvice("Begin again with a third of it, %1, and a longer warm-up.").arg(third);
    }

    /// How many times its lowest the loss is, where it rose for good; else 0.
    double risen() const
    {
        // λ that still rises makes the loss rise too, rightly.
        const bool isLambdaFull = m_settings.hasK()
            || static_cast<double>(m_last.step)
                > 2.0 * m_settings.lambdaWarmUp * static_cast<double>(m_last.totalSteps);
        const std::vector<core::TrainMetrics>& rows = m_curve.rows;
        if (!isLambdaFull || rows.size() < 2)
            return 0.0;
        const double least = std::min_element(rows.begin(), rows.end(), [](auto& a, auto& b) {
            return a.loss < b.loss;
        })->loss;
        if (!(least > 0.0))
            return 0.0;
        bool isRisen = std::min(rows[rows.size() - 2].loss, m_last.loss) > kJump * least;
        double now = m_last.loss;
        if (rows.size() >= kEnoughRows) {
            const std::vector<double> means = tenths(rows);
            isRisen
                = isRisen || means.back() > kRise * *std::min_element(means.begin(), means.end());
            // A last row that happens to be a low one does not make it well.
            now = std::max(now, means.back());
        }
        return isRisen ? now / least : 0.0;
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

    /// The last measurement; null where there is none on held-out text, or only one from long ago,
    /// which says nothing of what has been learned since.
    const core::TrainingMeasurement* heldOut() const
    {
        constexpr double kRecent = 0.8; // of the steps so far
        const core::TrainMetrics* row = lastMeasured(m_curve);
        const bool isRecent
            = row && static_cast<double>(row->step) >= kRecent * static_cast<double>(m_last.step);
        return isRecent && row->measured->heldOutTokens > 0 ? row->measured.get() : nullptr;
    }

    /// FVU of the batches around the last measurement: one batch alone is noisy.
    double fvuOfBatches() const
    {
        // Of a short curve not its steep beginning.
        const std::size_t some = std::clamp<std::size_t>(m_curve.rows.size() / 4, 1, kEnoughRows);
        double sum = 0.0;
        for (std::size_t i = m_curve.rows.size() - some; i < m_curve.rows.size(); ++i)
            sum += m_curve.rows[i].fvu;
        return sum / static_cast<double>(some);
    }

    void byHeart()
    {
        const core::TrainingMeasurement* held = heldOut();
        const double batches = fvuOfBatches();
        // Who learns by heart rebuilds his own text well.
        if (!m_isLate || !held || batches >= kPoorFvu
            || held->fvu < kByHeart * batches + kByHeartLeast)
            return;
        m_lines << trAdvice("Text that it does not learn from is rebuilt worse, FVU %1 against %2 "
                            "on its own: it learns this text by heart. Try, in this order: more "
                            "text (it sees %3 tokens about %4 times), fewer training tokens, a "
                            "smaller expansion.")
                       .arg(formatNumber(held->fvu), formatNumber(batches),
                           formatCount(m_text.tokens), formatCount(epochs()));
    }

    void prediction()
    {
        const core::TrainingMeasurement* held = heldOut();
        // Where FVU is poor, that was said with what to do.
        if (!m_isLate || !held || held->ceScore >= kPoorCeScore || m_last.fvu >= kPoorFvu
            || held->fvu >= kPoorFvu)
            return;
        m_lines << trAdvice("The error is small (FVU %1), yet the model predicts worse with the "
                            "dictionary in place: CE score %2, %3 nats a token lost. What it "
                            "leaves out matters more than its size. Try, in this order: %4, more "
                            "tokens, a larger expansion.")
                       .arg(formatNumber(held->fvu), formatNumber(held->ceScore),
                           formatNumber(held->ceDictionary - held->ceClean),
                           m_settings.hasK() ? trAdvice("a larger k") : trAdvice("a smaller λ"));
    }

    void crowded()
    {
        const core::TrainMetrics* row = lastMeasured(m_curve);
        if (!m_isLate || !row || row->measured->denseShare < kManyDense)
            return;
        m_lines << trAdvice("%1 of the features fire on more than a tenth of the tokens; such "
                            "features seldom mean a thing that can be named. Try, in this order: "
                            "%2, a larger expansion.")
                       .arg(formatPercent(row->measured->denseShare),
                           m_settings.hasK() ? trAdvice("a smaller k") : trAdvice("a larger λ"));
    }

    void copies()
    {
        const core::TrainMetrics* row = lastMeasured(m_curve);
        if (!m_isLate || !row || row->measured->decoderCosine < kManyCopies)
            return;
        m_lines << trAdvice("Features are much alike: the nearest other one has a decoder cosine "
                            "of %1 in the mean. There are more of them than this text has use "
                            "for. Try, in this order: a smaller expansion, more varied text.")
                       .arg(formatNumber(row->measured->decoderCosine));
    }

    std::int64_t epochs() const
    {
        return m_settings.tokens / std::max<std::int64_t>(m_text.tokens, 1);
    }

    void ending()
    {
        if (m_last.step < m_last.totalSteps || m_curve.rows.size() < kEnoughRows)
            return;
        const std::vector<double> means = tenths(m_curve.rows);
        const double before = means[means.size() - 2], after = means.back();
        if (before > 0.0 && (before - after) / before > kStillFalls)
            m_lines << trAdvice("The loss was still falling at the end, by %1 % over the last "
                                "tenth: more tokens would make it better.")
                           .arg(formatNumber(100.0 * (before - after) / before, 2));
        // Where it was measured, that is a better witness.
        if (!heldOut() && epochs() >= kManyEpochs)
            m_lines << trAdvice("The text was seen about %1 times. What is learned from so little "
                                "may not hold elsewhere: take more text.")
                           .arg(formatCount(epochs()));
    }

    const core::TrainingSettings m_settings; ///< Of this dictionary.
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
