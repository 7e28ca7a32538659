#include "ui/train/training_plan.h"

#include "ui/style/text.h"

#include <algorithm>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace ui {

namespace {

using core::LearningRateDecay;
using core::TrainedArchitecture;

/// λ at which dictionaries of about that width end between 20 and 100 active features; the errors
/// it is weighed against are summed over d_model numbers of size one.
double usualLambda(TrainedArchitecture architecture, int d_model)
{
    const double width = std::max(d_model, 16);
    switch (architecture) {
    case TrainedArchitecture::JumpRelu:
        return width / 32.0;
    case TrainedArchitecture::Gated: // its gate's own reconstruction weighs against the penalty
        return width / 40.0;
    default:
        return width / 100.0;
    }
}

/// Nested widths: half of the next each, down to some 256 features. Smaller groups rebuild next to
/// nothing by themselves and cost the whole (docs/performance.md section 4).
std::int64_t usualLevels(std::int64_t features)
{
    constexpr std::int64_t kSmallest = 256, kLeast = 2, kMost = 5;
    std::int64_t levels = 1;
    while (levels < kMost && (features >> levels) >= kSmallest)
        ++levels;
    return std::max(levels, kLeast);
}

/// Sizes of runs in the papers; what they do not say stays as a good run has it. Steps of warm-up
/// become shares of the run.
void asPublished(core::TrainingSettings& s, int d_model)
{
    s.expansion = 32;
    s.tokens = 500'000'000;
    s.batch = 4096;
    const auto stepsAsShare = [&](double steps) {
        return steps * static_cast<double>(s.batch) / static_cast<double>(s.tokens);
    };
    s.clippedNorm = 0.0; // unless they say so
    switch (s.architecture) {
    case TrainedArchitecture::L1: // Conerly et al. 2024 (Anthropic's April update)
        s.learningRate = 5e-5;
        s.lambda = 5.0;
        s.lambdaWarmUp = 0.05;
        s.warmUp = 0.0;
        s.decay = LearningRateDecay::LastFifth;
        s.hasFreeDecoder = true;
        s.decoderNorm = 0.1;
        s.clippedNorm = 1.0;
        s.restartsDead = false;
        break;
    case TrainedArchitecture::JumpRelu: // Lieberum et al. 2024 (Gemma Scope)
        s.learningRate = 7e-5;
        s.warmUp = stepsAsShare(1000);
        s.lambdaWarmUp = stepsAsShare(10'000);
        s.firingPenalty = core::FiringPenalty::Count;
        s.lambda = 6e-4 * d_model; // there activations have a mean square norm of one
        s.restartsDead = false;
        break;
    case TrainedArchitecture::Gated: // Rajamanoharan et al. 2024a
        s.learningRate = 3e-4;
        s.warmUp = stepsAsShare(1000);
        s.restartsDead = true;
        break;
    case TrainedArchitecture::TopK: // Gao et al. 2024
    case TrainedArchitecture::AbsTopK:
        s.k = 32;
        s.batch = 131'072;
        s.learningRate = 4e-4;
        s.warmUp = 0.0;
        s.decay = LearningRateDecay::None;
        s.auxiliary = 1.0 / 32.0;
        s.deadWindow = 0.02; // ten million tokens
        s.startsAtMedian = true;
        s.clippedNorm = 1.0;
        break;
    case TrainedArchitecture::BatchTopK: // Bussmann et al. 2024
    case TrainedArchitecture::Matryoshka: // Bussmann et al. 2025
        s.k = s.architecture == TrainedArchitecture::Matryoshka ? 40 : 32;
        s.learningRate = 3e-4;
        s.warmUp = stepsAsShare(1000);
        s.auxiliary = 1.0 / 32.0;
        s.deadWindow = 0.02;
        break;
    }
}

} // namespace

TrainingPlan presetPlan(
    TrainingPreset preset, const core::ModelInfo& model, const TrainingPlan& chosen)
{
    TrainingPlan plan;
    plan.settings.isTranscoder = chosen.settings.isTranscoder;
    plan.settings.isCrossLayer = chosen.settings.isCrossLayer;
    plan.settings.startFrom = chosen.settings.startFrom;
    plan.settings.hook = chosen.settings.hook;
    plan.settings.architecture = chosen.settings.architecture;
    plan.text.path = chosen.text.path;
    plan.text.field = chosen.text.field;
    plan.text.heldOut = chosen.text.heldOut;
    plan.text.mixesFiles = chosen.text.mixesFiles;
    plan.text.isCached = chosen.text.isCached;
    plan.settings.layers = {model.n_layers / 2}; // where the most abstract features are
    if (plan.settings.isCrossLayer)
        plan.settings.layers.clear(); // it has them all
    plan.settings.lambda = usualLambda(plan.settings.architecture, model.d_model);
    plan.settings.k = std::clamp(model.d_model / 8, 8, 50);
    if (preset == TrainingPreset::FirstLook) {
        plan.settings.expansion = 8;
        plan.settings.tokens = 1'000'000;
        plan.settings.batch = 1024;
        plan.text.tokens = 50'000;
    } else { // a good one, or what a published one changes of it
        plan.settings.expansion = 32;
        plan.settings.tokens = 50'000'000;
        plan.settings.batch = 4096;
        plan.settings.learningRate = 1e-3;
        plan.settings.warmUp = plan.settings.lambdaWarmUp = 0.02;
        plan.text.tokens = 1'000'000;
        if (preset == TrainingPreset::AsPublished)
            asPublished(plan.settings, model.d_model);
    }
    if (plan.settings.architecture == core::TrainedArchitecture::JumpRelu
        && preset == TrainingPreset::FirstLook)
        plan.settings.lambdaWarmUp = 1.0; // its thresholds have the whole run to find their place
    if (plan.settings.architecture == core::TrainedArchitecture::JumpRelu
        && preset == TrainingPreset::Good) {
        // The longer the run the fewer features any λ of the tanh penalty leaves: after ten million
        // tokens hardly one fires (docs/performance.md section 4). So L0 is aimed at.
        plan.settings.firingPenalty = core::FiringPenalty::TargetCount;
        plan.settings.targetL0 = static_cast<double>(plan.settings.k);
        plan.settings.lambda = model.d_model / 4.0;
        plan.settings.lambdaWarmUp = 0.2;
    }
    plan.settings.levels = usualLevels(plan.settings.expansion * model.d_model);
    return plan;
}

double timesUsualRate(const TrainingPlan& plan, const core::ModelInfo& model)
{
    return plan.settings.learningRate
        / presetPlan(TrainingPreset::FirstLook, model, plan).settings.learningRate;
}

QString problemInWords(const core::TrainingProblem& problem, const QString& title)
{
    QString message = toQString(problem.message);
    // As a configuration file's errors name it.
    if (const QString field = toQString(problem.field) + QStringLiteral(": ");
        message.startsWith(field))
        message.remove(0, field.size());
    const QString one = title.endsWith(QLatin1Char('s')) ? title.chopped(1) : title;
    return message.startsWith(one + QLatin1Char(' '), Qt::CaseInsensitive)
        ? message
        : QStringLiteral("%1: %2").arg(title, message);
}

QString planText(const TrainingPlan& plan)
{
    const core::TrainingSettings& s = plan.settings;
    QJsonArray layers;
    for (const int layer : s.layers)
        layers.append(layer);
    QJsonArray sweepValues;
    for (const std::string& value : s.sweep.values)
        sweepValues.append(toQString(value));
    const QJsonObject json{{QStringLiteral("transcoder"), s.isTranscoder},
        {QStringLiteral("crossLayer"), s.isCrossLayer},
        {QStringLiteral("startFrom"), toQString(s.startFrom)},
        {QStringLiteral("hook"), toQString(s.hook)}, {QStringLiteral("layers"), layers},
        {QStringLiteral("architecture"), static_cast<int>(s.architecture)},
        {QStringLiteral("expansion"), static_cast<qint64>(s.expansion)},
        {QStringLiteral("k"), static_cast<qint64>(s.k)}, {QStringLiteral("lambda"), s.lambda},
        {QStringLiteral("lambdaWarmUp"), s.lambdaWarmUp},
        {QStringLiteral("tokens"), static_cast<qint64>(s.tokens)},
        {QStringLiteral("batch"), static_cast<qint64>(s.batch)},
        {QStringLiteral("learningRate"), s.learningRate}, {QStringLiteral("warmUp"), s.warmUp},
        {QStringLiteral("decay"), static_cast<int>(s.decay)},
        {QStringLiteral("deadWindow"), s.deadWindow},
        {QStringLiteral("restartsDead"), s.restartsDead}, {QStringLiteral("skip"), s.hasSkip},
        {QStringLiteral("levels"), static_cast<qint64>(s.levels)},
        {QStringLiteral("firingPenalty"), static_cast<int>(s.firingPenalty)},
        {QStringLiteral("targetL0"), s.targetL0}, {QStringLiteral("auxiliary"), s.auxiliary},
        {QStringLiteral("clippedNorm"), s.clippedNorm},
        {QStringLiteral("fromData"), s.startsFromData},
        {QStringLiteral("atMedian"), s.startsAtMedian},
        {QStringLiteral("freeDecoder"), s.hasFreeDecoder},
        {QStringLiteral("decoderNorm"), s.decoderNorm},
        {QStringLiteral("seed"), static_cast<qint64>(s.seed)},
        {QStringLiteral("text"), toQString(plan.text.path)},
        {QStringLiteral("field"), toQString(plan.text.field)},
        {QStringLiteral("textTokens"), static_cast<qint64>(plan.text.tokens)},
        {QStringLiteral("heldOut"), plan.text.heldOut},
        {QStringLiteral("mixesFiles"), plan.text.mixesFiles},
        {QStringLiteral("cached"), plan.text.isCached},
        {QStringLiteral("measureEvery"), s.measureEvery},
        {QStringLiteral("checkpointEvery"), s.checkpointEvery},
        {QStringLiteral("dtype"), toQString(s.dtype)},
        {QStringLiteral("sweep"), toQString(s.sweep.field)},
        {QStringLiteral("sweepValues"), sweepValues}};
    return QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
}

std::optional<TrainingPlan> planOf(const QString& text)
{
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8());
    if (!document.isObject())
        return {};
    const QJsonObject json = document.object();
    TrainingPlan plan;
    core::TrainingSettings& s = plan.settings;
    const auto whole = [&](const char* name, std::int64_t fallback) {
        return static_cast<std::int64_t>(json[QLatin1String(name)].toInteger(fallback));
    };
    const auto real = [&](const char* name, double fallback) {
        return json[QLatin1String(name)].toDouble(fallback);
    };
    const auto words = [&](const char* name, const std::string& fallback) {
        return json[QLatin1String(name)].toString(toQString(fallback)).toStdString();
    };
    s.isTranscoder = json[QLatin1String("transcoder")].toBool();
    s.isCrossLayer = json[QLatin1String("crossLayer")].toBool();
    s.startFrom = words("startFrom", {});
    s.hook = words("hook", s.hook);
    for (const QJsonValue& layer : json[QLatin1String("layers")].toArray())
        s.layers.push_back(layer.toInt());
    s.architecture = static_cast<TrainedArchitecture>(
        std::clamp<std::int64_t>(whole("architecture", static_cast<int>(s.architecture)), 0,
            static_cast<int>(TrainedArchitecture::AbsTopK)));
    s.levels = whole("levels", s.levels);
    s.firingPenalty = static_cast<core::FiringPenalty>(std::clamp<std::int64_t>(
        whole("firingPenalty", 0), 0, static_cast<int>(core::FiringPenalty::TargetCount)));
    s.targetL0 = real("targetL0", s.targetL0);
    s.auxiliary = real("auxiliary", s.auxiliary);
    s.clippedNorm = real("clippedNorm", s.clippedNorm);
    s.startsFromData = json[QLatin1String("fromData")].toBool(s.startsFromData);
    s.startsAtMedian = json[QLatin1String("atMedian")].toBool(s.startsAtMedian);
    s.hasFreeDecoder = json[QLatin1String("freeDecoder")].toBool(s.hasFreeDecoder);
    s.decoderNorm = real("decoderNorm", s.decoderNorm);
    s.expansion = whole("expansion", s.expansion);
    s.k = whole("k", s.k);
    s.lambda = real("lambda", s.lambda);
    s.lambdaWarmUp = real("lambdaWarmUp", s.lambdaWarmUp);
    s.tokens = whole("tokens", s.tokens);
    s.batch = whole("batch", s.batch);
    s.learningRate = real("learningRate", s.learningRate);
    s.warmUp = real("warmUp", s.warmUp);
    s.decay = static_cast<LearningRateDecay>(
        std::clamp<std::int64_t>(whole("decay", 0), 0, static_cast<int>(LearningRateDecay::None)));
    s.deadWindow = real("deadWindow", s.deadWindow);
    s.restartsDead = json[QLatin1String("restartsDead")].toBool(s.restartsDead);
    s.hasSkip = json[QLatin1String("skip")].toBool();
    s.seed = whole("seed", s.seed);
    plan.text.path = words("text", {});
    plan.text.field = words("field", plan.text.field);
    plan.text.tokens = whole("textTokens", plan.text.tokens);
    plan.text.heldOut = real("heldOut", plan.text.heldOut);
    plan.text.mixesFiles = json[QLatin1String("mixesFiles")].toBool(plan.text.mixesFiles);
    plan.text.isCached = json[QLatin1String("cached")].toBool(plan.text.isCached);
    s.measureEvery = real("measureEvery", s.measureEvery);
    s.checkpointEvery = real("checkpointEvery", s.checkpointEvery);
    s.dtype = words("dtype", s.dtype);
    s.sweep.field = words("sweep", {});
    for (const QJsonValue& value : json[QLatin1String("sweepValues")].toArray())
        s.sweep.values.push_back(value.toString().toStdString());
    return plan;
}

QString architectureName(TrainedArchitecture architecture)
{
    switch (architecture) {
    case TrainedArchitecture::BatchTopK:
        return QStringLiteral("BatchTopK");
    case TrainedArchitecture::TopK:
        return QStringLiteral("TopK");
    case TrainedArchitecture::L1:
        return QStringLiteral("L1");
    case TrainedArchitecture::JumpRelu:
        return QStringLiteral("JumpReLU");
    case TrainedArchitecture::Gated:
        return QStringLiteral("Gated");
    case TrainedArchitecture::Matryoshka:
        return QStringLiteral("Matryoshka");
    case TrainedArchitecture::AbsTopK:
        return QStringLiteral("AbsTopK");
    }
    return {};
}

} // namespace ui
