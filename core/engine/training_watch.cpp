#include "core/engine/training_watch.h"

#include "core/engine/text_corpus.h"
#include "core/training/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

static_assert(kTrainingDensityBins == kDensityBins);

constexpr double kMeasuringShare = 0.05; // of the run's time, at the most ..
constexpr double kFreeSeconds = 10.0; // .. or these: a run of a minute has curves too ..
constexpr double kFreeShare = 0.5; // .. though it does not take twice as long for them

/// Seconds that measuring may have taken of a run that took so many.
double allowedOf(double seconds)
{
    return std::max(kMeasuringShare * seconds, std::min(kFreeSeconds, kFreeShare * seconds));
}

/// How long a run must have taken before it allows so much.
double allowedAfter(double measuring)
{
    return measuring <= kFreeSeconds ? measuring / kFreeShare : measuring / kMeasuringShare;
}

constexpr std::int64_t kCosineSample = 512; // features, each against all
constexpr std::int64_t kCosineRows = 64; // at a time

} // namespace

double meanMaxDecoderCosine(const Dictionary& dictionary)
{
    const at::NoGradGuard noGrad;
    const at::Tensor W_dec = dictionary.W_dec();
    const std::int64_t d_sae = W_dec.size(0);
    if (d_sae < 2)
        return 0.0;
    const at::Tensor unit = W_dec / W_dec.norm(2, 1, true).clamp_min(1e-12);
    const std::int64_t stride
        = std::max<std::int64_t>((d_sae + kCosineSample - 1) / kCosineSample, 1);
    const at::Tensor sample = at::arange(0, d_sae, stride, at::kLong);
    double sum = 0.0;
    for (std::int64_t begin = 0; begin < sample.size(0); begin += kCosineRows) {
        const at::Tensor index
            = sample.narrow(0, begin, std::min(kCosineRows, sample.size(0) - begin));
        at::Tensor cosines = at::mm(unit.index_select(0, index), unit.t());
        cosines.scatter_(1, index.unsqueeze(1), -1.0); // itself
        sum += std::get<0>(cosines.max(1)).sum().item<double>();
    }
    return sum / static_cast<double>(sample.size(0));
}

TrainingWatch::TrainingWatch(std::shared_ptr<const LoadedModel> model,
    std::shared_ptr<const HeldOutText> heldOut, double every)
    : m_model(std::move(model))
    , m_heldOut(std::move(heldOut))
    , m_every(every)
{
    if (m_heldOut)
        m_peek = std::make_unique<FeaturePeek>(m_model, m_heldOut);
}

bool TrainingWatch::isDue(
    const std::string& dictionary, std::int64_t step, std::int64_t totalSteps, double seconds) const
{
    if (step == totalSteps)
        return true;
    if (m_every <= 0.0)
        return false;
    const auto last = m_lastStep.find(dictionary);
    if (last == m_lastStep.end() && step == 1)
        return true;
    const std::int64_t before = last == m_lastStep.end() ? 0 : last->second;
    const bool isIntervalOver = step / interval(totalSteps) > before / interval(totalSteps);
    return isIntervalOver && (m_cost == 0.0 || m_seconds + m_cost <= allowedOf(seconds));
}

std::int64_t TrainingWatch::interval(std::int64_t totalSteps) const
{
    return std::max<std::int64_t>(std::llround(m_every * static_cast<double>(totalSteps)), 1);
}

std::int64_t TrainingWatch::nextStep(
    std::int64_t step, std::int64_t totalSteps, double seconds) const
{
    if (m_every <= 0.0)
        return totalSteps;
    std::int64_t next = (step / interval(totalSteps) + 1) * interval(totalSteps);
    const double wait = allowedAfter(m_seconds + m_cost) - seconds;
    const double secondsPerStep = seconds / static_cast<double>(std::max<std::int64_t>(step, 1));
    if (wait > 0.0 && secondsPerStep > 0.0)
        next = std::max(next,
            step
                + static_cast<std::int64_t>(
                    std::min(std::ceil(wait / secondsPerStep), static_cast<double>(totalSteps))));
    return std::min(next, totalSteps);
}

Result<std::shared_ptr<TrainingMeasurement>> TrainingWatch::measure(const TrainingRun& run,
    std::size_t index, const Result<Dictionaries>& current, const ProgressFn& pause,
    const std::stop_token& stop)
{
    const auto start = std::chrono::steady_clock::now();
    m_lastStep[run.name(index)] = run.stepsOf(index); // also where it fails: not at every step
    if (!current)
        return fail(current.error());
    const bool isCrossLayer = current->front()->config().isCrossLayer;
    const std::size_t place = isCrossLayer ? index : 0;
    const Dictionary& dictionary = *(*current)[place];
    auto measured = std::make_shared<TrainingMeasurement>();
    FiringSummary firing = summaryOf(run.firingRates(index).rates());
    measured->denseShare = firing.denseShare;
    measured->rareShare = firing.rareShare;
    measured->densities = std::move(firing.bins);
    measured->decoderCosine = meanMaxDecoderCosine(dictionary);
    measured->lambda = run.lambda(index);
    if (dictionary.threshold().defined())
        measured->threshold = dictionary.threshold().mean().item<double>();
    pause({});
    if (m_heldOut) {
        EvaluationOptions options;
        options.context_size = passageLength(*m_model);
        Dictionaries there;
        for (const auto& each : *current)
            there.push_back(placed(*m_model->transformer, each));
        const auto placed = there[place];
        if (isCrossLayer)
            options.crossLayers = there;
        auto evaluated = evaluateDictionary(
            *m_model->transformer, *placed, m_heldOut->corpus(), options, pause, stop);
        if (!evaluated) {
            if (stop.stop_requested())
                return std::shared_ptr<TrainingMeasurement>();
            return fail(evaluated.error());
        }
        measured->heldOutTokens = evaluated->tokens;
        measured->l0 = evaluated->l0;
        measured->fvu = evaluated->fvu;
        measured->ceClean = evaluated->ceClean;
        measured->ceDictionary = evaluated->ceDictionary;
        measured->ceZero = evaluated->ceZero;
        measured->ceScore = evaluated->ceScore;
        measured->kl = evaluated->kl;
        auto peek = m_peek->look(
            *placed, evaluated->firings, [&] { pause({}); }, stop);
        if (!peek) {
            if (stop.stop_requested())
                return std::shared_ptr<TrainingMeasurement>();
            return fail(peek.error());
        }
        measured->peek = std::move(*peek);
    }
    m_cost = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (run.stepsOf(index) > 1)
        m_seconds += m_cost;
    measured->seconds = m_cost;
    return measured;
}

} // namespace core
